"""Del contenido sellado al documento que se entrega: PDF/UA-1, cerrado a la red y al disco."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

from informes.contenido import Contenido
from instituciones.canonico import huella

LETRA = "vendor/public-sans-5.3.0/public-sans-latin-{peso}-normal.woff2"
PESOS = (400, 600, 700)
Recursos = dict[str, tuple[bytes, str]]


class NoSePudoDibujar(Exception):
    """El documento pidió algo que no es suyo, o no quedó como debe."""


def documento(contenido: Contenido, adjuntos: Mapping[str, bytes] | None = None) -> bytes:
    """El informe en PDF/UA-1 con sus datos adentro, ya releído.

    Lanza NoSePudoDibujar si algo quiso salir de los recursos propios o si no quedó completo.
    """
    adjuntos = dict(adjuntos or {})
    recursos = _letra()
    with translation.override("es-gt"):
        pagina = render_to_string(
            "informes/pdf/documento.html",
            {"c": contenido, "huella": huella(contenido.canonico())},
        )
        estilo = render_to_string("informes/pdf/informe.css", {"c": contenido, "pesos": PESOS})
    octetos = dibujar(pagina, estilo, recursos, adjuntos)
    verificar(octetos, contenido, adjuntos)
    return octetos


def dibujar(
    pagina: str, estilo: str, recursos: Recursos, adjuntos: Mapping[str, bytes] | None = None
) -> bytes:
    """De HTML a PDF/UA-1 sólo con `recursos`; NoSePudoDibujar si pidió otra cosa."""
    from weasyprint import CSS, HTML, Attachment
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class SoloRecursos(URLFetcher):
        """Da los recursos del documento; de lo demás guarda la dirección y se niega."""

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

    cerrado, letras = SoloRecursos(), FontConfiguration()
    with _sin_recolector():
        html = HTML(string=pagina, base_url="recurso:", url_fetcher=cerrado)
        css = CSS(string=estilo, base_url="recurso:", url_fetcher=cerrado, font_config=letras)
        octetos = html.write_pdf(
            stylesheets=[css],
            font_config=letras,
            pdf_variant="pdf/ua-1",
            attachments=[
                Attachment(string=datos, name=nombre, base_url="recurso:", url_fetcher=cerrado)
                for nombre, datos in (adjuntos or {}).items()
            ],
        )
    if cerrado.rechazados:
        raise NoSePudoDibujar(f"Pidió {len(cerrado.rechazados)} recursos que no son suyos.")
    return octetos


def verificar(
    octetos: bytes, contenido: Contenido, adjuntos: Mapping[str, bytes] | None = None
) -> None:
    """Relee el archivo: páginas, etiquetas, idioma, título y adjuntos. NoSePudoDibujar si no."""
    from pypdf import PdfReader

    leido = PdfReader(BytesIO(octetos))
    raiz: Any = leido.trailer["/Root"]
    faltas = [
        falta
        for falta, esta in {
            "páginas": len(leido.pages) > 0,
            "etiquetas": "/StructTreeRoot" in raiz and raiz.get("/MarkInfo", {}).get("/Marked"),
            "idioma": raiz.get("/Lang") == "es-GT",
            "título": bool(leido.metadata and leido.metadata.title == contenido.titulo),
            "adjuntos": all(
                leido.attachments.get(nombre) == [datos]
                for nombre, datos in (adjuntos or {}).items()
            ),
        }.items()
        if not esta
    ]
    if faltas:
        raise NoSePudoDibujar(f"El documento quedó sin {', '.join(faltas)}.")


def _letra() -> Recursos:
    """La letra del informe, de los archivos del proyecto."""
    letra: Recursos = {}
    for peso in PESOS:
        archivo = finders.find(LETRA.format(peso=peso))
        if not archivo:
            raise NoSePudoDibujar(f"Falta la letra de peso {peso}.")
        with open(archivo, "rb") as abierto:  # noqa: PTH123
            letra[f"letra-{peso}.woff2"] = (abierto.read(), "font/woff2")
    return letra


@contextmanager
def _sin_recolector() -> Iterator[None]:
    """Dibuja sin el recolector de ciclos, que aquí sólo estorba; después lo deja como estaba."""
    andaba = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if andaba:
            gc.enable()
