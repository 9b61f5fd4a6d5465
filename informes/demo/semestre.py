"""Un semestre de la demostración, paso por paso y en el orden en que pasó.

Cada avance se guarda, se entrega, se remite, se observa y se valida con su fecha y por quien le
toca, con los mismos verbos que usan las páginas.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.text import slugify

from informes import emision
from informes.demo.base import Base, a_las
from informes.demo.hojas import EXTENSION
from informes.models import Recomendacion
from instituciones import bitacora
from instituciones.models import Rol, Usuario
from matrices import enmiendas, flujo, periodos
from matrices.calendario import DIAS_DE_GRACIA, FechasDelSemestre, dias_habiles_despues
from matrices.carga import dar_feriados
from matrices.models import Aporte, Avance, Evidencia, Observacion, Periodo

MARCA = "[DEMO]"
NOTA_AL_DEVOLVER = f"{MARCA} Precise el texto antes de enviarlo."
DIAS_ABIERTO, DIAS_POR_DELANTE = 10, 20
DIAS_ENTRE_CAPTURAS = 21
CAPTURAS = {"guardar", "corregir", "responder"}
VIERNES = 4
FECHAS = {"fecha_medida"}
CIFRAS = {
    "ejecutado_periodo",
    "porcentaje",
    "presupuesto_asignado",
    "presupuesto_vigente",
    "devengado",
}
DECLARADO = (
    *sorted(FECHAS | CIFRAS),
    "situacion_reportada",
    "justificacion_exceso",
    "motivo_retroceso",
    "logro",
    "beneficiarios",
    "territorio",
    "limitante_tipo",
    "limitante",
    "medida_correctiva",
    "responsable_medida",
    "requiere_decision_cns",
    "decision_solicitada",
    "sin_cambios",
    "motivo_sin_cambios",
)


class Renglon(NamedTuple):
    """Un avance por cargar: su actividad, lo que el archivo dice de él y de quién es."""

    actividad: int
    sigla: str
    dato: dict[str, Any]


class Turno(NamedTuple):
    """Un paso que se da a la misma hora sobre varios avances, cada uno por quien le toca."""

    momento: datetime
    paso: str
    nota: str = ""


class Firmado(NamedTuple):
    """Un avance como está, lo que el archivo dice de él y quién da el paso."""

    avance: Avance
    dato: dict[str, Any]
    firma: flujo.Firma


@dataclass
class Agenda:
    """Lo que pasa en un semestre, para darlo en el orden en que pasó."""

    turnos: dict[Turno, list[tuple[Renglon, flujo.Firma]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    actos: list[tuple[datetime, Callable[[datetime], Any]]] = field(default_factory=list)

    def ultimo(self) -> datetime:
        """El último momento de los datos."""
        return max(
            [turno.momento for turno in self.turnos] + [momento for momento, _ in self.actos]
        )


class Semestre:
    """Un periodo de la demostración, desde que se abre hasta que se corta."""

    def __init__(self, demo: Base, dato: dict[str, Any], previo: dict[str, Any] | None):
        self.demo, self.dato, self.codigo = demo, dato, dato["codigo"]
        self.periodo: Periodo = demo.periodos[self.codigo]
        self.previo = date.fromisoformat(previo["cortado_en"]) if previo else None
        self.abre, self.limite, self.fin_gracia = (
            date.fromisoformat(dato[campo]) for campo in ("abre", "limite", "fin_gracia")
        )
        self.vivo = dato["cortado_en"] is None
        self.filas: dict[int, Avance] = {}
        self.agenda = Agenda()

    def correr(self) -> None:
        """Enmiendas, apertura, avances, cierre, rectificaciones de antes, y el corte."""
        self.poner_fechas()
        if not self.vivo:
            for dato in self.suyas("reprogramaciones"):
                self.enmendar(dato)
        self.abrir()
        self.planear()
        if self.vivo:
            self.traer_al_presente()
            self.dar(self.demo.ahora)
            return
        self.dar(a_las(self.limite, 23, 59))
        self.periodo = periodos.dar_gracia(
            self.periodo, momento=a_las(self.limite + timedelta(days=1), 0, 5)
        )
        self.leer()
        self.dar(a_las(self.fin_gracia, 23, 59))
        self.periodo = periodos.cerrar(
            self.periodo,
            version=self.periodo.version,
            por=None,
            momento=a_las(self.fin_gracia + timedelta(days=1), 0, 5),
        )
        self.leer()
        corta = a_las(date.fromisoformat(self.dato["cortado_en"]), 10)
        self.dar(corta)
        self.recomendar()
        self.rectificar(corta)
        sin_validar = list(periodos.sin_validar(self.periodo).values_list("pk", flat=True))
        emision.cortar(
            self.periodo,
            por=self.demo.coordinadora,
            version=self.periodo.version,
            confirmados=sin_validar,
            momento=corta,
        )

    def suyas(self, lista: str, campo: str = "periodo") -> list[dict[str, Any]]:
        return [uno for uno in self.demo.datos[lista] if uno[campo] == self.codigo]

    # -- abrir

    def poner_fechas(self) -> None:
        """Las del archivo; al semestre abierto, las que lo dejan alrededor de hoy."""
        self.periodo = self.demo.periodos[self.codigo]
        antes = {
            campo: getattr(self.periodo, campo) for campo in FechasDelSemestre.__dataclass_fields__
        }
        if self.vivo:
            hoy = timezone.localdate(self.demo.ahora)
            dar_feriados([hoy.year, hoy.year + 1])
            limite = hoy + timedelta(days=DIAS_POR_DELANTE)
            nuevas = {
                "abre": hoy - timedelta(days=DIAS_ABIERTO),
                "limite": limite,
                "fin_gracia": dias_habiles_despues(limite, DIAS_DE_GRACIA, periodos.feriados()),
                **{
                    campo: antes[campo] + (limite - antes["limite"])
                    for campo in ("revision_hasta", "corte_previsto", "entrega_cns")
                },
            }
        else:
            nuevas = {
                "abre": self.abre,
                "limite": self.limite,
                "fin_gracia": self.fin_gracia,
                "corte_previsto": date.fromisoformat(self.dato["cortado_en"]),
            }
        fechas = FechasDelSemestre(**{**antes, **nuevas})
        if fechas != FechasDelSemestre(**antes):
            self.periodo = periodos.cambiar_fechas(
                self.periodo, fechas, version=self.periodo.version, por=self.demo.coordinadora
            )

    def abrir(self) -> None:
        self.periodo = periodos.abrir(
            self.periodo,
            version=self.periodo.version,
            por=self.demo.coordinadora,
            momento=a_las(self.periodo.abre, 7),
        )
        self.leer()

    def leer(self) -> None:
        """Los avances como están: tras cada paso del periodo, con su estado nuevo."""
        avances = Avance.objects.filter(periodo=self.periodo).con_su_actividad().order_by("pk")
        self.filas = {avance.actividad_id: avance for avance in avances}

    # -- quién hace qué y cuándo

    def planear(self) -> None:
        """Cada avance, paso por paso, con el momento en que el archivo dice que se dio."""
        for matriz in self.demo.datos["matrices"]:
            for actividad in matriz["actividades"]:
                dato = next(v for v in actividad["avances"] if v["periodo"] == self.codigo)
                fila = self.demo.actividades[matriz["accion"], actividad["numero"]]
                renglon = Renglon(fila.pk, actividad["responsable"], dato)
                for turno, firma in self.turnos(renglon):
                    self.agenda.turnos[turno].append((renglon, firma))
        for aporte in self.suyas("aportes_de_cooperantes"):
            self.agenda.actos.append((a_las(self.limite, 12), partial(self.aportar, aporte)))
        if self.vivo:
            for dato in self.suyas("reprogramaciones"):
                pide = a_las(date.fromisoformat(dato["desde"]), 9)
                self.agenda.actos.append((pide, partial(self.solicitar, dato)))

    def turnos(self, renglon: Renglon) -> Iterator[tuple[Turno, flujo.Firma]]:
        """Los pasos de un avance y quién los da, hasta donde el archivo dice que llegó."""
        dato, sigla = renglon.dato, renglon.sigla
        if "situacion_reportada" not in dato:
            return
        capturan = self.demo.capturan(sigla)
        captura = flujo.Firma(capturan[renglon.actividad % len(capturan)])
        envio = self.dia_de_envio(renglon)
        dia = self.abre + timedelta(
            days=(envio - self.abre).days // DIAS_ENTRE_CAPTURAS * DIAS_ENTRE_CAPTURAS
        )
        if "reapertura" in dato:
            dia = envio
            nota = dato["reapertura"]
            vispera = a_las(envio - timedelta(days=1), 10)
            yield Turno(vispera, "reabrir", nota), flujo.Firma(self.demo.coordinadora)
        yield Turno(a_las(dia, 9), "guardar"), captura
        if dato["estado"] == Avance.Estado.BORRADOR:
            return
        yield Turno(a_las(dia, 11), "entregar"), captura
        for vez in range(dato.get("devoluciones", 0)):
            aprueba = flujo.Firma(self.demo.aprueba(sigla))
            yield Turno(a_las(dia, 12, 3 * vez), "devolver", NOTA_AL_DEVOLVER), aprueba
            yield Turno(a_las(dia, 12, 3 * vez + 1), "corregir"), captura
            yield Turno(a_las(dia, 12, 3 * vez + 2), "entregar"), captura
        if dato["estado"] == Avance.Estado.EN_APROBACION:
            return
        yield Turno(a_las(envio, 16), "remitir"), self.remite(sigla, captura, envio)
        if dato["estado"] != Avance.Estado.REMITIDO:
            yield from self.revision(renglon, captura, envio)

    def dia_de_envio(self, renglon: Renglon) -> date:
        """El día en que se remitió; lo que aún no se remite se captura repartido."""
        if "remitido_en" in renglon.dato:
            return date.fromisoformat(renglon.dato["remitido_en"])
        return self.abre + timedelta(days=7 * (renglon.actividad % 6))

    def remite(self, sigla: str, captura: flujo.Firma, dia: date) -> flujo.Firma:
        """Quien aprueba o, en los días de su delegación, quien lo suple y no capturó."""
        aprueba = self.demo.aprueba(sigla)
        for una in self.demo.datos["delegaciones"]:
            suple = una["titular"] == aprueba.correo
            if suple and una["desde"] <= dia.isoformat() <= una["hasta"]:
                delegado = self.demo.personas[una["delegado"]]
                if delegado != captura.por:
                    return flujo.Firma(delegado, aprueba)
        return flujo.Firma(aprueba)

    def revision(
        self, renglon: Renglon, captura: flujo.Firma, envio: date
    ) -> Iterator[tuple[Turno, flujo.Firma]]:
        """Se valida, o se observa, se corrige, se remite otra vez y entonces se valida."""
        dato, analista = renglon.dato, flujo.Firma(self.demo.revisa(renglon.sigla))
        observaciones = dato.get("observaciones", [])
        dia = _viernes_despues(envio)
        if observaciones:
            yield Turno(a_las(dia, 10), "observar"), analista
            if any(una["respuesta"] is None for una in observaciones):
                return
            responde = dias_habiles_despues(dia, 1)
            yield Turno(a_las(responde, 9), "responder"), captura
            yield Turno(a_las(responde, 11), "entregar"), captura
            remite = self.remite(renglon.sigla, captura, responde)
            yield Turno(a_las(responde, 16), "remitir"), remite
            dia = _viernes_despues(responde)
        if not self.vivo:
            dia = min(dia, date.fromisoformat(self.dato["cortado_en"]) - timedelta(days=1))
        yield Turno(a_las(dia, 15), "validar"), analista

    def traer_al_presente(self) -> None:
        """Lleva cada momento, en proporción, de [abre, el último] a [la nueva apertura, ahora]."""
        desde, hasta = a_las(self.abre, 7), self.agenda.ultimo()
        nuevo, ahora = a_las(self.periodo.abre, 7), self.demo.ahora

        def traido(momento: datetime) -> datetime:
            return nuevo + (ahora - nuevo) * ((momento - desde) / (hasta - desde))

        turnos = {
            turno._replace(momento=traido(turno.momento)): firmados
            for turno, firmados in self.agenda.turnos.items()
        }
        self.agenda = Agenda(turnos, [(traido(m), acto) for m, acto in self.agenda.actos])

    # -- darlo

    def dar(self, hasta: datetime) -> None:
        """Da, en orden, lo que va de la agenda hasta ese momento."""
        vencidos = [turno for turno in self.agenda.turnos if turno.momento <= hasta]
        por_dar: list[tuple[datetime, Callable[[datetime], Any]]] = [
            (turno.momento, partial(self.dar_turno, turno, self.agenda.turnos.pop(turno)))
            for turno in vencidos
        ]
        por_dar += [acto for acto in self.agenda.actos if acto[0] <= hasta]
        self.agenda.actos = [acto for acto in self.agenda.actos if acto[0] > hasta]
        for momento, acto in sorted(por_dar, key=lambda par: par[0]):
            acto(momento)

    def dar_turno(
        self, turno: Turno, renglones: list[tuple[Renglon, flujo.Firma]], momento: datetime
    ) -> None:
        """Un paso del flujo sobre todos sus avances, a la vez."""
        firmados = [Firmado(self.filas[uno.actividad], uno.dato, firma) for uno, firma in renglones]
        for movido in self.paso(turno, firmados, por=None, momento=momento):
            self.filas[movido.actividad_id] = movido

    def paso(self, turno: Turno, firmados: list[Firmado], **quien: Any) -> list[Avance]:
        """El verbo de cada paso: los de `flujo`, con lo que el archivo dice de cada avance."""
        if turno.paso in CAPTURAS:
            capturas = {
                "guardar": self.declaraciones,
                "corregir": _sin_cambios,
                "responder": _respuestas,
            }[turno.paso]
            if turno.paso == "guardar":
                self.evidenciar(firmados, turno.momento)
            return flujo.capturar_varios(list(capturas(firmados)), **quien)
        if turno.paso == "observar":
            return flujo.observar_varios([_reparo(uno) for uno in firmados], **quien)
        ordenes = [flujo.Orden(uno.avance, uno.avance.version, {}, uno.firma) for uno in firmados]
        if turno.paso == "entregar":
            return flujo.entregar_varios(ordenes, **quien)
        if turno.paso == "validar":
            return flujo.validar_varios(ordenes, **quien)
        return flujo.mover_varios(ordenes, turno.paso, **quien, nota=turno.nota)

    def declaraciones(self, firmados: list[Firmado]) -> Iterator[flujo.Captura]:
        """Lo que el archivo dice de cada avance."""
        return (_captura(uno, self.declaracion(uno.avance, uno.dato)) for uno in firmados)

    def declaracion(self, avance: Avance, dato: dict[str, Any]) -> flujo.Declaracion:
        """Lo que el archivo dice que se declaró, con los tipos de cada columna."""
        columnas = {
            columna: _valor(columna, dato[columna]) for columna in DECLARADO if columna in dato
        }
        hitos = self.demo.hitos[avance.actividad_id]
        return flujo.Declaracion(
            columnas,
            hitos=(
                {
                    hitos[uno["numero"]]: date.fromisoformat(uno["fecha"])
                    for uno in dato["hitos_cumplidos"]
                }
                if dato.get("hitos_cumplidos")
                else None
            ),
            aportes=(
                {
                    self.demo.instituciones[uno["institucion"]].pk: _cifra(uno["porcentaje"])
                    for uno in dato["aportes"]
                }
                if "aportes" in dato
                else None
            ),
        )

    def evidenciar(self, firmados: Iterable[Firmado], momento: datetime) -> None:
        """Adjunta los documentos antes de guardar: lo guardado los nombra."""
        filas = []
        for avance, dato, firma in firmados:
            for una in dato.get("evidencias", ()):
                sellado = self.demo.hojas.de(una["titulo"], una["tipo"])
                filas.append(
                    Evidencia(
                        avance=avance,
                        hito_id=self.demo.hitos[avance.actividad_id].get(una.get("hito")),
                        titulo=una["titulo"],
                        nombre=_nombre_de_archivo(una["titulo"], una["tipo"]),
                        archivo=sellado.nombre,
                        tipo=una["tipo"],
                        sha256=sellado.sha256,
                        tamano=sellado.tamano,
                        visibilidad=avance.visibilidad,
                        clasificacion=avance.clasificacion,
                        resolucion_id=avance.resolucion_id,
                        subida_por=firma.por,
                        subida_en=momento,
                    )
                )
        Evidencia.objects.bulk_create(filas, batch_size=500)

    def aportar(self, dato: dict[str, Any], momento: datetime) -> None:
        """Lo que dice quien coopera."""
        actividad = self.demo.actividades[dato["accion"], dato["actividad"]]
        avances = Avance.objects.filter(pk=self.filas[actividad.pk].pk).con_su_actividad()
        aporte = Aporte(
            avance=avances.get(), institucion=self.demo.instituciones[dato["institucion"]]
        )
        flujo.aportar(
            aporte,
            texto=dato["texto"],
            conforme=Aporte.Conformidad.SI if dato["conforme"] else Aporte.Conformidad.OBSERVA,
            version=1,
            por=self.demo.capturan(dato["institucion"])[0],
            momento=momento,
        )

    # -- enmiendas, rectificaciones y recomendaciones

    def solicitar(self, dato: dict[str, Any], momento: datetime):
        """La solicitud de una enmienda, por quien planifica."""
        actividad = self.demo.actividades[dato["accion"], dato["actividad"]]
        actividad.refresh_from_db()
        propuesto = dato["fin_propuesto"]
        return enmiendas.solicitar(
            actividad,
            tipo=dato["tipo"],
            desde=date.fromisoformat(dato["desde"]),
            motivo=dato["motivo"],
            por=self.demo.capturan(actividad.responsable.sigla)[0],
            fin_propuesto=date.fromisoformat(propuesto) if propuesto else None,
            hitos=dato["hitos"],
            momento=momento,
        )

    def enmendar(self, dato: dict[str, Any]) -> None:
        """De la solicitud a la resolución, después del corte anterior y antes de abrir."""
        dia = date.fromisoformat(dato["desde"])
        if self.previo:
            dia = max(dia, self.previo + timedelta(days=1))
        pedida = self.solicitar(dato, a_las(dia, 9))
        sigla = pedida.actividad.responsable.sigla
        pasos: list[tuple[Callable[..., Any], Usuario, dict[str, Any]]] = [
            (enmiendas.avalar, self.demo.aprueba(sigla), {}),
            (enmiendas.opinar, self.demo.con_rol(Rol.CAP), {"opinion": dato["opinion_cap"]}),
        ]
        resoluciones: dict[str, Callable[..., Any]] = {
            "APROBADA": partial(enmiendas.aprobar, periodo=self.periodo),
            "RECHAZADA": enmiendas.rechazar,
        }
        resuelve = resoluciones[dato["estado"]]
        pasos.append((resuelve, self.demo.coordinadora, {"acto": dato["acto"]}))
        for dias, (verbo, por, datos) in enumerate(pasos, 1):
            momento = a_las(dia + timedelta(days=dias), 9)
            pedida = verbo(pedida, version=pedida.version, por=por, momento=momento, **datos)

    def rectificar(self, corta: datetime) -> None:
        """Corrige lo ya cortado que se supo en este semestre, y vuelve a cortarlo."""
        for dato in self.suyas("rectificaciones", "conocido_desde"):
            actividad = self.demo.actividades[dato["accion"], dato["actividad"]]
            avances = Avance.objects.filter(actividad=actividad, periodo__plan=self.demo.plan)
            anio, semestre = dato["periodo"].split("-S")
            avance = avances.con_su_actividad().get(periodo__anio=anio, periodo__semestre=semestre)
            sigla = avance.actividad.responsable.sigla
            pedida = enmiendas.solicitar_rectificacion(
                avance,
                despues={dato["campo"]: _cifra(dato["despues"])},
                motivo=dato["motivo"],
                por=self.demo.capturan(sigla)[0],
                momento=corta - timedelta(days=9),
            )
            pasos = (
                (enmiendas.firmar, self.demo.aprueba(sigla)),
                (enmiendas.recomendar, self.demo.revisa(sigla)),
                (enmiendas.aprobar_rectificacion, self.demo.coordinadora),
            )
            for dias, (verbo, por) in enumerate(pasos):
                momento = corta - timedelta(days=8 - dias)
                pedida = verbo(pedida, version=pedida.version, por=por, momento=momento)
            emision.cortar_de_nuevo(
                avance.periodo,
                [pedida],
                por=self.demo.coordinadora,
                motivo=dato["motivo"],
                momento=corta - timedelta(days=5),
            )

    def recomendar(self) -> None:
        """Las recomendaciones de la Inspectoría en este semestre."""
        inspectora = self.demo.con_rol(Rol.IGSNS)
        for dato in self.suyas("recomendaciones_igsns"):
            institucion = self.demo.instituciones[dato["institucion"]]
            fila = Recomendacion(**{**dato, "periodo": self.periodo, "institucion": institucion})
            fila.save()
            with bitacora.constancia() as asientos:
                asientos.append(bitacora.asiento("escribir_recomendacion", fila, por=inspectora))


def _viernes_despues(dia: date) -> date:
    """El primer viernes después de ese día: cuando las analistas revisan."""
    return dia + timedelta(days=(VIERNES - dia.weekday() - 1) % 7 + 1)


def _captura(uno: Firmado, lo_declarado: flujo.Declaracion) -> flujo.Captura:
    return flujo.Captura(uno.avance, lo_declarado, uno.avance.version, uno.firma)


def _sin_cambios(firmados: list[Firmado]) -> Iterator[flujo.Captura]:
    """Se guarda otra vez lo mismo."""
    return (_captura(uno, flujo.Declaracion({})) for uno in firmados)


def _respuestas(firmados: list[Firmado]) -> Iterator[flujo.Captura]:
    """Cada observación con la respuesta que el archivo trae, en su orden."""
    abiertas: dict[int, list[int]] = defaultdict(list)
    suyas = Observacion.objects.filter(avance__in=[uno.avance.pk for uno in firmados]).abiertas()
    for avance, pk in suyas.order_by("pk").values_list("avance", "pk"):
        abiertas[avance].append(pk)
    for uno in firmados:
        textos = [una["respuesta"] for una in uno.dato["observaciones"]]
        respuestas = dict(zip(abiertas[uno.avance.pk], textos, strict=True))
        yield _captura(uno, flujo.Declaracion({}, respuestas=respuestas))


def _reparo(uno: Firmado) -> flujo.Reparo:
    textos = [(una["campo"], una["texto"]) for una in uno.dato["observaciones"]]
    return flujo.Reparo(uno.avance, uno.avance.version, textos, firma=uno.firma)


def _valor(columna: str, valor: Any) -> Any:
    if columna in CIFRAS:
        return _cifra(valor)
    return date.fromisoformat(valor) if columna in FECHAS else valor


def _cifra(valor: str | None) -> Decimal | None:
    return None if valor is None else Decimal(valor).quantize(Decimal("0.01"))


def _nombre_de_archivo(titulo: str, tipo: str) -> str:
    """«acta-de-sesion-2020-s2.pdf»."""
    return f"{slugify(titulo.removeprefix(MARCA))}.{EXTENSION[tipo]}"
