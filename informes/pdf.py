"""Del contenido sellado al informe que se entrega: PDF/UA-1 con sus datos adentro, ya releído."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

from informes import comparacion, graficas, svg
from informes.contenido import CNS, Cambio, Contenido, codigo_de_verificacion
from informes.prensa import PidioLoAjeno, Recursos, imprimir
from instituciones.canonico import huella
from matrices.calculo import ASPECTOS

LETRA = "vendor/public-sans-5.3.0/public-sans-{alcance}-{peso}-normal.woff2"
PESOS = (400, 600, 700)
ALCANCES = {
    "latin-ext": "U+0100-02BA, U+02BD-02C5, U+02C7-02CC, U+02CE-02D7, U+02DD-02FF, U+1E00-1EFF, "
    "U+20A0-20AB, U+20AD-20C0",
    "latin": "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, "
    "U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215",
}
ANCHOS = range(5, 81)
SENTIDOS = {"MEJORA": "Mejoran", "EMPEORA": "Empeoran", "OTRO": "Cambian de otro modo"}
CAMBIOS_EN_PORTADA = 10
MARCA = """<svg xmlns="http://www.w3.org/2000/svg" width="640" height="640" viewBox="0 0 640 640">
<g transform="translate(320 320) rotate(-45)" font-family="Public Sans" font-weight="700"
 fill="#EEF1F4" text-anchor="middle">
<text y="-16" font-size="50">DATOS DE DEMOSTRACIÓN</text>
<text y="44" font-size="50">NO OFICIALES</text>
</g></svg>"""


class QuedoIncompleto(Exception):
    """Al releer el documento le falta algo; no se entrega."""


def documento(contenido: Contenido, adjuntos: Mapping[str, bytes] | None = None) -> bytes:
    """El informe en PDF/UA-1, con los adjuntos adentro.

    Lanza PidioLoAjeno si la página quiso algo que no es suyo, y QuedoIncompleto si al releerlo le
    falta algo.
    """
    adjuntos = dict(adjuntos or {})
    recursos, figuras = _recursos(contenido)
    contexto = _contexto(contenido, figuras, sorted(adjuntos))
    with translation.override("es-gt"):
        pagina = render_to_string("informes/pdf/documento.html", contexto)
        estilo = render_to_string("informes/pdf/informe.css", contexto)
    octetos = imprimir(pagina, estilo, recursos, adjuntos)
    verificar(octetos, contenido, adjuntos)
    return octetos


def verificar(
    octetos: bytes, contenido: Contenido, adjuntos: Mapping[str, bytes] | None = None
) -> None:
    """Relee el archivo: páginas, etiquetas, idioma, título y adjuntos. QuedoIncompleto si no."""
    from pypdf import PdfReader

    leido = PdfReader(BytesIO(octetos))
    raiz: Any = leido.trailer["/Root"]
    dentro = leido.attachments if adjuntos else {}
    esta = {
        "páginas": raiz["/Pages"]["/Count"] > 0,
        "etiquetas": "/StructTreeRoot" in raiz and bool(raiz.get("/MarkInfo", {}).get("/Marked")),
        "idioma": raiz.get("/Lang") == "es-GT",
        "título": leido.metadata is not None and leido.metadata.title == contenido.titulo,
        "adjuntos": all(
            dentro.get(nombre) == [datos] for nombre, datos in (adjuntos or {}).items()
        ),
    }
    if faltas := [que for que, bien in esta.items() if not bien]:
        raise QuedoIncompleto(f"El documento quedó sin {', '.join(faltas)}.")


# ---- los recursos: letra, símbolos y gráficas


def _recursos(c: Contenido) -> tuple[Recursos, dict[str, dict[str, str]]]:
    """Todo lo que la página puede pedir, y cómo nombra a cada gráfica."""
    recursos = {"marca.svg": _svg(MARCA)}
    for letra in _letras():
        recursos[letra["nombre"]] = (Path(letra["ruta"]).read_bytes(), "font/woff2")
    for codigo, forma in graficas.FORMAS.items():
        recursos[f"simbolo-{codigo}.svg"] = _svg(
            '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="-1 -1 2 2">'
            f'<path fill="{ASPECTOS[codigo].texto}" d="{forma}"/></svg>'
        )
    figuras = {}
    for nombre, grafica in graficas.todas(c).items():
        if nombre != "cuadricula":  # ésa se escribe como cuadro, con su texto
            recursos[f"figura-{nombre}.svg"] = _svg(svg.dibujar(svg.sin_titulo(grafica)))
        figuras[nombre] = {
            "src": f"recurso:figura-{nombre}.svg",
            "alt": grafica["description"],
            **grafica["usermeta"],
        }
    return recursos, figuras


def _svg(texto: str) -> tuple[bytes, str]:
    return texto.encode(), "image/svg+xml"


def _letras() -> list[dict[str, str]]:
    """Los archivos de la letra y los caracteres que cada uno cubre."""
    letras = []
    for peso in PESOS:
        for alcance, cubre in ALCANCES.items():
            ruta = finders.find(LETRA.format(alcance=alcance, peso=peso))
            if not ruta:
                raise QuedoIncompleto(f"Falta la letra {alcance} de peso {peso}.")
            nombre = f"letra-{alcance}-{peso}.woff2"
            letras.append(
                {"nombre": nombre, "peso": str(peso), "alcance": cubre, "ruta": str(ruta)}
            )
    return letras


# ---- lo que se escribe


def _contexto(
    c: Contenido, figuras: dict[str, dict[str, str]], adjuntos: list[str]
) -> dict[str, Any]:
    """El contenido y sus agrupaciones; aquí se ordena y se junta, no se calcula."""
    programas, fichas = _por_programa(c), _por_institucion(c)
    sello = huella(c.canonico())
    return {
        "c": c,
        "huella": sello,
        "codigo": codigo_de_verificacion(sello),
        "adjuntos": adjuntos,
        "figuras": figuras,
        "palabras": _palabras(c),
        "programas": programas,
        "fichas": fichas,
        "cuadricula": _cuadricula(c, figuras),
        "cambios": _cambios(c.que_cambio),
        "explicados": comparacion.que_cambio(c),
        "series": _series(c),
        "indice": _indice(c, programas, fichas),
        "letras": _letras(),
        "anchos": ANCHOS,
        "aspectos": ASPECTOS.values(),
    }


def _palabras(c: Contenido) -> dict[str, dict[str, str]]:
    """Por catálogo, lo que quiere decir cada código; y de cada columna, lo que significa."""
    palabras: dict[str, dict[str, str]] = defaultdict(dict)
    for uno in c.catalogos:
        palabras[uno.catalogo][uno.codigo] = uno.significado
    for termino in c.diccionario:
        palabras["campo"][termino.columna.rpartition(".")[2]] = termino.significado
    palabras["fundamento"] = palabras["visibilidad"] | palabras["clasificacion"]
    return palabras


def _por_programa(c: Contenido) -> list[dict[str, Any]]:
    """Programas con sus objetivos, éstos con sus acciones y cada una con sus actividades."""
    de_accion, de_objetivo = defaultdict(list), defaultdict(list)
    for actividad in c.actividades:
        de_accion[actividad.accion].append(actividad)
    for accion in sorted(c.acciones, key=lambda una: una.orden):
        ficha = {"accion": accion, "actividades": de_accion[accion.codigo]}
        de_objetivo[accion.objetivo].append(ficha)
    return [
        {
            "nivel": programa,
            "objetivos": [
                {"nivel": objetivo, "acciones": de_objetivo[objetivo.codigo]}
                for objetivo in c.objetivos
                if objetivo.padre == programa.codigo
            ],
        }
        for programa in c.programas
    ]


def _por_institucion(c: Contenido) -> list[dict[str, Any]]:
    """Cada institución con las actividades de las que responde."""
    suyas = defaultdict(list)
    for actividad in c.actividades:
        suyas[actividad.responsable].append(actividad)
    return [{"institucion": una, "actividades": suyas[una.sigla]} for una in c.instituciones]


def _cuadricula(c: Contenido, figuras: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Ámbitos por renglón y programas por columna, con su hallazgo."""
    return {
        "hallazgo": figuras.get("cuadricula", {}).get("hallazgo", "Ámbito y programa"),
        "filas": [
            {"ambito": ambito, "celdas": celdas} for ambito, celdas in c.cuadricula_por_ambito
        ],
    }


def _cambios(cambios: Sequence[Cambio]) -> list[dict[str, Any]]:
    """Lo que mejora, lo que empeora y lo demás; de cada grupo, los primeros."""
    grupos = []
    for sentido, titulo in SENTIDOS.items():
        suyos = [uno for uno in cambios if uno.sentido == sentido]
        primeros = suyos[:CAMBIOS_EN_PORTADA]
        if suyos:
            resto = len(suyos[CAMBIOS_EN_PORTADA:])
            grupos.append(
                {"titulo": titulo, "cuantas": len(suyos), "primeras": primeros, "mas": resto}
            )
    return grupos


def _series(c: Contenido) -> list[dict[str, Any]]:
    """Los semestres del plan y de cada programa, juntos."""
    de_nivel = defaultdict(list)
    for punto in c.serie:
        de_nivel[punto.nivel, punto.codigo].append(punto)
    return [
        {"nombre": uno.nombre, "puntos": de_nivel[uno.nivel, uno.codigo]}
        for uno in c.niveles
        if (uno.nivel, uno.codigo) in de_nivel
    ]


def _indice(
    c: Contenido, programas: list[dict[str, Any]], fichas: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Las partes y sus secciones: a dónde llevan y cómo se llaman."""
    objetivos = [uno for programa in programas for uno in programa["objetivos"]]
    fichas_de_accion = [
        (f"objetivo-{uno['nivel'].codigo}", f"Acciones del objetivo {uno['nivel'].codigo}")
        for uno in objetivos
        if uno["acciones"]
    ]
    fichas_de_institucion = [
        (f"institucion-{una['institucion'].sigla}", f"Institución: {una['institucion'].sigla}")
        for una in fichas
    ]
    decisiones = [("decisiones", "Requieren decisión del Consejo")] if c.edicion == CNS else []
    return [
        {"id": "parte-a", "titulo": "Parte A. El semestre en dos páginas", "secciones": decisiones},
        {"id": "parte-b", "titulo": "Parte B. El análisis", "secciones": PARTE_B},
        {
            "id": "parte-c",
            "titulo": "Parte C. Las fichas",
            "secciones": [
                ("fichas-de-institucion", "14. Ficha por institución"),
                *fichas_de_institucion,
                ("fichas-de-accion", "15. Ficha por acción"),
                *fichas_de_accion,
                *PARTE_C,
            ],
        },
    ]


PARTE_B = [
    ("base-legal", "1. Base legal"),
    ("metodo", "2. Método"),
    ("cobertura", "3. Cobertura y calidad del dato"),
    ("programas", "4. De los programas a las acciones"),
    ("ambitos", "5. Por ámbito de funcionamiento"),
    ("instituciones", "6. Por institución"),
    ("presupuesto", "7. Presupuesto"),
    ("resultados", "8. Resultados e indicadores"),
    ("igsns", "9. Inspectoría General del Sistema Nacional de Seguridad"),
    ("propuestas", "10. Propuestas legislativas"),
    ("alertas", "11. Alertas"),
    ("readecuaciones", "12. Readecuaciones"),
    ("seguimiento", "13. Seguimiento de decisiones anteriores"),
]
PARTE_C = [
    ("no-reportado", "16. No reportado"),
    ("correcciones", "17. Correcciones"),
    ("diccionario", "18. Diccionario y catálogos"),
    ("fuentes", "19. Fuentes, licencia y contacto"),
]

__all__ = ["PidioLoAjeno", "QuedoIncompleto", "documento", "verificar"]
