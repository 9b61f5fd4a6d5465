"""El informe completo del semestre en PDF/UA, contra la manera ingenua de dibujarlo."""

from rendimiento.informe_ingenuo import documento as ingenuo
from rendimiento.registro import Medida
from rendimiento.semestre import contenido

PAGINAS_MINIMAS = 200


def nuestro() -> str:
    """Como lo emite el sistema, con sus adjuntos y su relectura."""
    from informes import pdf

    c = contenido()
    adjuntos = {"datos.json": c.canonico().encode()}
    return _paginas(pdf.documento(c, adjuntos=adjuntos))


def ingenua() -> str:
    """El mismo contenido con tablas de ancho automático y el texto dentro de celdas."""
    return _paginas(ingenuo(contenido()))


def _paginas(octetos: bytes) -> str:
    from io import BytesIO

    from pypdf import PdfReader

    paginas = PdfReader(BytesIO(octetos)).root_object["/Pages"]["/Count"]
    if paginas < PAGINAS_MINIMAS:
        raise ValueError(f"Sólo {paginas} páginas: no es el informe completo.")
    return f"{paginas} páginas, {len(octetos) / 1e6:.1f} MB"


MEDIDAS = [Medida("Informe completo en PDF/UA", nuestro, ingenua, meta=0.35, meta_memoria=1.0)]
