"""Un semestre por la API: leer lo que toca, reportarlo en lote, respaldarlo y entregarlo.

PESN_API=https://…/api/v1/ PESN_FICHA=pesn_… python docs/cliente_api.py 2026-S1 reportes.json
`reportes.json`, por código de actividad: {"datos": {campos}, "evidencia": ["archivo.pdf"]}.
Pide `urllib3`. Repetir un envío no lo hace dos veces: lleva su clave y su versión."""

import json
import os
import sys
from hashlib import sha256
from pathlib import Path
from urllib.parse import urljoin

import urllib3


def pedir(metodo, donde, clave="", version=0, **cuerpo):
    """La respuesta; un problema de la API termina el programa con su código y su mensaje."""
    cabeceras = {"Authorization": f"Bearer {os.environ['PESN_FICHA']}"}
    cabeceras |= {"Idempotency-Key": sha256(clave.encode()).hexdigest()} if clave else {}
    cabeceras |= {"If-Match": f'"{version}"'} if version else {}
    url = urljoin(os.environ["PESN_API"], donde)
    respuesta = urllib3.request(metodo, url, headers=cabeceras, timeout=60, **cuerpo)
    if respuesta.status >= 400:
        raise SystemExit(f"{respuesta.json()['codigo']}: {respuesta.json()['detail']}")
    return respuesta.json()


def avances(periodo):
    """Los del semestre que esta institución reporta, página por página."""
    donde = f"avances/?periodo={periodo}&institucion={pedir('GET', 'yo/')['institucion']}"
    while donde:
        pagina = pedir("GET", donde)
        yield from pagina["resultados"]
        donde = pagina["siguiente"]


def reportar(periodo, reportes, carpeta):
    """Guarda todo en un pedido, sube la evidencia y entrega lo completo; dice qué falta."""
    suyos = [uno for uno in avances(periodo) if uno["codigo"] in reportes]
    lote = [
        {"id": u["id"], "version": u["version"], **reportes[u["codigo"]]["datos"]} for u in suyos
    ]
    hecho = pedir("POST", "avances/lote/", clave=json.dumps(lote), json={"avances": lote})
    for uno, quedo in zip(suyos, hecho["resultados"], strict=True):
        donde, codigo = f"avances/{uno['id']}/", uno["codigo"]
        if quedo["estado_http"] != 200:
            print(codigo, quedo["codigo"], quedo["mensaje"], quedo["errores"])
            continue
        for nombre in reportes[codigo].get("evidencia", []):
            campos = {"archivos": (nombre, (carpeta / nombre).read_bytes())}
            pedir("POST", f"{donde}evidencias/", clave=donde + nombre, fields=campos)
        if faltas := pedir("GET", f"{donde}faltas/"):
            print(codigo, *(falta["mensaje"] for falta in faltas))
        else:
            pedir("POST", f"{donde}paso/", version=quedo["version"], json={"paso": "entregar"})


if __name__ == "__main__":
    reportar(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[2]).parent)
