"""El expediente: un avance junto al del semestre anterior, con todo lo que lo juzga."""

from functools import cached_property
from typing import Any

from django.utils import timezone

from instituciones.consultas import titulares_de
from instituciones.models import Usuario
from matrices import consultas, evidencias, flujo, permisos, verosimilitud
from matrices.forms.avance import campos_de
from matrices.models import Avance, Evidencia, Movimiento, Observacion
from matrices.views import cotejo, rondas


class Expediente:
    """Un avance con todo lo que hace falta para juzgarlo, hasta donde esta persona puede leer."""

    def __init__(self, avance: Avance, persona: Usuario):
        self.avance, self.persona = avance, persona
        self.visibles = Avance.objects.visibles_para(persona)

    @cached_property
    def titulares(self) -> list[Usuario]:
        return titulares_de(self.persona, timezone.localdate())

    @cached_property
    def pasos(self) -> dict[str, Usuario | None]:
        return flujo.actuaciones(self.avance, self.persona, self.titulares)

    @cached_property
    def lee(self) -> bool:
        return permisos.puede_leer_ahora(self.persona, self.avance)

    @cached_property
    def dice(self) -> dict[str, Any] | None:
        """Lo que dice ahora; si se está corrigiendo, lo último que se remitió."""
        if self.lee:
            return cotejo.lo_que_dice(self.avance)
        if permisos.puede_leer_lo_enviado(self.persona, self.avance):
            return consultas.lo_enviado(self.avance)
        return None

    @cached_property
    def anterior(self) -> Avance | None:
        return cotejo.anterior(self.avance, self.visibles)

    @cached_property
    def decia(self) -> dict[str, Any] | None:
        if self.anterior and permisos.puede_leer_ahora(self.persona, self.anterior):
            return cotejo.lo_que_vale(self.anterior)
        return None

    @cached_property
    def movimientos(self) -> list[Movimiento]:
        visibles = Movimiento.objects.visibles_para(self.persona).filter(avance=self.avance)
        todos = list(visibles.select_related("por", "en_nombre_de"))
        for uno in todos:
            uno.nombre = flujo.nombre_de(uno.paso)
            uno.quedo = Avance.Estado(uno.a).label
        return todos

    @cached_property
    def observaciones(self) -> list[Observacion]:
        """Las de todas las rondas, con lo que se respondió antes; vacío si no lee el texto."""
        if not permisos.puede_leer(self.persona, self.avance):
            return []
        visibles = Observacion.objects.visibles_para(self.persona).filter(avance=self.avance)
        todas = list(visibles.select_related("autor"))
        dichas = cotejo.respuestas_anteriores(todas, self.movimientos)
        for una in todas:
            una.respuestas_anteriores = dichas.get(una.pk, [])
            una.clave = str(una.pk)
        return todas

    @property
    def atendidas(self) -> list[Observacion]:
        return [una for una in self.observaciones if una.estado == Observacion.Estado.ATENDIDA]

    @cached_property
    def renglones(self) -> list[cotejo.Renglon]:
        return cotejo.renglones(
            self.avance, self.dice, self.decia, self.observaciones, self.advertencias
        )

    @property
    def sueltas(self) -> list[Observacion]:
        """Las que no son de un campo del formulario de esta actividad."""
        campos = campos_de(self.avance.actividad)
        return [una for una in self.observaciones if una.campo not in campos]

    @cached_property
    def evidencias(self) -> list[Evidencia]:
        visibles = Evidencia.objects.visibles_para(self.persona).filter(
            avance=self.avance, rectificacion=None
        )
        filas = visibles.select_related("hito")
        return [una for una in filas if evidencias.se_descarga(self.persona, una, self.avance)]

    @cached_property
    def advertencias(self) -> list[verosimilitud.Advertencia]:
        """Lo que conviene mirar dos veces; vacío si no lee lo que hoy dice."""
        return verosimilitud.advertencias_de([self.avance], para=self.persona)[self.avance.pk]

    @property
    def otras_advertencias(self) -> list[verosimilitud.Advertencia]:
        """Las que no son de un campo de los que se comparan."""
        campos = campos_de(self.avance.actividad)
        return [una for una in self.advertencias if una.campo not in campos]

    @cached_property
    def rondas(self) -> list[rondas.Ronda]:
        """Los envíos, con lo que cambió entre uno y otro; vacío si no lee lo enviado."""
        if not permisos.puede_leer_lo_enviado(self.persona, self.avance):
            return []
        return rondas.rondas(self.avance, self.movimientos)
