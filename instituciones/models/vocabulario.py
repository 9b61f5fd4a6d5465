"""Las palabras de todas las apps: el rol de una persona, y la visibilidad y la clase de algo."""

from django.db import models


class Visibilidad(models.TextChoices):
    """Necesidad de conocer, regla nuestra (dominio §10)."""

    PUBLICA = "PUBLICA", "Pública"
    INTERNA = "INTERNA", "Interna"
    RESTRINGIDA = "RESTRINGIDA", "Restringida"


class Clasificacion(models.TextChoices):
    """Categoría legal: conjuntos aparte, no una escalera (dominio §10)."""

    SIN_CLASIFICAR = "SIN_CLASIFICAR", "Sin clasificar"
    PUBLICA = "PUBLICA", "Pública"
    CONFIDENCIAL = "CONFIDENCIAL", "Confidencial"
    RESERVADA = "RESERVADA", "Reservada"


class Rol(models.TextChoices):
    """Lo que una persona viene a hacer; uno por cuenta (dominio §4)."""

    PLANIFICADOR = "PLANIFICADOR", "Planificación"
    APROBADOR = "APROBADOR", "Aprobación"
    ANALISTA = "ANALISTA", "Análisis"
    COORDINADOR = "COORDINADOR", "Coordinación"
    CONSEJO = "CONSEJO", "Consejo Nacional de Seguridad"
    IGSNS = "IGSNS", "Inspectoría General"
    CAP = "CAP", "Comisión de Asesoramiento y Planificación"
    AUDITOR = "AUDITOR", "Auditoría"
    ADMINISTRADOR = "ADMINISTRADOR", "Administración técnica"
