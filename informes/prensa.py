"""De HTML propio a PDF/UA-1: sin red ni disco, con las etiquetas que a WeasyPrint le faltan."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Recursos = Mapping[str, tuple[bytes, str]]
PAGINACION = b"<</Type/Pagination>>"
PUNTOS = 0.75  # los de un píxel de CSS


class PidioLoAjeno(Exception):
    """La página quiso algo que no es de sus recursos: no se entrega."""


def imprimir(
    pagina: str, estilo: str, recursos: Recursos, adjuntos: Mapping[str, bytes] | None = None
) -> bytes:
    """El PDF/UA-1 de una página y su hoja de estilo, con sus adjuntos adentro.

    `recurso:nombre` es la única dirección que se atiende; PidioLoAjeno si pidió otra.
    """
    from weasyprint import CSS, HTML, Attachment
    from weasyprint.text.fonts import FontConfiguration

    cerrado, letras = _solo(recursos), FontConfiguration()
    propio: dict[str, Any] = {"base_url": "recurso:", "url_fetcher": cerrado}
    with _sin_recolector():
        hoja = CSS(string=estilo, font_config=letras, **propio)
        octetos: bytes = HTML(string=pagina, **propio).write_pdf(
            stylesheets=[hoja],
            font_config=letras,
            pdf_variant="pdf/ua-1",
            finisher=_completar_etiquetas,
            attachments=[
                Attachment(
                    string=datos,
                    name=nombre,
                    description=f"Los datos de este documento ({nombre})",
                    relationship="Data",
                    **propio,
                )
                for nombre, datos in (adjuntos or {}).items()
            ],
        )
    if cerrado.rechazados:
        raise PidioLoAjeno(f"Se pidieron {len(cerrado.rechazados)} recursos ajenos.")
    return octetos


def _solo(recursos: Recursos) -> Any:
    """Quien da esos recursos y ninguno más; de lo demás guarda la dirección y se niega."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class SoloRecursos(URLFetcher):
        def __init__(self) -> None:
            super().__init__(
                timeout=1, allowed_protocols=(), allow_redirects=False, fail_on_errors=False
            )
            self.rechazados: list[str] = []

        def fetch(self, url: str, headers: Any = None) -> Any:
            nombre = url.removeprefix("recurso:")
            if nombre != url and nombre in recursos:
                cuerpo, tipo = recursos[nombre]
                return URLFetcherResponse(url, body=cuerpo, headers={"Content-Type": tipo})
            self.rechazados.append(url[:120])
            raise ValueError("recurso no permitido")

    return SoloRecursos()


@contextmanager
def _sin_recolector() -> Iterator[None]:
    """Sin el recolector de ciclos, que al dibujar sólo estorba; después queda como estaba."""
    andaba = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if andaba:
            gc.enable()


# ---- lo que a WeasyPrint 70 le falta para PDF/UA-1


def _completar_etiquetas(impreso: Any, pdf: Any) -> None:
    """Alcance de los encabezados y su índice, dónde está cada figura, y lo que es artefacto."""
    import pydyf

    raiz = _objeto(pdf, pdf.catalog["StructTreeRoot"])
    if encabezados := _dar_alcance(impreso):
        raiz["IDTree"] = pydyf.Dictionary({"Names": pydyf.Array(_pares(encabezados))})
    del_arbol = _del_arbol(pdf, raiz)
    _situar_figuras(pdf, del_arbol)
    _apartar_lo_que_se_repite(pdf, raiz, del_arbol)
    _sacar_del_monton(pdf)


def _dar_alcance(impreso: Any) -> list[tuple[Any, Any]]:
    """Pone Scope a cada TH según su HTML; devuelve los identificados con su elemento."""
    encabezados = []
    for pagina in impreso.pages:
        for caja in pagina._page_box.descendants():
            marca = getattr(caja, "mark", None)
            if marca is None or caja.element_tag != "th":
                continue
            es_de_fila = caja.element.get("scope") == "row"
            marca["A"]["Scope"] = "/Row" if es_de_fila else "/Column"
            if "ID" in marca:
                encabezados.append((marca["ID"], marca))
    return encabezados


def _pares(encabezados: list[tuple[Any, Any]]) -> Iterator[Any]:
    """Los identificadores en el orden que pide un árbol de nombres."""
    for identificador, marca in sorted(encabezados, key=lambda par: par[0].data):
        yield identificador
        yield marca.reference


def _situar_figuras(pdf: Any, del_arbol: set[bytes]) -> None:
    """La caja de cada figura, que viene en píxeles desde arriba, en puntos desde abajo."""
    import pydyf

    for elemento in (_objeto(pdf, referencia) for referencia in del_arbol):
        if elemento.get("S") == "/Figure":
            alto = _objeto(pdf, elemento["Pg"])["MediaBox"][3]
            x1, y1, x2, y2 = (PUNTOS * lado for lado in elemento["A"]["BBox"])
            elemento["A"]["BBox"] = pydyf.Array((x1, alto - y2, x2, alto - y1))


def _apartar_lo_que_se_repite(pdf: Any, raiz: Any, del_arbol: set[bytes]) -> None:
    """Encabezado y pie no cuelgan del árbol: en el contenido pasan a ser artefactos."""
    numeros = _objeto(pdf, raiz["ParentTree"])["Nums"]
    for pagina, referencia in enumerate(pdf.page_references):
        duenos = numeros[2 * pagina + 1]
        fuera = {mcid for mcid, dueno in enumerate(duenos) if dueno not in del_arbol}
        for mcid in fuera:
            duenos[mcid] = "null"
        contenido = _objeto(pdf, _objeto(pdf, referencia)["Contents"]).stream
        for lugar, pieza in enumerate(contenido):
            if isinstance(pieza, dict) and pieza.get("MCID") in fuera:
                contenido[lugar - 1], contenido[lugar] = "/Artifact", PAGINACION


def _sacar_del_monton(pdf: Any) -> None:
    """Lo que se relee al verificar queda fuera del flujo donde van comprimidas las etiquetas."""
    import pydyf

    class Suelto(pydyf.Dictionary):
        compressible = False

    sueltos = [pdf.catalog, pdf.pages, pdf.info]
    if dentro := pdf.catalog.get("Names", {}).get("EmbeddedFiles"):
        indice = _objeto(pdf, dentro)
        sueltos += [indice, *(_objeto(pdf, adjunto) for adjunto in indice["Names"][1::2])]
    for uno in sueltos:
        uno.__class__ = Suelto


def _del_arbol(pdf: Any, raiz: Any) -> set[bytes]:
    """Las referencias de todo elemento al que se llega desde la raíz."""
    vistas: set[bytes] = set()
    por_ver = list(raiz["K"])
    while por_ver:
        referencia = por_ver.pop()
        vistas.add(referencia)
        hijos = _objeto(pdf, referencia).get("K", ())
        por_ver += [hijo for hijo in hijos if isinstance(hijo, bytes)]
    return vistas


def _objeto(pdf: Any, referencia: bytes) -> Any:
    return pdf.objects[int(referencia.split()[0])]
