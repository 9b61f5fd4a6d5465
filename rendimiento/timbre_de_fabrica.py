"""Lo mismo, con el intervalo de sondeo que trae el bróker de archivos."""

from rendimiento.timbre_nuestro import app, marcar

app.conf.broker_transport_options = {
    llave: valor
    for llave, valor in app.conf.broker_transport_options.items()
    if llave != "polling_interval"
}

__all__ = ["app", "marcar"]
