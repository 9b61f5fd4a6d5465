"""Provisional del jefe mientras llega la versión completa (se sobrescribe)."""

from enum import Enum


class Semaforo(Enum):
    VERDE = "VERDE"
    AMARILLO = "AMARILLO"
    ROJO = "ROJO"
    VENCIDA = "VENCIDA"
    FINALIZADA = "FINALIZADA"
    NO_INICIADA = "NO_INICIADA"
    ADELANTADA = "ADELANTADA"
    SIN_REPORTE = "SIN_REPORTE"
    SUSPENDIDA = "SUSPENDIDA"
    CANCELADA = "CANCELADA"
    SIN_MATRIZ = "SIN_MATRIZ"
    ND = "ND"
