"""Cómo se describen los datos a otras máquinas: paquete Frictionless y catálogo DCAT en JSON-LD."""

from collections.abc import Callable, Iterable
from typing import Any

from informes.abiertos import formatos
from informes.abiertos.ediciones import Version
from informes.abiertos.tablas import TABLAS, TIPOS, Tabla, valores_posibles
from informes.xlsx import AUTOR
from informes.xlsx.filas import SIN_DATO

Direccion = Callable[..., str]
CONTEXTO = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "adms": "http://www.w3.org/ns/adms#",
}
MEDIOS = {formato: tipo.partition(";")[0] for formato, tipo in formatos.TIPOS.items()}
PALABRAS = ["seguridad", "plan estratégico", "transparencia", "Guatemala"]


def paquete(version: Version, direccion: Direccion) -> dict[str, Any]:
    """El `datapackage.json` de una versión; `direccion` da la de una página, entera."""
    contenido = version.contenido
    titulo = " · ".join(uno for uno in (contenido.aviso_demo, contenido.titulo) if uno)
    return {
        "profile": "tabular-data-package",
        "name": f"{version.plan}-{version.semestre}-{version.numero}".lower(),
        "id": direccion("informes:datos_version", version),
        "title": titulo,
        "description": f"{contenido.nombre_de_edicion}. {contenido.clase}.",
        "homepage": direccion("informes:datos_version", version),
        "version": version.numero,
        "created": version.publicada.isoformat(),
        "keywords": PALABRAS,
        "licenses": [
            {
                "name": "informacion-publica",
                "path": direccion("informes:datos") + "#licencia",
                "title": contenido.licencia,
            }
        ],
        "contributors": [{"title": AUTOR, "role": "publisher"}],
        "sources": [{"title": f"{contenido.titulo}, SHA-256 {version.huella}"}],
        "aviso": contenido.aviso_demo,
        "huella": version.huella,
        "resources": [_recurso(una, version) for una in TABLAS.values()],
    }


def _recurso(tabla: Tabla, version: Version) -> dict[str, Any]:
    medida = formatos.medida(tabla, version)
    return {
        "profile": "tabular-data-resource",
        "name": tabla.nombre,
        "title": tabla.titulo,
        "path": f"{tabla.nombre}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": medida.octetos,
        "hash": f"sha256:{medida.huella}",
        "schema": _esquema(tabla),
    }


def _esquema(tabla: Tabla) -> dict[str, Any]:
    esquema: dict[str, Any] = {
        "fields": [_campo(una) for una in tabla.columnas],
        "missingValues": ["", SIN_DATO],
    }
    if tabla.llave:
        esquema["primaryKey"] = list(tabla.llave)
    if tabla.apunta:
        propias, otra = tabla.apunta
        suyas = list(TABLAS[otra].llave)
        referencia = {"resource": otra, "fields": suyas}
        esquema["foreignKeys"] = [{"fields": list(propias), "reference": referencia}]
    return esquema


def _campo(columna: Any) -> dict[str, Any]:
    campo = {
        "name": columna.nombre,
        "type": TIPOS[columna.formato],
        "title": columna.encabezado,
        "description": " ".join(f"{uno}." for uno in (columna.significado, columna.regla) if uno),
    }
    posibles = valores_posibles(columna)
    return {**campo, "constraints": {"enum": list(posibles)}} if posibles else campo


def catalogo(versiones: Iterable[Version], direccion: Direccion) -> dict[str, Any]:
    """El catálogo DCAT de esas versiones; el de una sola trae su conjunto y nada más."""
    return {
        "@context": CONTEXTO,
        "@id": direccion("informes:catalogo"),
        "@type": "dcat:Catalog",
        "dct:title": "Datos abiertos del seguimiento del plan",
        "dct:language": "es",
        "dct:publisher": {"@type": "foaf:Organization", "foaf:name": AUTOR},
        "foaf:homepage": {"@id": direccion("informes:datos")},
        "dcat:dataset": [_conjunto(una, direccion) for una in versiones],
    }


def _conjunto(version: Version, direccion: Direccion) -> dict[str, Any]:
    propia = direccion("informes:datos_version", version)
    conjunto: dict[str, Any] = {
        "@id": propia,
        "@type": "dcat:Dataset",
        "dct:title": f"{version.nombre_del_plan}: {version.nombre}, versión {version.numero}",
        "dct:identifier": f"{version.plan}-{version.semestre}-{version.numero}",
        "dct:issued": {"@type": "xsd:dateTime", "@value": version.publicada.isoformat()},
        "dcat:version": version.numero,
        "dcat:keyword": PALABRAS,
        "dcat:landingPage": {"@id": propia},
        "adms:status": "vigente" if version.vigente else "sustituida",
    }
    if version.sustituta:
        otra = direccion("informes:datos_version", version.sustituta)
        conjunto["dct:isReplacedBy"] = {"@id": otra}
    if not version.se_entrega:
        return conjunto | {"dct:description": "Sustituida y retirada: lo vigente la reemplaza."}
    contenido = version.contenido
    return conjunto | {
        "dct:description": " · ".join(
            uno for uno in (contenido.aviso_demo, contenido.titulo, contenido.clase) if uno
        ),
        "dct:license": {"@id": direccion("informes:datos") + "#licencia"},
        "dct:rights": contenido.licencia,
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _dia(contenido.periodo.inicio),
            "dcat:endDate": _dia(contenido.periodo.corte),
        },
        "dcat:distribution": [
            _distribucion(tabla, formato, version, direccion)
            for tabla in TABLAS.values()
            for formato in MEDIOS
        ],
    }


def _dia(fecha: Any) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": fecha.isoformat()}


def _distribucion(
    tabla: Tabla, formato: str, version: Version, direccion: Direccion
) -> dict[str, Any]:
    propia = direccion("informes:datos_tabla", version, tabla=tabla.nombre, formato=formato)
    distribucion: dict[str, Any] = {
        "@id": propia,
        "@type": "dcat:Distribution",
        "dct:title": f"{tabla.titulo} ({formato.upper()})",
        "dcat:downloadURL": {"@id": propia},
        "dcat:mediaType": MEDIOS[formato],
    }
    if formato == "csv":
        medida = formatos.medida(tabla, version)
        distribucion["dcat:byteSize"] = medida.octetos
        distribucion["spdx:checksum"] = {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": medida.huella,
        }
    return distribucion
