"""El ensayo del libro de una matriz: qué pasaría con cada renglón, sin guardar nada.

Cada actividad se juzga con `ActividadForm`, sus conjuntos y las reglas de `estructura`, y todo lo
que está mal se dice a la vez. Lo que nadie tocó desde que se bajó no cambia nada; lo que se tocó
sobre una versión vieja se rechaza, con los dos textos.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from acciones.models import AccionEstrategica
from instituciones.models import Clasificacion, Usuario
from matrices import estructura
from matrices.forms.matriz import (
    ActividadForm,
    CooperacionesFormSet,
    HitosFormSet,
    ImpactoForm,
)
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
from matrices.hojas.lectura import hojas_de_sobra, sello_de
from matrices.hojas.sello import revisar
from matrices.libro.ensayo import AJENA, ALTERADO, Avisar, en_pantalla
from matrices.libro.matriz.columnas import (
    ACCION,
    HITOS,
    MATRIZ,
    ORDEN,
    PAPELES,
    catalogos_para,
    columnas_por_hoja,
)
from matrices.libro.matriz.plantilla import FORMATO, Celdas, Foto, Guardada, foto, llave_de
from matrices.libro.resultado import (
    CAMBIADO,
    NUEVO,
    RECHAZADO,
    Cambio,
    Ensayo,
    Error,
    Resultado,
)
from matrices.models import Actividad, LibroRecibido

IMPACTO = "impacto"  # la clave de la matriz entre las versiones de un libro
NO_EXISTE = "No hay una actividad con ese número entre las que traía el libro."
SIN_SU_ACTIVIDAD = "En la hoja Matriz no hay una actividad con ese número."
SIN_NUMERO = (
    "Falta el número de esta actividad: escriba {}, el siguiente libre, u otro que no esté en uso; "
    "si la fila sobra, vacíela."
)
HITO_SIN_ACTIVIDAD = (
    "Falta de qué actividad es este hito: escriba su número, como está en la hoja Matriz; "
    "si la fila sobra, vacíela."
)
HITO_SIN_NUMERO = (
    "Falta el número de este hito: escriba {}, el siguiente libre de la actividad {}; "
    "si la fila sobra, vacíela."
)
YA_ESTA = "Ya está guardada y dice otra cosa: baje el libro de nuevo para corregirla."
SIN_IMPACTO = "La acción todavía no tiene matriz: escriba su impacto."
MEZCLADOS = "Las demás actividades llevan peso: escriba el suyo, o quíteselo a todas."
SIN_LAS_DEMAS = "Las demás actividades de la matriz no llevan peso."
DOS_PAPELES = "{} ya está en otra columna: cada quien coopera en un solo papel."


@dataclass
class EnsayoDeMatriz(Ensayo):
    """El de la matriz de una acción, con lo necesario para escribirla."""

    resultados: list[Resultado]
    accion: str
    impacto: dict[str, Any] | None = None  # lo que pide `escribir_impacto`, si cambia
    renglones: list[estructura.Renglon] = field(default_factory=list)
    traidas: dict[str, int] = field(default_factory=dict)

    @property
    def aplicables(self) -> list[str]:
        """La acción, si algo cambia y nada se rechaza: se escribe entera o no se escribe."""
        cambia = any(uno.resultado in {NUEVO, CAMBIADO} for uno in self.resultados)
        return [self.accion] if cambia and not self.codigo else []


def ensayar_matriz(
    leidas: Sequence[HojaLeida],
    accion: AccionEstrategica,
    *,
    por: Usuario,
    avisar: Avisar = lambda porciento, paso: None,
) -> EnsayoDeMatriz:
    """Qué pasaría al aplicarlo; lanza LibroInservible si el libro entero no sirve."""
    exigir_sello(leidas, accion)
    por_nombre = sin_hojas_ajenas(leidas, ORDEN)
    una = foto(accion, por)
    columnas = columnas_por_hoja(catalogos_para(por, una.filas))
    filas = {nombre: renglones(por_nombre[nombre], columnas[nombre]) for nombre in ORDEN}
    avisar(20, "Buscando lo que ya está guardado")
    mesa = _Mesa(una, columnas, por)
    mesa.repartir(filas)
    mesa.juzgar(avisar)
    sobra = hojas_de_sobra(leidas, ORDEN)
    mesa.ensayo.avisos += [
        f"La hoja «{nombre}» no es del libro: no se leyó." for nombre in sobra[:10]
    ]
    return mesa.ensayo


def exigir_sello(leidas: Sequence[HojaLeida], accion: AccionEstrategica) -> None:
    """Lanza LibroInservible si el libro no se bajó de aquí, o es de otra acción u otro plan."""
    sello = abrir_sello(sello_de(leidas))
    if sello is None:
        raise LibroInservible(
            "sello",
            "No es un libro bajado de esta página, o se cambió su sello. Baje uno y llénelo.",
        )
    if "matriz" not in sello:
        raise LibroInservible("libro_ajeno", "Es otro libro, no el de una matriz de cumplimiento.")
    if sello.get("plan") != accion.objetivo.programa.plan_id:
        raise LibroInservible("libro_ajeno", "El libro es de una acción de otro plan.")
    if sello["matriz"] != accion.pk:
        raise LibroInservible(
            "libro_ajeno",
            f"El libro es de la acción {sello.get('codigo')} y esta es la {accion.codigo}.",
        )
    if sello.get("formato") != FORMATO:
        raise LibroInservible(
            "plantilla_vencida", "El libro es de una versión anterior. Bájelo de nuevo."
        )


@dataclass
class _Mia:
    """Una actividad en la mesa: lo guardado, y los renglones del libro que la tocan."""

    numero: int
    guardada: Guardada | None
    fila: Renglon | None = None
    tocada: bool = False
    hitos: dict[int, Renglon] = field(default_factory=dict)
    nuevos: set[int] = field(default_factory=set)  # los hitos que el libro agrega o cambia
    vinieron: set[int] = field(default_factory=set)
    sueltos: list[Error] = field(default_factory=list)

    @property
    def donde(self) -> str:
        """La celda que la nombra."""
        if self.fila:
            return self.fila.celdas["numero"].donde
        return next(iter(self.hitos.values())).celdas["actividad"].donde

    @property
    def toca(self) -> bool:
        """Si el libro dice algo distinto de lo que llevaba."""
        return bool(self.tocada or self.nuevos or self.sueltos)


class _Mesa:
    """Donde se juntan los renglones del libro con lo que ya está guardado."""

    def __init__(self, una: Foto, columnas: Mapping[str, Sequence[Columna]], por: Usuario):
        self.foto, self.accion, self.por = una, una.accion, por
        self.columnas = {
            (hoja, columna.nombre): columna for hoja, todas in columnas.items() for columna in todas
        }
        self.mias = {numero: _Mia(numero, guardada) for numero, guardada in una.actividades.items()}
        self.pesos = estructura.pesos_de(una.matriz) if una.matriz else {}
        self.fila_del_impacto: Renglon | None = None
        self.propias = _lo_que_ya_aplico(por, self.accion)
        self.ocupados: set[int] = {*self.pesos}
        self.ensayo = EnsayoDeMatriz([], [], [], 0, self.accion.codigo)

    # Cada fila con su actividad ------------------------------------------------------------------
    def repartir(self, filas: Mapping[str, Sequence[Renglon]]) -> None:
        """Reconoce de qué es cada fila; las alteradas impiden aplicar el libro."""
        self.ocupados |= {n for r in filas[MATRIZ] if isinstance(n := r.valor("numero"), int)}
        for renglon in filas[ACCION]:
            self._del_impacto(renglon)
        for renglon in filas[MATRIZ]:
            self._de_una_actividad(renglon)
        for renglon in filas[HITOS]:
            self._de_un_hito(renglon)

    def _negar(self, celda: Celda, mensaje: str) -> None:
        self.ensayo.del_libro.append(Error(celda.donde, mensaje))

    def _control(self, renglon: Renglon, llave: tuple[int, ...], celdas: Iterable[str]):
        valores = [_para_el_control(renglon.celdas[columna]) for columna in celdas]
        firmada = llave_de(self.accion, renglon.hoja, llave, renglon.valor("version"))
        return revisar(renglon.valor("control"), firmada, valores)

    def _del_impacto(self, renglon: Renglon) -> None:
        llave = renglon.celdas["accion"]
        if self.fila_del_impacto is not None:
            return self._negar(llave, "La hoja Acción lleva un solo renglón.")
        control = self._control(renglon, (), [IMPACTO])
        if renglon.valor("accion") != self.accion.codigo or not control.vale:
            return self._negar(llave, ALTERADO)
        self.fila_del_impacto = renglon
        return None

    def _de_una_actividad(self, renglon: Renglon) -> None:
        llave, numero = renglon.celdas["numero"], renglon.valor("numero")
        if _sin_control(renglon):
            return self._nueva(renglon)
        mia = self.mias.get(numero) if isinstance(numero, int) else None
        if mia is None or mia.guardada is None:
            return self._negar(llave, llave.leido.error or NO_EXISTE)
        control = self._control(renglon, (numero,), mia.guardada.celdas)
        if not control.vale:
            return self._negar(llave, ALTERADO)
        if mia.fila is not None:
            return self._negar(llave, _repetida(mia.fila))
        mia.fila, mia.tocada = renglon, control.tocado
        return None

    def _nueva(self, renglon: Renglon) -> None:
        """Un renglón que no venía: una actividad por agregar, o una que ya se agregó así."""
        llave, numero = renglon.celdas["numero"], renglon.valor("numero")
        if not isinstance(numero, int) or numero < 1:
            return self._negar(llave, llave.leido.error or self._que_numero())
        mia = self.mias.get(numero)
        if mia is None and numero in self.pesos:
            return self._negar(llave, f"La matriz ya tiene una actividad {numero}.")
        if mia is None:
            self.mias[numero] = _Mia(numero, None, renglon, tocada=True)
            return None
        if mia.fila is not None:
            return self._negar(llave, _repetida(mia.fila))
        mia.fila = renglon
        if not _dicen_lo_mismo(renglon, _con_omisiones(renglon, self.accion, mia.guardada)):
            mia.sueltos.append(Error(llave.donde, YA_ESTA))
        return None

    def _que_numero(self) -> str:
        """Qué hacer con una actividad sin número; cada fila, con el suyo propuesto."""
        libre = max(self.ocupados, default=0) + 1
        self.ocupados.add(libre)
        return SIN_NUMERO.format(libre)

    def _de_un_hito(self, renglon: Renglon) -> None:
        celda_actividad, celda_hito = renglon.celdas["actividad"], renglon.celdas["hito"]
        numero, hito = renglon.valor("actividad"), renglon.valor("hito")
        mia = self.mias.get(numero) if isinstance(numero, int) else None
        if mia is None:
            falta = HITO_SIN_ACTIVIDAD if not normal(numero) else SIN_SU_ACTIVIDAD
            return self._negar(celda_actividad, celda_actividad.leido.error or falta)
        if not isinstance(hito, int):
            libre = (
                max({*mia.vinieron, *(mia.guardada.hitos if mia.guardada else ())}, default=0) + 1
            )
            falta = HITO_SIN_NUMERO.format(libre, numero)
            return self._negar(celda_hito, celda_hito.leido.error or falta)
        if hito in mia.vinieron:
            return self._negar(celda_hito, _repetida(mia.hitos[hito]))
        previas = mia.guardada.hitos.get(hito) if mia.guardada else None
        mia.vinieron.add(hito)
        mia.hitos[hito] = renglon
        if not _sin_control(renglon):
            control = self._control(renglon, (numero, hito), previas or ())
            if previas is None or not control.vale:
                return self._negar(celda_hito, ALTERADO)
            if control.tocado:
                mia.nuevos.add(hito)
        elif previas is None:
            mia.nuevos.add(hito)
        elif not _dicen_lo_mismo(renglon, previas):
            mia.sueltos.append(Error(celda_hito.donde, YA_ESTA))
        return None

    # Cada actividad con sus formularios ----------------------------------------------------------
    def juzgar(self, avisar: Avisar) -> None:
        """Qué pasaría con el impacto y con cada actividad; los pesos, al final y juntos."""
        self._juzgar_el_impacto()
        juicios = []
        for turno, mia in enumerate(sorted(self.mias.values(), key=lambda una: una.numero)):
            juicios.append(_Juicio(self, mia))
            if turno % 25 == 0:
                avisar(25 + 65 * turno // len(self.mias), f"Revisando la actividad {mia.numero}")
        self._mirar_los_pesos(juicios)
        for juicio in juicios:
            juicio.decidir()
            self.ensayo.resultados.append(juicio.resultado)
            if juicio.renglon is not None:
                self.ensayo.renglones.append(juicio.renglon)
        self.ensayo.no_vinieron = sum(
            mia.fila is None and not mia.hitos for mia in self.mias.values()
        )

    def _juzgar_el_impacto(self) -> None:
        resultado = Resultado(self.accion.codigo, self.accion.codigo, "Impacto de la acción")
        self.ensayo.resultados.append(resultado)
        fila = self.fila_del_impacto
        escribe = any(mia.toca for mia in self.mias.values())
        if fila is None:
            if self.foto.matriz is None and escribe:
                resultado.errores.append(Error(ACCION, SIN_IMPACTO))
                resultado.resultado = RECHAZADO
            return
        celda = fila.celdas[IMPACTO]
        igual = not celda.leido.error and normal(celda.leido.valor) == normal(self.foto.impacto)
        if igual and (self.foto.matriz is not None or not escribe):
            return
        version = self.version("impacto", [fila], self.foto.version, resultado)
        form = ImpactoForm({"version": version, IMPACTO: celda.leido.valor})
        if celda.leido.error:
            resultado.errores.append(Error(celda.donde, celda.leido.error))
        else:
            for mensajes in form.errors.values():
                resultado.errores += [Error(celda.donde, str(mensaje)) for mensaje in mensajes]
        columna = self.columnas[ACCION, IMPACTO]
        resultado.cambios = [
            Cambio(
                columna.titulo,
                celda.donde,
                self.foto.impacto,
                en_pantalla(columna, celda.leido.valor) if not celda.leido.error else celda.dicho,
            )
        ]
        if version != self.foto.version:
            resultado.errores.append(Error(celda.donde, AJENA, "version_ajena"))
        if resultado.errores:
            resultado.resultado = RECHAZADO
            return
        resultado.resultado = CAMBIADO if self.foto.matriz else NUEVO
        self.ensayo.impacto = form.cleaned_data

    def version(
        self, clave: str, filas: Iterable[Renglon], vigente: int, resultado: Resultado
    ) -> int:
        """La versión que la persona vio: la del libro, o la que resultó de aplicarlo antes."""
        traidas = {int(uno.valor("version")) for uno in filas if not _sin_control(uno)}
        if len(traidas) > 1:
            donde = next(iter(filas)).celdas[next(iter(next(iter(filas)).celdas))].donde
            mensaje = "Sus renglones vienen de libros bajados en momentos distintos."
            resultado.errores.append(Error(donde, mensaje))
        traida = min(traidas, default=vigente)
        self.ensayo.traidas[clave] = traida
        return self.propias.get((clave, traida), traida)

    def _mirar_los_pesos(self, juicios: Sequence["_Juicio"]) -> None:
        """Todas llevan peso o ninguna, contando las que no vinieron y las que no se muestran."""
        finales = {
            **self.pesos,
            **{uno.mia.numero: _o_nada(uno.celdas.get("peso")) for uno in juicios if uno.celdas},
        }
        try:
            estructura.revisar_pesos_juntos(finales.values())
        except ValidationError:
            vinieron = [uno for uno in juicios if uno.mia.fila is not None]
            sin_peso = [uno for uno in vinieron if finales[uno.mia.numero] is None]
            for juicio in sin_peso or vinieron:
                juicio.anotar(MATRIZ, "peso", MEZCLADOS if sin_peso else SIN_LAS_DEMAS)


class _Juicio:
    """Una actividad del libro con sus formularios: qué cambia, qué está mal y qué se escribiría."""

    def __init__(self, mesa: _Mesa, mia: _Mia):
        self.mesa, self.mia = mesa, mia
        guardada = mia.guardada
        self.previas: Celdas = guardada.celdas if guardada else {}
        self.previos: dict[int, Celdas] = guardada.hitos if guardada else {}
        self.celdas = dict(self.previas)
        self.hitos = {numero: dict(celdas) for numero, celdas in self.previos.items()}
        self.renglon: estructura.Renglon | None = None
        codigo = f"{mesa.accion.codigo}.{mia.numero}"
        self.resultado = Resultado(mesa.accion.codigo, codigo, "")
        self.dichas: set[str] = set()
        if mia.toca:
            self._leer()
            self._formular()
        self.resultado.descripcion = str(self.celdas.get("descripcion") or "")[:200]

    def anotar(self, hoja: str, columna: str, mensaje: str, hito: int | None = None) -> None:
        """Un error en su celda; en las que ya se dijo que no valen, no se repite."""
        fila = self.mia.hitos.get(hito) if hito is not None else self.mia.fila
        donde, rotulo = self.mia.donde, ""
        if fila is not None and columna in fila.celdas:
            donde = fila.celdas[columna].donde
            if donde in self.dichas:
                return
        elif (hoja, columna) in self.mesa.columnas:
            rotulo = f"{self.mesa.columnas[hoja, columna].titulo}: "
        error = Error(donde, f"{rotulo}{mensaje}")
        if error not in self.resultado.errores:
            self.resultado.errores.append(error)

    # Lo que dice el libro ------------------------------------------------------------------------
    def _leer(self) -> None:
        mia = self.mia
        self.resultado.errores += mia.sueltos
        if mia.tocada and mia.fila is not None:
            previas = mia.guardada or None
            self.celdas = {
                columna: self._celda(mia.fila.celdas[columna])
                for columna in (self.previas or _columnas_de(mia.fila))
            }
            if previas is None:
                self.celdas = _omisiones(self.celdas, self.mesa.accion)
        for numero in sorted(mia.nuevos):
            fila = mia.hitos[numero]
            escrito = {c: self._celda(fila.celdas[c]) for c in ("descripcion", "peso", "fecha")}
            vacio = all(not fila.celdas[columna].dicho for columna in escrito)
            if vacio and numero in self.previos:
                del self.hitos[numero]
            else:
                self.hitos[numero] = escrito

    def _celda(self, celda: Celda) -> Any:
        if celda.leido.error:
            self.resultado.errores.append(Error(celda.donde, celda.leido.error))
            self.dichas.add(celda.donde)
        if celda.leido.aviso:
            self.resultado.avisos.append(Error(celda.donde, celda.leido.aviso, "aviso"))
        return celda.leido.valor

    # Lo que dicen los formularios ----------------------------------------------------------------
    def _formular(self) -> None:
        guardada = self.mia.guardada
        actividad = guardada.actividad if guardada else None
        filas = [*([self.mia.fila] if self.mia.tocada and self.mia.fila else [])]
        filas += [self.mia.hitos[numero] for numero in sorted(self.mia.nuevos)]
        vigente = actividad.version if actividad else 0
        clave = str(self.mia.numero)
        self.version_vista = self.mesa.version(clave, filas, vigente, self.resultado)
        # `is_valid` escribe en su instancia: se le da otra, y lo guardado sigue a mano.
        form = ActividadForm(
            {**self.celdas, "numero": self.mia.numero, "version": self.version_vista},
            instance=copy(actividad) if actividad else None,
            accion=self.mesa.accion,
            usuario=self.mesa.por,
        )
        for campo, mensajes in form.errors.items():
            for mensaje in mensajes:
                self.anotar(MATRIZ, "numero" if campo == NON_FIELD_ERRORS else campo, str(mensaje))
        hitos, cooperantes = self._hitos(), self._cooperantes()
        self._cambios()
        if self.resultado.errores or not form.is_valid():
            return
        columnas = form.columnas()
        self._reglas(actividad, columnas, hitos)
        if self.resultado.errores or not self.resultado.cambios:
            return
        self.renglon = estructura.Renglon(
            columnas,
            hitos if actividad is None or self.hitos != self.previos else None,
            cooperantes if actividad is None or self._cambian(PAPELES) else None,
            actividad,
            self.version_vista,
        )

    def _cambian(self, columnas: Iterable[str]) -> bool:
        return any(normal(self.celdas[una]) != normal(self.previas.get(una)) for una in columnas)

    def _hitos(self) -> list[dict[str, Any]]:
        numeros = sorted(self.hitos)
        datos: dict[str, Any] = {"hitos-TOTAL_FORMS": len(numeros), "hitos-INITIAL_FORMS": 0}
        for turno, numero in enumerate(numeros):
            datos |= {f"hitos-{turno}-{c}": v for c, v in self.hitos[numero].items()}
            datos[f"hitos-{turno}-numero"] = numero
        conjunto: Any = HitosFormSet(datos, prefix="hitos")
        for numero, form in zip(numeros, conjunto.forms, strict=True):
            for campo, mensajes in form.errors.items():
                columna = "hito" if campo in {"numero", NON_FIELD_ERRORS} else campo
                for mensaje in mensajes:
                    self.anotar(HITOS, columna, str(mensaje), hito=numero)
        return conjunto.llenos() if conjunto.is_valid() else []

    def _cooperantes(self) -> list[dict[str, Any]]:
        quienes = [
            (columna, clave) for columna in PAPELES for clave in self.celdas.get(columna) or ()
        ]
        vistos: set[str] = set()
        for columna, clave in quienes:
            if clave in vistos:
                dicho = en_pantalla(self.mesa.columnas[MATRIZ, columna], [clave])
                self.anotar(MATRIZ, columna, DOS_PAPELES.format(dicho))
            vistos.add(clave)
        datos: dict[str, Any] = {
            "cooperantes-TOTAL_FORMS": len(quienes),
            "cooperantes-INITIAL_FORMS": 0,
        }
        for turno, (columna, clave) in enumerate(quienes):
            que, _, cual = clave.partition("-")
            datos[f"cooperantes-{turno}-{que}"] = cual
            datos[f"cooperantes-{turno}-rol"] = PAPELES[columna].value
        conjunto: Any = CooperacionesFormSet(
            datos, prefix="cooperantes", form_kwargs={"usuario": self.mesa.por}
        )
        for (columna, _clave), form in zip(quienes, conjunto.forms, strict=True):
            for mensajes in form.errors.values():
                for mensaje in mensajes:
                    self.anotar(MATRIZ, columna, str(mensaje))
        return conjunto.llenos() if conjunto.is_valid() else []

    def _reglas(
        self,
        actividad: Actividad | None,
        columnas: Mapping[str, Any],
        hitos: Sequence[dict[str, Any]],
    ) -> None:
        """Las reglas que `estructura` pondrá al escribir, preguntadas todas antes."""
        primero = min(self.mia.hitos, default=None)
        fijas = hitos if self.hitos != self.previos else None
        reglas: list[tuple[Callable[..., None], tuple[Any, ...], str]] = [
            (estructura.revisar_hitos, (columnas["modo"], hitos), "peso"),
            (
                estructura.revisar_fechas_de_hitos,
                (columnas["inicio"], columnas["fin_original"], hitos),
                "fecha",
            ),
        ]
        if actividad is not None:
            reglas += [
                (estructura.revisar_fijas, (actividad, columnas, fijas), "peso"),
                (estructura.revisar_hitos_reportados, (actividad, fijas), "hito"),
            ]
        for regla, dado, columna in reglas:
            try:
                regla(*dado)
            except ValidationError as mal:
                if hasattr(mal, "error_dict"):
                    for campo, mensajes in mal.message_dict.items():
                        for mensaje in mensajes:
                            self.anotar(MATRIZ, campo, mensaje)
                    continue
                for mensaje in mal.messages:
                    if primero is None:
                        self.anotar(MATRIZ, "modo", mensaje)
                    else:
                        self.anotar(HITOS, columna, mensaje, hito=primero)

    # Qué cambia, y si se puede -------------------------------------------------------------------
    def _cambios(self) -> None:
        for columna, valor in self.celdas.items():
            previo = self.previas.get(columna)
            if normal(previo) != normal(valor):
                self._cambio(MATRIZ, columna, previo, valor)
        for numero in sorted({*self.hitos, *self.previos}):
            antes, despues = self.previos.get(numero, {}), self.hitos.get(numero, {})
            for columna in ("descripcion", "peso", "fecha"):
                previo, valor = antes.get(columna), despues.get(columna)
                if normal(previo) != normal(valor):
                    self._cambio(HITOS, columna, previo, valor, hito=numero)

    def _cambio(
        self, hoja: str, columna: str, previo: Any, valor: Any, hito: int | None = None
    ) -> None:
        suya = self.mesa.columnas[hoja, columna]
        fila = self.mia.fila if hito is None else self.mia.hitos.get(hito)
        celda = fila.celdas[columna] if fila else None
        titulo = suya.titulo if hito is None else f"Hito {hito}: {suya.titulo.lower()}"
        dicho = en_pantalla(suya, valor)
        if celda and celda.leido.error:
            dicho = celda.dicho
        self.resultado.cambios.append(
            Cambio(titulo, celda.donde if celda else "", en_pantalla(suya, previo), dicho)
        )

    def decidir(self) -> None:
        """Nuevo, cambiado, igual o rechazado."""
        guardada, resultado = self.mia.guardada, self.resultado
        if guardada and resultado.cambios and not self.mia.sueltos:
            vista = getattr(self, "version_vista", guardada.actividad.version)
            if vista != guardada.actividad.version:
                resultado.errores.append(Error(self.mia.donde, AJENA, "version_ajena"))
        if resultado.errores:
            resultado.resultado, self.renglon = RECHAZADO, None
        elif resultado.cambios:
            resultado.resultado = CAMBIADO if guardada else NUEVO


def _o_nada(valor: Any) -> Any:
    return valor if normal(valor) else None


def _sin_control(renglon: Renglon) -> bool:
    return not renglon.valor("control") and not renglon.valor("version")


def _para_el_control(celda: Celda) -> Any:
    """Lo entendido; y si no se entendió, algo que nunca es lo que llevaba."""
    return f"\x00{celda.dicho}" if celda.leido.error else celda.leido.valor


def _repetida(otra: Renglon) -> str:
    return f"Está repetida: ya viene en la fila {otra.numero}."


def _columnas_de(fila: Renglon) -> list[str]:
    return [
        n for n in fila.celdas if n not in {"numero", "vigente", "situacion", "version", "control"}
    ]


def _omisiones(celdas: Celdas, accion: AccionEstrategica) -> Celdas:
    """Lo que una actividad nueva no dice: la visibilidad de su ámbito, y sin clasificar."""
    inicial = ActividadForm.visibilidad_por_omision(accion)
    return {
        **celdas,
        "visibilidad": celdas["visibilidad"] or inicial,
        "clasificacion": celdas["clasificacion"] or Clasificacion.SIN_CLASIFICAR.value,
    }


def _con_omisiones(
    renglon: Renglon, accion: AccionEstrategica, guardada: Guardada | None
) -> Celdas:
    """Lo guardado, sin lo que un renglón vacío habría tomado por omisión."""
    celdas = dict(guardada.celdas) if guardada else {}
    omitidas = {
        "visibilidad": ActividadForm.visibilidad_por_omision(accion),
        "clasificacion": Clasificacion.SIN_CLASIFICAR.value,
    }
    for columna, omitida in omitidas.items():
        if not renglon.celdas[columna].dicho and celdas.get(columna) == omitida:
            celdas[columna] = ""
    return celdas


def _dicen_lo_mismo(renglon: Renglon, celdas: Mapping[str, Any]) -> bool:
    return all(
        normal(_para_el_control(renglon.celdas[columna])) == normal(valor)
        for columna, valor in celdas.items()
    )


def _lo_que_ya_aplico(por: Usuario, accion: AccionEstrategica) -> dict[tuple[str, int], int]:
    """Por actividad y versión traída, la que resultó cuando esta persona aplicó ese mismo libro.

    Así puede seguir llenando el que ya subió: lo que cambió entretanto lo escribió ella.
    """
    suyos = LibroRecibido.objects.visibles_para(por).aplicados_por(por).filter(accion=accion)
    return {
        (clave, traida): resultante
        for versiones in suyos.values_list("versiones", flat=True)
        for clave, (traida, resultante) in versiones.items()
    }
