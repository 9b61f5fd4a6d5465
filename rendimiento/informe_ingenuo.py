"""El informe como lo haría quien no tiene prisa: tablas automáticas y todo el texto en celdas.

Mismo contenido, mismas plantillas y misma hoja de estilo; cambia sólo lo que cuesta.
"""

import re
from typing import Any

COLUMNAS = re.compile(r"<colgroup>.*?</colgroup>", re.DOTALL)
NARRACION = re.compile(r"<h4>(.*?)</h4>(.*?)(?=<h4>|</div>)", re.DOTALL)
EN_CELDA = (
    '<table><tr><th scope="col">Actividad</th><th scope="col">Lo que se informó</th></tr>'
    r'<tr><th scope="row">\1</th><td>\2</td></tr></table>'
)


def documento(contenido: Any) -> bytes:
    """El PDF/UA de un contenido, dibujado sin ninguna de nuestras precauciones."""
    from django.template.loader import render_to_string
    from django.utils import translation
    from weasyprint import CSS, HTML

    from informes import pdf, prensa

    recursos, figuras = pdf._recursos(contenido)
    contexto = pdf._contexto(contenido, figuras, [])
    with translation.override("es-gt"):
        pagina = render_to_string("informes/pdf/documento.html", contexto)
        estilo = render_to_string("informes/pdf/informe.css", contexto)
    pagina = NARRACION.sub(EN_CELDA, COLUMNAS.sub("", pagina))
    estilo = estilo.replace("table-layout: fixed", "table-layout: auto")
    quien = {"base_url": "recurso:", "url_fetcher": prensa._solo(recursos)}
    octetos: bytes = HTML(string=pagina, **quien).write_pdf(
        stylesheets=[CSS(string=estilo, **quien)], pdf_variant="pdf/ua-1"
    )
    return octetos
