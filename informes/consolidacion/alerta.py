"""Las alertas: lo que hay que mirar, del plan hacia abajo."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from informes.contenido import Accion, Actividad, Alerta, Contenido, Estructura
from matrices import calculo

AVISO_DE_RESERVA = timedelta(days=90)


PREOCUPAN = {
    "VENCIDA": "Terminó su plazo y no está completa",
    "ROJO": "Va muy por debajo de lo programado",
    "SIN_MATRIZ": "Aún no tiene matriz de cumplimiento",
    "SIN_REPORTE": "Debía reportarse y nada se validó",
}


def alertas(contenido: Contenido) -> tuple[Alerta, ...]:
    """Lo que hay que mirar, del plan hacia abajo."""
    return (
        *_de_cobertura(contenido),
        *_de_las_acciones(contenido.acciones),
        *_de_las_actividades(contenido.actividades),
        *_del_presupuesto(contenido.presupuesto),
        *_de_las_reservas(contenido),
    )


def _de_cobertura(contenido: Contenido) -> list[Alerta]:
    filas: list[tuple[str, str, Any]] = [
        *((uno.nivel, uno.codigo, uno) for uno in contenido.niveles),
        *(("INSTITUCION", una.sigla, una) for una in contenido.instituciones),
        *(("ACCION", una.codigo, una) for una in contenido.acciones),
    ]
    return [
        Alerta(
            nivel=nivel,
            codigo=codigo,
            tipo="COBERTURA_INSUFICIENTE",
            texto=f"Se validó {fila.recibidos} de {fila.exigidos} avances exigidos: su color "
            "descansa en datos de semestres anteriores.",
        )
        for nivel, codigo, fila in filas
        if fila.cobertura_insuficiente
    ]


def _de_las_acciones(acciones: Iterable[Accion]) -> list[Alerta]:
    avisos = []
    for una in acciones:
        if una.semaforo in PREOCUPAN:
            texto = PREOCUPAN[una.semaforo]
            if una.brecha is not None:
                texto += f"; brecha de {calculo.a_uno(una.brecha)} puntos"
            avisos.append(
                Alerta(nivel="ACCION", codigo=una.codigo, tipo=una.semaforo, texto=f"{texto}.")
            )
        if una.depende_de:
            texto = f"Su avance depende de {una.depende_de}, que no reporta."
            avisos.append(
                Alerta(nivel="ACCION", codigo=una.codigo, tipo="DEPENDE_DE_TERCERO", texto=texto)
            )
    return avisos


def _de_las_actividades(actividades: Iterable[Actividad]) -> list[Alerta]:
    return [
        Alerta(nivel="ACTIVIDAD", codigo=una.clave, tipo=tipo, texto=texto)
        for una in actividades
        for tipo, texto in _avisos_de(una)
    ]


def _avisos_de(una: Actividad) -> list[tuple[str, str]]:
    avisos = []
    sin_tope, previo = una.cumplimiento_sin_tope, una.ejecutado_previo
    if una.arrastrado:
        avisos.append(("SIN_REPORTE", "Debía reportarse y no se validó: vale lo último validado."))
    if una.validado and una.situacion_reportada == "BLOQUEADA":
        avisos.append(("BLOQUEADA", f"{una.responsable} la declara bloqueada."))
    if sin_tope is not None and sin_tope > calculo.CIEN:
        avisos.append(("META_SUPERADA", f"Lleva el {calculo.a_uno(sin_tope)} % de su meta."))
    if previo is not None and una.ejecutado is not None and una.ejecutado < previo:
        texto = f"Bajó de {calculo.a_uno(previo)} a {calculo.a_uno(una.ejecutado)} %."
        avisos.append(("RETROCESO", texto))
    return avisos


def _del_presupuesto(filas: Iterable[Estructura]) -> list[Alerta]:
    avisos = []
    for una in filas:
        codigo = f"{una.institucion} {una.programa_presupuestario}"
        if una.sobregiro:
            texto = "Lo devengado supera lo vigente."
            avisos.append(Alerta(nivel="ESTRUCTURA", codigo=codigo, tipo="SOBREGIRO", texto=texto))
        if una.conflicto:
            texto = "Se informó más de una vez y con otras cifras; vale la última validada."
            avisos.append(Alerta(nivel="ESTRUCTURA", codigo=codigo, tipo="CONFLICTO", texto=texto))
    return avisos


def _de_las_reservas(contenido: Contenido) -> list[Alerta]:
    hoy = contenido.corte.momento.date()
    return [
        Alerta(
            nivel="RESERVA",
            codigo=una.numero,
            tipo="RESERVA_VENCIDA" if una.vence < hoy else "RESERVA_POR_VENCER",
            texto=f"Vence el {una.vence:%d/%m/%Y}; la custodia {una.custodio}. Nada se publica "
            "por sí solo: decide una persona.",
        )
        for una in contenido.reservas
        if una.vence <= hoy + AVISO_DE_RESERVA
    ]
