"""Con un almacén compatible con S3: sellar, leer, bajar, verificar, y negar lo alterado."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

RAIZ = Path(__file__).resolve().parent.parent.parent
CUBO = "pesn"
LLAVES = {"S3_ACCESS_KEY": "prueba", "S3_SECRET_KEY": "prueba"}


@pytest.fixture
def cubo():
    """Un servidor S3 en esta máquina, con un cubo que guarda versiones."""
    servidor = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    servidor.start()
    anfitrion, puerto = servidor.get_host_and_port()
    direccion = f"http://{anfitrion}:{puerto}"
    cliente = boto3.client(
        "s3",
        endpoint_url=direccion,
        region_name="us-east-1",
        aws_access_key_id=LLAVES["S3_ACCESS_KEY"],
        aws_secret_access_key=LLAVES["S3_SECRET_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    cliente.create_bucket(Bucket=CUBO)
    cliente.put_bucket_versioning(Bucket=CUBO, VersioningConfiguration={"Status": "Enabled"})
    yield direccion
    servidor.stop()


def test_un_informe_va_y_vuelve_por_el_almacen_y_lo_alterado_no_se_entrega(cubo, tmp_path, cifra):
    hecho = subprocess.run(
        [sys.executable, "-m", "tests.informes.almacen_s3"],
        cwd=RAIZ,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PESN_VAR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "pesn.settings",
            "DEBUG": "True",  # los estáticos, sin juntarlos
            "PESN_ALMACEN": "s3",
            "S3_BUCKET": CUBO,
            "S3_ENDPOINT": cubo,
            "AWS_DEFAULT_REGION": "us-east-1",
            **LLAVES,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert hecho.returncode == 0, hecho.stderr[-3000:]
    paso = json.loads(hecho.stdout.splitlines()[-1])
    assert paso == {
        "es_s3": True,
        "la_evidencia_tambien": True,
        "salud": 200,
        "atendido": True,
        "huellas": [True] * 3,
        "genuinos": [True] * 3,
        "repetido_no_escribe": True,
        "alterado": 409,
        "perdido": 409,
        "objetos": 3,
    }
    assert not [a for a in (tmp_path / "archivos").rglob("*") if a.is_file()]
    cifra(f"S3: objetos={paso['objetos']} genuinos=3/3 alterado={paso['alterado']} perdido=409")
