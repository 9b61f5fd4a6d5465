"""El ensayo: qué pasaría con cada renglón de un libro que volvió, sin guardar nada.

Cada celda se entiende según su columna y cada avance se juzga con `AvanceForm`. Todo lo que está
mal se dice a la vez. Un renglón que nadie tocó desde que se bajó no cambia nada, aunque otra
persona lo haya guardado entretanto; uno que se tocó sobre una versión vieja se rechaza, con los
dos textos.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from instituciones.models import Institucion, Usuario
from matrices import antecedentes, flujo
from matrices.forms.avance import AvanceForm
from matrices.forms.reglas import medida
from matrices.hojas import (
    Celda,
    Columna,
    HojaLeida,
    LibroInservible,
    Renglon,
    abrir_sello,
    normal,
    renglones,
    sin_hojas_ajenas,
)
from matrices.hojas.columnas import Tipo, como_texto
from matrices.hojas.lectura import hojas_de_sobra, sello_de
from matrices.hojas.sello import revisar
from matrices.libro.columnas import (
    ACTIVIDADES,
    APORTES,
    HITOS,
    ORDEN,
    SUBLLAVES,
    columnas_por_hoja,
)
from matrices.libro.plantilla import FORMATO, avances_del_libro, llave_de, resoluciones_de
from matrices.libro.resultado import (
    CAMBIADO,
    NUEVO,
    RECHAZADO,
    Cambio,
    EnsayoDeAvances,
    Error,
    ResultadoDeAvance,
)
from matrices.libro.valores import (
    Valores,
    al_formulario,
    celda_de,
    declarados,
    guardados,
    no_aplican,
)
from matrices.models import Avance, LibroRecibido, Periodo
from matrices.verosimilitud import contextos, juzgar

NO_EXISTE = "No hay una actividad con ese código en su institución y este semestre."
ALTERADO = (
    "El código, la versión o el control de este renglón no son los que traía el libro. "
    "Baje el libro de nuevo y copie en él lo que llenó."
)
AGREGADO = "Esta fila no venía en el libro: no se agregan renglones. Bórrela."
NO_APLICA = "Esta actividad no se mide así: deje vacía la celda."
VALIDADO = "Este hito ya se validó: no se cambia."
AJENA = "Otra persona guardó cambios después de que usted bajó el libro."
LARGO_DE_MUESTRA = 1200
Avisar = Callable[[int, str], object]


def en_pantalla(columna: Columna, valor: Any) -> str:
    """Un valor de una celda como se lee en pantalla."""
    if not normal(valor):
        return ""
    if columna.lista and isinstance(valor, list):
        return ", ".join(columna.lista.dicho(uno) for uno in valor)
    if columna.lista:
        return columna.lista.dicho(valor)
    if columna.tipo == Tipo.DINERO:
        return f"Q{valor:,.2f}"
    if columna.tipo in {Tipo.NUMERO, Tipo.PUNTOS}:
        return f"{valor:,.2f}"
    return como_texto(valor)[:LARGO_DE_MUESTRA]


def ensayar(
    leidas: Sequence[HojaLeida],
    *,
    institucion: Institucion,
    periodo: Periodo,
    por: Usuario,
    en_nombre_de: Usuario | None = None,
    avisar: Avisar = lambda porciento, paso: None,
) -> EnsayoDeAvances:
    """Qué pasaría al aplicarlo; lanza LibroInservible si el libro entero no sirve."""
    sello = _exigir_sello(leidas, institucion, periodo)
    propias = [nombre for nombre in ORDEN if nombre in sello["hojas"]]
    por_nombre = sin_hojas_ajenas(leidas, propias)
    quien = en_nombre_de or por
    avances = avances_del_libro(quien, institucion, periodo)
    columnas = columnas_por_hoja(resoluciones_de(quien, avances))
    filas = {nombre: renglones(por_nombre[nombre], columnas[nombre]) for nombre in propias}
    avisar(20, "Buscando lo que ya está guardado")
    mesa = _Mesa(avances, columnas, por, en_nombre_de)
    mesa.repartir(filas)
    for turno, avance in enumerate(avances):
        mesa.juzgar(avance)
        if turno % 25 == 0:
            avisar(25 + 65 * turno // len(avances), f"Revisando {avance.actividad}")
    mesa.advertir()
    sobra = hojas_de_sobra(leidas, propias)
    avisos = [f"La hoja «{nombre}» no es del libro: no se leyó." for nombre in sobra[:10]]
    avisos += mesa.avisos[:50]
    return EnsayoDeAvances(
        list(mesa.resultados.values()),
        mesa.del_libro,
        avisos,
        sum(not mesa.vinieron[avance.pk] for avance in avances),
        mesa.capturas,
        mesa.versiones,
    )


def _exigir_sello(
    leidas: Sequence[HojaLeida], institucion: Institucion, periodo: Periodo
) -> dict[str, Any]:
    """De qué es el libro; lanza LibroInservible si no es de aquí, de ahora o de quien lo sube."""
    sello = abrir_sello(sello_de(leidas))
    if sello is None or not isinstance(sello.get("hojas"), list):
        raise LibroInservible(
            "sello",
            "No es un libro bajado de esta página, o se cambió su sello. Baje uno y llénelo.",
        )
    if sello.get("institucion") != institucion.pk:
        raise LibroInservible(
            "libro_ajeno", "El libro no es de su institución. Baje el suyo y llénelo."
        )
    if sello.get("periodo") != periodo.pk:
        raise LibroInservible(
            "plantilla_vencida",
            f"El libro es de {sello.get('semestre', 'otro semestre')}, y aquí se llena "
            f"{periodo.con_su_plan}. Baje el libro de este semestre.",
        )
    if sello.get("formato") != FORMATO:
        raise LibroInservible(
            "plantilla_vencida", "El libro es de una versión anterior. Bájelo de nuevo."
        )
    if periodo.cortado:
        raise LibroInservible(
            "plantilla_vencida",
            f"{periodo.codigo} ya se cortó: lo que cambie se pide por rectificación.",
        )
    return sello


class _Mesa:
    """Donde se juntan los renglones de cada avance con lo que ya está guardado."""

    def __init__(
        self,
        avances: Sequence[Avance],
        columnas: Mapping[str, Sequence[Columna]],
        por: Usuario,
        en_nombre_de: Usuario | None,
    ):
        self.avances = {str(uno.actividad): uno for uno in avances}
        self.columnas, self.por, self.en_nombre_de = columnas, por, en_nombre_de
        self.titulos = {
            (hoja, una.nombre): una for hoja, todas in columnas.items() for una in todas
        }
        self.antes = antecedentes.de_varios(avances)
        self.guardados = {uno.pk: guardados(uno, self.antes[uno.pk]) for uno in avances}
        self.filas: dict[int, dict[tuple[str, str], Renglon]] = {uno.pk: {} for uno in avances}
        self.tocadas: dict[int, set[tuple[str, str]]] = {uno.pk: set() for uno in avances}
        self.vinieron: Counter[int] = Counter()
        self.del_libro: list[Error] = []
        self.avisos: list[str] = []
        self.resultados: dict[int, ResultadoDeAvance] = {}
        self.capturas: dict[int, flujo.Captura] = {}
        self.versiones: dict[str, list[int]] = {}
        self.propias = _lo_que_ya_aplico(por, en_nombre_de or por, avances)
        self.comparables: dict[int, tuple[AvanceForm, Mapping[tuple[str, str], Renglon]]] = {}

    # Cada fila con su avance -----------------------------------------------------------------
    def repartir(self, filas: Mapping[str, Sequence[Renglon]]) -> None:
        """Reconoce de qué es cada fila; las que no se reconocen impiden aplicar el libro."""
        for hoja, todas in filas.items():
            for renglon in todas:
                self._reconocer(hoja, renglon)

    def _reconocer(self, hoja: str, renglon: Renglon) -> None:
        codigo = renglon.valor("actividad")
        columna_sub = SUBLLAVES.get(hoja)
        sub = renglon.valor(columna_sub) if columna_sub else ""
        llave = renglon.celdas["actividad"]
        if not renglon.valor("control") and not renglon.valor("version"):
            return self._negar(llave, AGREGADO if not codigo or sub else self._si_existe(codigo))
        avance = self.avances.get(codigo)
        if avance is None:
            return self._negar(llave, NO_EXISTE if codigo else "Falta el código de la actividad.")
        celdas = self.guardados[avance.pk].get(hoja, {}).get(sub)
        valores = [self._para_el_control(renglon.celdas[columna]) for columna in celdas or {}]
        control = revisar(
            renglon.valor("control"),
            llave_de(avance, hoja, sub, renglon.valor("version")),
            valores,
        )
        if not control.vale:
            return self._negar(llave, ALTERADO)
        if (hoja, sub) in self.filas[avance.pk]:
            otra = self.filas[avance.pk][hoja, sub].numero
            return self._negar(llave, f"Está repetida: ya viene en la fila {otra}.")
        self.filas[avance.pk][hoja, sub] = renglon
        self.vinieron[avance.pk] += 1
        if celdas is None:  # una observación que ya se cerró, o un hito que se quitó
            self.avisos.append(f"{llave.donde}: ya no se captura; no se leyó.")
        elif control.tocado:
            self.tocadas[avance.pk].add((hoja, sub))
        return None

    def _si_existe(self, codigo: str) -> str:
        return AGREGADO if codigo in self.avances else NO_EXISTE

    @staticmethod
    def _para_el_control(celda: Celda) -> Any:
        """Lo entendido; y si no se entendió, algo que nunca es lo que llevaba."""
        return f"\x00{celda.dicho}" if celda.leido.error else celda.leido.valor

    def _negar(self, celda: Celda, mensaje: str) -> None:
        self.del_libro.append(Error(celda.donde, mensaje))

    # Cada avance con su formulario -----------------------------------------------------------
    def juzgar(self, avance: Avance) -> None:
        """Qué pasaría con un avance, con todo lo que esté mal en él."""
        actividad = avance.actividad
        resultado = ResultadoDeAvance(
            actividad.matriz.accion.codigo,
            str(actividad),
            actividad.descripcion[:200],
            avance=avance.pk,
        )
        self.resultados[avance.pk] = resultado
        tocadas = self.tocadas[avance.pk]
        if not tocadas:
            return
        filas = {sitio: self.filas[avance.pk][sitio] for sitio in tocadas}
        antes = self.antes[avance.pk]
        escritos = self._escritos(avance, filas, resultado)
        version = self._version(avance, filas, resultado)
        form = AvanceForm(
            al_formulario(escritos, version),
            instance=avance,
            para=self.en_nombre_de or self.por,
            antes=antes,
        )
        self._errores_del_formulario(form, filas, resultado)
        previos = self.guardados[avance.pk]
        despues = declarados(form.declaracion(), antes, previos) if form.is_valid() else escritos
        resultado.cambios = self._cambios(avance, filas, previos, despues)
        self._decidir(avance, form, filas, version, resultado)
        if form.is_valid() and resultado.cambios:
            self.comparables[avance.pk] = form, filas

    def _escritos(
        self,
        avance: Avance,
        filas: Mapping[tuple[str, str], Renglon],
        resultado: ResultadoDeAvance,
    ) -> Valores:
        """Lo guardado, con lo que el libro escribe encima; anota las celdas que no valen."""
        escritos: Valores = {
            hoja: {sub: dict(celdas) for sub, celdas in subs.items()}
            for hoja, subs in self.guardados[avance.pk].items()
        }
        ajenas = no_aplican(avance.actividad)
        for (hoja, sub), renglon in filas.items():
            for columna in escritos[hoja][sub]:
                celda = renglon.celdas[columna]
                if hoja == ACTIVIDADES and columna in ajenas:
                    if celda.leido.error or normal(celda.leido.valor):
                        resultado.errores.append(Error(celda.donde, NO_APLICA))
                    continue
                if celda.leido.error:
                    resultado.errores.append(Error(celda.donde, celda.leido.error))
                if celda.leido.aviso:
                    resultado.avisos.append(Error(celda.donde, celda.leido.aviso, "aviso"))
                escritos[hoja][sub][columna] = celda.leido.valor
            if hoja == HITOS:
                self._hito(avance, sub, renglon, escritos[hoja][sub], resultado)
        return escritos

    def _hito(
        self,
        avance: Avance,
        sub: str,
        renglon: Renglon,
        dado: dict[str, Any],
        resultado: ResultadoDeAvance,
    ) -> None:
        """Un hito validado no se toca; uno sin marcar no lleva fecha."""
        antes = self.antes[avance.pk]
        hito = next(uno for uno in antes.hitos if str(uno.numero) == sub)
        if hito.pk in antes.hitos_validados:
            resultado.errores.append(Error(renglon.celdas["cumplido"].donde, VALIDADO))
        elif dado["fecha"] and not dado["cumplido"]:
            mensaje = "Marque «Sí» en Cumplido, o borre la fecha."
            resultado.errores.append(Error(renglon.celdas["fecha"].donde, mensaje))

    def _version(
        self,
        avance: Avance,
        filas: Mapping[tuple[str, str], Renglon],
        resultado: ResultadoDeAvance,
    ) -> int:
        """La versión que la persona vio: la del libro, o la que resultó de aplicarlo antes."""
        traidas = {int(renglon.valor("version")) for renglon in filas.values()}
        if len(traidas) > 1:
            donde = next(iter(filas.values())).celdas["actividad"].donde
            mensaje = "Sus renglones vienen de libros bajados en momentos distintos."
            resultado.errores.append(Error(donde, mensaje))
        traida = min(traidas)
        self.versiones[str(avance.pk)] = [traida]
        return self.propias.get((avance.pk, traida), traida)

    def _errores_del_formulario(
        self,
        form: AvanceForm,
        filas: Mapping[tuple[str, str], Renglon],
        resultado: ResultadoDeAvance,
    ) -> None:
        """Los errores de cada campo, puestos en su celda; los de lo ya dicho no se repiten."""
        dichas = {error.celda for error in resultado.errores}
        for campo, mensajes in form.errors.items():
            hoja, sub, columna = celda_de(campo)
            if sub == "*":
                varias = self._de_varias_filas(form.fields[campo], hoja, filas, dichas)
                resultado.errores += varias
                continue
            renglon = filas.get((hoja, sub))
            rotulo = ""
            if renglon is None:  # el error es de una hoja que no se tocó: se dice en la que sí
                donde = next(iter(filas.values())).celdas["actividad"].donde
                rotulo = f"{form.fields[campo].label if campo in form.fields else campo}: "
            else:
                donde = renglon.celdas[columna].donde
            if donde not in dichas:
                resultado.errores += [Error(donde, f"{rotulo}{mensaje}") for mensaje in mensajes]

    @staticmethod
    def _de_varias_filas(
        campo: Any, hoja: str, filas: Mapping[tuple[str, str], Renglon], dichas: set[str]
    ) -> Iterable[Error]:
        """Hitos y aportes: a cada fila se le pregunta lo suyo, con el mismo campo."""
        for (de, sub), renglon in filas.items():
            if de != hoja:
                continue
            columna, dado = _solo_esta_fila(hoja, sub, renglon)
            donde = renglon.celdas[columna].donde
            try:
                campo.clean(dado)
            except ValidationError as mal:
                if donde not in dichas:
                    yield from (Error(donde, mensaje) for mensaje in mal.messages)

    def _cambios(
        self,
        avance: Avance,
        filas: Mapping[tuple[str, str], Renglon],
        previos: Valores,
        despues: Valores,
    ) -> list[Cambio]:
        """Celda por celda, lo que cambiaría; lo que el formulario repite solo, también."""
        ajenas = no_aplican(avance.actividad)
        return [
            Cambio(
                self.titulos[hoja, columna].titulo,
                _sitio(filas.get((hoja, sub)), columna),
                self._dicho(hoja, columna, previo),
                self._dicho(hoja, columna, despues[hoja][sub][columna]),
            )
            for hoja, subs in previos.items()
            for sub, celdas in subs.items()
            for columna, previo in celdas.items()
            if not (hoja == ACTIVIDADES and columna in ajenas)
            and normal(previo) != normal(despues[hoja][sub][columna])
        ]

    def _dicho(self, hoja: str, columna: str, valor: Any) -> str:
        """Un valor como se lee en pantalla."""
        return en_pantalla(self.titulos[hoja, columna], valor)

    def _decidir(
        self,
        avance: Avance,
        form: AvanceForm,
        filas: Mapping[tuple[str, str], Renglon],
        version: int,
        resultado: ResultadoDeAvance,
    ) -> None:
        """Nuevo, cambiado, igual o rechazado; y si vale, la captura lista para aplicarse."""
        donde = next(iter(sorted(filas.items(), key=_en_su_orden)))[1].celdas["actividad"].donde
        if not resultado.cambios and not resultado.errores:
            return
        motivo = self._por_que_no_se_escribe(avance)
        if motivo:
            resultado.errores.append(Error(donde, motivo, "estado"))
        elif version != avance.version and resultado.cambios:
            resultado.errores.append(Error(donde, AJENA, "version_ajena"))
        if resultado.errores:
            resultado.resultado = RECHAZADO
            return
        nueva = avance.estado in {Avance.Estado.PENDIENTE, Avance.Estado.EXENTO}
        resultado.resultado = NUEVO if nueva else CAMBIADO
        self.capturas[avance.pk] = flujo.Captura(avance, form.declaracion(), version)

    # Lo que llama la atención ----------------------------------------------------------------
    def advertir(self) -> None:
        """Lo que conviene mirar en lo que cambia, cada cosa en su celda; no impide aplicarlo.

        Todos los renglones se comparan juntos: también entre ellos, como quedarían.
        """
        forms = {pk: form for pk, (form, _filas) in self.comparables.items()}
        cifras = antecedentes.como_quedarian(
            (form.antes, medida(form.cleaned_data)) for form in forms.values()
        )
        dichos = {pk: form.dicho for pk, form in forms.items()}
        comparados = contextos(
            [form.instance for form in forms.values()],
            para=self.en_nombre_de or self.por,
            escritos=dichos,
        )
        for pk, (_form, filas) in self.comparables.items():
            dichas = juzgar(
                dichos[pk],
                ejecutado=cifras[pk]["ejecutado"],
                ejecutado_previo=cifras[pk]["ejecutado_previo"],
                contexto=comparados[pk],
            )
            self.resultados[pk].advertencias = [
                Error(_celda_de_la_advertencia(una.campo, filas), una.texto, una.codigo)
                for una in dichas
            ]

    def _por_que_no_se_escribe(self, avance: Avance) -> str:
        """Por qué no se puede guardar en él ahora; vacío si se puede."""
        if "guardar" in flujo.pasos_posibles(avance, self.por, en_nombre_de=self.en_nombre_de):
            return ""
        regla = flujo.PASOS["guardar"]
        falta = flujo.condicion_que_falta(avance, "guardar")
        if falta:
            return falta
        if avance.estado not in regla.de:
            return f"El avance está «{avance.get_estado_display()}»: ya no se escribe en él."
        if self.en_nombre_de is not None:
            return "Por delegación no se actúa sobre lo que usted capturó o entregó."
        return "No le corresponde capturar este avance."


def _lo_que_ya_aplico(
    por: Usuario, quien: Usuario, avances: Sequence[Avance]
) -> dict[tuple[int, int], int]:
    """Por avance y versión traída, la que resultó cuando esta persona aplicó ese mismo libro.

    Así puede seguir llenando el que ya subió: lo que cambió entretanto lo escribió ella.
    """
    if not avances:
        return {}
    suyos = LibroRecibido.objects.visibles_para(quien).aplicados_por(por)
    propias: dict[tuple[int, int], int] = {}
    for versiones in suyos.filter(periodo=avances[0].periodo_id).values_list(
        "versiones", flat=True
    ):
        for avance, (traida, resultante) in versiones.items():
            propias[int(avance), traida] = resultante
    return propias


def _solo_esta_fila(hoja: str, sub: str, renglon: Renglon) -> tuple[str, dict[str, Any]]:
    if hoja == APORTES:
        return "porcentaje", {sub: renglon.valor("porcentaje")}
    if renglon.valor("cumplido"):
        return "fecha", {sub: "on", f"{sub}_fecha": renglon.valor("fecha")}
    return "cumplido", {}


def _sitio(renglon: Renglon | None, columna: str) -> str:
    return renglon.celdas[columna].donde if renglon else ""


def _celda_de_la_advertencia(campo: str, filas: Mapping[tuple[str, str], Renglon]) -> str:
    """La de su campo, si vino en el libro; si no (la evidencia no viene), la de la actividad."""
    hoja, sub, columna = celda_de(campo)
    en_orden = sorted(filas.items(), key=_en_su_orden)
    for (de, suya), renglon in en_orden:
        if de == hoja and sub in {suya, "*"} and columna in renglon.celdas:
            return renglon.celdas[columna].donde
    return en_orden[0][1].celdas["actividad"].donde


def _en_su_orden(par: tuple[tuple[str, str], Renglon]) -> tuple[int, int]:
    (hoja, _sub), renglon = par
    return ORDEN.index(hoja), renglon.numero
