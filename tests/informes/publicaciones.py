"""Publicar de verdad, con el JSON que se diga y sin dibujar el PDF ni el libro."""

from django.core.files.base import ContentFile

from informes import emision
from informes.models import ContenidoSellado, Corte, Informe
from instituciones.almacen import sellar_archivo
from instituciones.canonico import huella


def publicar(corte, por, contenido=None) -> Informe:
    """La edición pública de un corte, publicada; antes presenta la del Consejo."""
    for edicion, entregar in (("CNS", emision.presentar), ("PUBLICA", emision.hacer_publico)):
        dicho = contenido if edicion == "PUBLICA" else None
        dicho = dicho or emision.vigente_de(corte, edicion)
        trabajo = emision.encargar(corte, edicion=edicion, por=por)
        octetos = {
            "PDF": f"PDF {edicion} {corte.numero}".encode(),
            "XLSX": f"XLSX {edicion} {corte.numero}".encode(),
            "JSON": dicho.canonico().encode(),
        }
        sellados = {uno: sellar_archivo(ContentFile(suyos)) for uno, suyos in octetos.items()}
        emision.publicar(trabajo.clave, emision.reclamar(trabajo.clave), sellados)
        emision.aprobar(trabajo.informe, por=por)
        informe = entregar(trabajo.informe, por=por)
    return informe


def otro_corte(corte, para_el_consejo=None) -> Corte:
    """El que lo sustituye, con el mismo contenido sellado o con otro para el Consejo."""
    nuevo = Corte.objects.create(
        periodo=corte.periodo,
        numero=corte.numero + 1,
        sustituye_a=corte,
        motivo="Se copió mal el acta.",
        hecho_por=corte.hecho_por,
        momento=corte.momento,
    )
    for uno in corte.contenidos.all():
        otro = para_el_consejo if uno.edicion == "CNS" else None
        texto = otro.canonico() if otro else uno.contenido
        ContenidoSellado.objects.create(
            corte=nuevo, edicion=uno.edicion, contenido=texto, huella=huella(texto)
        )
    return nuevo
