"""Quién: instituciones, personas, delegaciones, reservas, bitácora, avisos y sistemas de otros."""

from instituciones.models.acotado import Abierto, Acotado
from instituciones.models.arriendo import Arrendable, Trabajo, TrabajoQuerySet
from instituciones.models.asiento import VEN_TODA_LA_CADENA, Asiento
from instituciones.models.aviso import Aviso, PedidoDeEnlace, PreferenciaDeAvisos
from instituciones.models.feriado import Feriado
from instituciones.models.institucion import GrupoInstitucional, Institucion, PertenenciaGrupo
from instituciones.models.reserva import ResolucionReserva
from instituciones.models.sistema import (
    Alcance,
    ClaveIdempotente,
    ClienteSistema,
    Ficha,
    PedidoDeSistema,
)
from instituciones.models.suscripcion import Entrega, Evento, Suscripcion
from instituciones.models.usuario import Delegacion, Usuario
from instituciones.models.vocabulario import Clasificacion, Rol, Visibilidad

__all__ = [
    "VEN_TODA_LA_CADENA",
    "Abierto",
    "Acotado",
    "Alcance",
    "Arrendable",
    "Asiento",
    "Aviso",
    "Clasificacion",
    "ClaveIdempotente",
    "ClienteSistema",
    "Delegacion",
    "Entrega",
    "Evento",
    "Feriado",
    "Ficha",
    "GrupoInstitucional",
    "Institucion",
    "PedidoDeEnlace",
    "PedidoDeSistema",
    "PertenenciaGrupo",
    "PreferenciaDeAvisos",
    "ResolucionReserva",
    "Rol",
    "Suscripcion",
    "Trabajo",
    "TrabajoQuerySet",
    "Usuario",
    "Visibilidad",
]
