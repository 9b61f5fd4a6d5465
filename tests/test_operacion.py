"""Lo que se instala coincide con lo que se dice: variables, secretos, imagen y candados."""

import re
from pathlib import Path

import pytest
import yaml

RAIZ = Path(__file__).resolve().parent.parent
AJUSTES = (RAIZ / "pesn/settings.py").read_text()
OPERACION = (RAIZ / "docs/operacion.md").read_text()
COMPOSE = (RAIZ / "docker-compose.yml").read_text()
SERVICIOS = yaml.safe_load(COMPOSE)["services"]
VARIABLES = sorted(set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', AJUSTES)))


def test_se_reconocen_las_variables_de_los_ajustes():
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PESN_ENTORNO"} <= set(VARIABLES)


@pytest.mark.parametrize("variable", VARIABLES)
def test_cada_variable_del_entorno_esta_explicada(variable):
    renglones = [renglon for renglon in OPERACION.splitlines() if renglon.startswith("| `")]

    assert any(f"`{variable}`" in renglon.split("|")[1] for renglon in renglones)


@pytest.mark.parametrize("variable", ["SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"])
def test_compose_no_trae_secretos_de_ejemplo(variable):
    usos = re.findall(rf"\$\{{{variable}([^}}]*)\}}", COMPOSE)

    assert any(uso.startswith(":?") for uso in usos)
    assert not any(uso.startswith((":-", "-")) for uso in usos)


@pytest.mark.parametrize(
    "servicio", ["web", "trabajador", "correo", "webhooks", "reloj", "postgres", "redis"]
)
def test_cada_servicio_dice_como_se_sabe_que_vive(servicio):
    assert SERVICIOS[servicio]["healthcheck"]["test"]


def test_ni_la_base_ni_el_timbre_se_ven_desde_fuera():
    for servicio in ("postgres", "redis", "trabajador", "reloj"):
        assert SERVICIOS[servicio]["networks"] == ["interna"]
        assert "ports" not in SERVICIOS[servicio]


def test_la_web_conserva_su_direccion_al_subir_de_version():
    """Con un rango de puertos cada copia nueva toma el siguiente, y el proxy llama al de antes."""
    web = SERVICIOS["web"]

    assert web["ports"] == ["127.0.0.1:8000:8000"]
    assert "replicas" not in web.get("deploy", {})


def test_la_base_no_se_da_por_viva_mientras_se_crea():
    """La primera vez contesta por su enchufe, sin red, y se reinicia: quien espera se caería."""
    prueba = SERVICIOS["postgres"]["healthcheck"]["test"]

    assert prueba[prueba.index("-h") + 1] == "127.0.0.1"


def test_la_imagen_va_compilada_porque_su_disco_es_de_solo_lectura():
    pasos = re.findall(r"^(?:RUN|COPY|USER).*", (RAIZ / "Dockerfile").read_text(), re.MULTILINE)
    compila = next(n for n, paso in enumerate(pasos) if "compileall" in paso and "/app" in paso)

    assert SERVICIOS["web"]["read_only"]
    assert pasos.index("COPY . .") < compila < pasos.index("USER pesn")


def test_la_imagen_instala_con_huellas_y_no_corre_como_root():
    imagen = (RAIZ / "Dockerfile").read_text()

    assert "--require-hashes" in imagen
    assert imagen.rindex("\nUSER pesn") > imagen.rindex("\nRUN ")


@pytest.mark.parametrize(
    "candado", ["requirements.lock", "requirements-dev.lock", "requirements-s3.lock"]
)
def test_cada_biblioteca_fijada_lleva_su_huella_y_ninguna_direccion(candado):
    texto = (RAIZ / candado).read_text()
    bibliotecas = re.split(r"\n(?=[a-z0-9])", texto)[1:]

    assert bibliotecas
    assert [uno.split()[0] for uno in bibliotecas if "--hash=sha256:" not in uno] == []
    assert "://" not in texto


def test_los_candados_fijan_las_mismas_versiones():
    def fijadas(candado: str) -> dict[str, str]:
        texto = (RAIZ / candado).read_text()
        return dict(re.findall(r"^([a-z0-9_.-]+)==([^\s;]+)", texto, flags=re.MULTILINE))

    base = fijadas("requirements.lock")

    for candado in ("requirements-dev.lock", "requirements-s3.lock"):
        assert base.items() <= fijadas(candado).items()
