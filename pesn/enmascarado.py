"""Enmascarar una copia: quita de una base todo texto que no sea del plan publicado.

Se niega por omisión: lo que no está en SE_QUEDA se tapa, también los campos que vengan. La
bitácora se vuelve a encadenar sobre lo tapado, así que la copia no sirve de prueba de nada: es
para ensayar y para buscar fallas fuera de producción.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection, models, transaction
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast, Concat

from informes.models import ContenidoSellado, Documento, Edicion, Informe
from instituciones import solo_crece
from instituciones.bitacora import PRINCIPIO, sellar
from instituciones.models import Asiento, Usuario
from pesn.revisiones import SOLO_CRECEN

TAPADO = "[enmascarado]"
PROPIAS = ("acciones", "matrices", "informes", "instituciones", "account", "knox")
SE_BORRAN = (
    "mfa.Authenticator",
    "account.EmailConfirmation",
    "account.EmailAddress",
    "instituciones.Ficha",
    "instituciones.Aviso",  # lo que espera en la bandeja no sale desde una copia
    "instituciones.Entrega",
    "instituciones.Suscripcion",
    "instituciones.PedidoDeEnlace",
)
# El plan es un documento publicado; los catálogos, nombres de oficinas; lo demás, llaves y estados.
SE_QUEDA_ENTERO = (
    "acciones.",
    "instituciones.Institucion.",
    "instituciones.GrupoInstitucional.",
    "instituciones.PertenenciaGrupo.",
    "instituciones.Feriado.",
    "instituciones.Asiento.",
    "informes.ContenidoSellado.",
    "informes.Documento.",
    "informes.TrabajoInforme.",
)
SE_QUEDA = {
    "informes.Informe.seleccion",
    "informes.Recomendacion.numero",
    "matrices.Actividad.unidad",
    "matrices.Avance.semaforo",
    "matrices.Evidencia.archivo",
    "matrices.Evidencia.sha256",
    "matrices.Movimiento.a",
    "matrices.Movimiento.de",
    "matrices.Movimiento.paso",
    "matrices.Observacion.campo",
}
SE_TAPA = {"acciones.TramitePropuesta.documento", "acciones.TramitePropuesta.nota"}
EN_JSON = {"matrices.Movimiento.contenido"}
DE_TEXTO = (models.CharField, models.TextField, models.JSONField, models.FileField)


def enmascarar() -> set[str]:
    """Tapa la base conectada, de una vez o nada; da los archivos que cualquiera podía leer."""
    with transaction.atomic():
        solo_crece.quitar(connection, SOLO_CRECEN)
        for etiqueta in SE_BORRAN:
            if apps.is_installed(_app(etiqueta)):
                apps.get_model(etiqueta)._base_manager.all().delete()
        for modelo in _modelos():
            _tapar(modelo)
        _tapar_personas()
        _dejar_solo_lo_publico()
        _encadenar_de_nuevo()
        solo_crece.poner(connection, SOLO_CRECEN)
    return set(
        Documento._base_manager.filter(
            informe__edicion=Edicion.PUBLICA, informe__estado=Informe.Estado.PUBLICADO
        ).values_list("archivo", flat=True)
    )


def se_tapa(modelo: type[models.Model], campo: models.Field) -> bool:
    """Si ese campo lleva texto que no se debe ver fuera de producción."""
    if not isinstance(campo, DE_TEXTO) or campo.choices:
        return False
    nombre = f"{modelo._meta.app_label}.{modelo.__name__.removeprefix('Historical')}.{campo.name}"
    if nombre in SE_TAPA:
        return True
    return nombre not in SE_QUEDA and not nombre.startswith(SE_QUEDA_ENTERO)


def _app(etiqueta: str) -> str:
    nombre = etiqueta.partition(".")[0]
    return f"allauth.{nombre}" if nombre in {"account", "mfa"} else nombre


def _modelos() -> Iterator[type[models.Model]]:
    for modelo in apps.get_models():
        if modelo._meta.app_label in PROPIAS and modelo._meta.managed:
            yield modelo


def _tapar(modelo: type[models.Model]) -> None:
    """Todos sus textos de una vez; lo vacío queda vacío."""
    cambios = {
        campo.name: _tapadura(modelo, campo)
        for campo in modelo._meta.local_concrete_fields
        if se_tapa(modelo, campo)
    }
    if cambios:
        modelo._base_manager.update(**cambios)


def _tapadura(modelo: type[models.Model], campo: models.Field) -> Any:
    """El valor que queda; se respeta lo único, lo vacío, lo nulo y el largo."""
    if isinstance(campo, models.JSONField):
        return None if campo.null else Value(campo.get_default() or {}, campo)
    if f"{modelo._meta.app_label}.{modelo.__name__}.{campo.name}" in EN_JSON:
        return "{}"
    nuevo: Any = Value(TAPADO[: campo.max_length])
    if campo.unique or _en_una_unica(modelo, campo):
        nuevo = Concat(Value("x"), Cast("pk", models.CharField()))
    vacio = [When(**{campo.name: ""}, then=F(campo.name))]
    if campo.null:
        vacio.append(When(**{f"{campo.name}__isnull": True}, then=F(campo.name)))
    return Case(*vacio, default=nuevo, output_field=campo)


def _en_una_unica(modelo: type[models.Model], campo: models.Field) -> bool:
    return any(
        campo.name in regla.fields
        for regla in modelo._meta.constraints
        if isinstance(regla, models.UniqueConstraint)
    )


def _tapar_personas() -> None:
    """Cada quien queda como «Persona 7», sin contraseña que abra nada."""
    numero = Cast("pk", models.CharField())
    Usuario._base_manager.update(
        correo=Concat(Value("persona"), numero, Value("@enmascarado.invalid")),
        nombre=Concat(Value("Persona "), numero),
        password=UNUSABLE_PASSWORD_PREFIX,
    )


def _dejar_solo_lo_publico() -> None:
    """La edición CNS de cada corte pasa a decir lo que dice la pública."""
    publico = ContenidoSellado._base_manager.filter(
        corte=OuterRef("corte"), edicion=Edicion.PUBLICA
    )
    ContenidoSellado._base_manager.filter(edicion=Edicion.CNS).update(
        contenido=Subquery(publico.values("contenido")[:1]),
        huella=Subquery(publico.values("huella")[:1]),
    )


def _encadenar_de_nuevo() -> None:
    """Los mismos actos, sin sus datos, en una cadena nueva."""
    anterior, tanda = PRINCIPIO, []
    for uno in Asiento._base_manager.order_by("pk").iterator(chunk_size=1000):
        uno.datos, uno.huella_anterior = "{}", anterior
        uno.huella = anterior = sellar(uno)
        tanda.append(uno)
        if len(tanda) == 1000:
            _guardar(tanda)
            tanda = []
    _guardar(tanda)


def _guardar(tanda: list[Asiento]) -> None:
    Asiento._base_manager.bulk_update(tanda, ["datos", "huella_anterior", "huella"], batch_size=200)
