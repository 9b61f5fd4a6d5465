"""Lo que un informe dice: con esto basta para dibujarlo, aunque la base ya no exista.

Clases congeladas, sin Django y sin saber de dónde salió nada; aquí no se calcula. En toda cifra
None es «n/d», y el color que falta es «ND». Cada edición tiene su propio `Contenido`.
"""

from informes.contenido.accion import (
    Accion,
    Actividad,
    Aporte,
    Cooperante,
    Evidencia,
    Hito,
    Observacion,
    Regla,
    clasificacion_de,
)
from informes.contenido.cifras import (
    AMBITO,
    CELDA,
    OBJETIVO,
    PLAN,
    PROGRAMA,
    SIN_COLOR,
    Celda,
    Comparada,
    Nivel,
)
from informes.contenido.encabezado import AVISO_DEMO, CNS, PUBLICA, Anterior, Corte, Periodo, Plan
from informes.contenido.filas import (
    Alerta,
    Correccion,
    Estructura,
    Institucion,
    Propuesta,
    Readecuacion,
    Recomendacion,
    Reserva,
    Resultado,
    Tramite,
    Valor,
)
from informes.contenido.informe import Contenido, codigo_de_verificacion
from informes.contenido.lectura import desde_json, resumen_de, serie_propia
from informes.contenido.notas import Codigo, Retenido, Termino
from informes.contenido.portada import (
    MAXIMO_EN_PORTADA,
    Cambio,
    Decision,
    Logro,
    Punto,
    Seguimiento,
)

__all__ = [
    "AMBITO",
    "AVISO_DEMO",
    "CELDA",
    "CNS",
    "MAXIMO_EN_PORTADA",
    "OBJETIVO",
    "PLAN",
    "PROGRAMA",
    "PUBLICA",
    "SIN_COLOR",
    "Accion",
    "Actividad",
    "Alerta",
    "Anterior",
    "Aporte",
    "Cambio",
    "Celda",
    "Codigo",
    "Comparada",
    "Contenido",
    "Cooperante",
    "Correccion",
    "Corte",
    "Decision",
    "Estructura",
    "Evidencia",
    "Hito",
    "Institucion",
    "Logro",
    "Nivel",
    "Observacion",
    "Periodo",
    "Plan",
    "Propuesta",
    "Punto",
    "Readecuacion",
    "Recomendacion",
    "Regla",
    "Reserva",
    "Resultado",
    "Retenido",
    "Seguimiento",
    "Termino",
    "Tramite",
    "Valor",
    "clasificacion_de",
    "codigo_de_verificacion",
    "desde_json",
    "resumen_de",
    "serie_propia",
]
