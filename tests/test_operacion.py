"""Lo que se instala coincide con lo que se dice: variables, secretos, imagen y candados."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from informes.archivos import DESMEDIDO, VERIFICABLE_MAXIMO

RAIZ = Path(__file__).resolve().parent.parent
AJUSTES = (RAIZ / "pesn/settings.py").read_text()
OPERACION = (RAIZ / "docs/operacion.md").read_text()
COMPOSE = (RAIZ / "docker-compose.yml").read_text()
ENTRADA = (RAIZ / "Caddyfile").read_text()
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
    "servicio",
    ["web", "trabajador", "correo", "webhooks", "reloj", "postgres", "redis", "entrada", "proxy"],
)
def test_cada_servicio_dice_como_se_sabe_que_vive(servicio):
    assert SERVICIOS[servicio]["healthcheck"]["test"]


def test_ni_la_base_ni_el_timbre_se_ven_desde_fuera():
    for servicio in ("postgres", "redis", "trabajador", "reloj"):
        assert SERVICIOS[servicio]["networks"] == ["interna"]
        assert "ports" not in SERVICIOS[servicio]


def test_la_entrada_conserva_su_direccion_con_las_copias_que_haya():
    """Con un puerto por copia, cada una que se recrea toma otro y el proxy llama al de antes."""
    assert SERVICIOS["entrada"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "profiles" not in SERVICIOS["entrada"]
    assert "ports" not in SERVICIOS["web"]
    assert SERVICIOS["web"]["deploy"]["replicas"] == "${WEB_COPIAS:-2}"
    assert re.search(r"dynamic a \{\s+name web\s+port 8000\s", ENTRADA)


def test_la_entrada_y_el_proxy_no_llevan_permisos_de_mas():
    for servicio in ("entrada", "proxy"):
        caddy = SERVICIOS[servicio]

        assert caddy["read_only"]
        assert caddy["cap_drop"] == ["ALL"]
        assert caddy["cap_add"] == ["NET_BIND_SERVICE"]  # sin ella su ejecutable no arranca
        assert caddy["networks"] == ["afuera"]
    assert SERVICIOS["entrada"]["volumes"] == ["./Caddyfile:/etc/caddy/Caddyfile:ro"]


def test_se_cuentan_los_proxies_que_hay_delante_de_la_web():
    """El que hace TLS llama siempre a la entrada, sea de la institución o el que se trae."""
    assert SERVICIOS["web"]["environment"]["PROXIES_DE_CONFIANZA"] == "${PROXIES_DE_CONFIANZA:-2}"
    assert SERVICIOS["proxy"]["command"][-2:] == ["--to", "entrada:8000"]
    assert "trusted_proxies private_ranges" in ENTRADA


def test_la_entrada_deja_pasar_lo_que_la_aplicacion_recibe():
    topes = {
        ruta: int(tope) * 1_000_000
        for ruta, tope in re.findall(r"request_body @(\w+) \{\s+max_size (\d+)MB", ENTRADA)
    }

    assert settings.EVIDENCIA_MAXIMA < topes["demas"] < settings.EVIDENCIA_MAXIMA * 2
    assert VERIFICABLE_MAXIMO < topes["verificar"] < DESMEDIDO
    assert "request_buffers 25MB" in ENTRADA  # una petición a la vez: no se espera al lento


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
