"""Ajustes de Django, leídos del entorno; sin entorno valen para probar en una sola máquina.

`PESN_ENTORNO` decide cuánto se exige: desarrollo y demostracion arrancan sin nada; produccion
no arranca con un secreto de ejemplo ni con `ALLOWED_HOSTS=*` (las revisiones, en `revisiones`).
"""

import hashlib
import os
import re
import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

os.environ.setdefault("OPENPYXL_LXML", "False")  # lxml no niega entidades; defusedxml, sí

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

ENTORNO = env("PESN_ENTORNO", default="desarrollo")
ENTORNOS = {"desarrollo", "demostracion", "produccion"}
if ENTORNO not in ENTORNOS:
    raise ImproperlyConfigured(f"PESN_ENTORNO debe ser uno de {sorted(ENTORNOS)}.")
PRODUCCION = ENTORNO == "produccion"
EN_PRUEBAS = "pytest" in sys.modules

PRUEBAS = Path(tempfile.gettempdir()) / f"pesn-pruebas-{os.getuid()}"
VAR = Path(env("PESN_VAR", default=str(PRUEBAS if EN_PRUEBAS else BASE_DIR / "var")))
VAR.mkdir(parents=True, exist_ok=True)


def secreto_local() -> str:
    """El secreto de esta máquina: se crea una vez y se guarda donde sólo su dueño lo lee."""
    archivo = VAR / "secreto"
    if not archivo.exists():
        descriptor = os.open(archivo, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as destino:
            destino.write(secrets.token_urlsafe(64))
    return archivo.read_text()


SECRET_KEY = env("SECRET_KEY", default="" if PRODUCCION else secreto_local())
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DE_FABRICA = ("cambie", "django-insecure-")
flojo = len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5
if PRODUCCION and (flojo or any(marca in SECRET_KEY.lower() for marca in DE_FABRICA)):
    raise ImproperlyConfigured("En producción SECRET_KEY debe ser propio y de 50 caracteres o más.")

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCCION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
if PRODUCCION and (DEBUG or not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("En producción: DEBUG apagado y ALLOWED_HOSTS con nombres, sin «*».")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "pesn.apps.PesnConfig",
    "pesn.apps.AdministracionConfig",
    "informes",
    "matrices",
    "acciones",
    "instituciones",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "pesn.apps.EstaticosConfig",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_tables2",
    "heroicons",
    "simple_history",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
]
# La ficha es nuestra (`instituciones.Ficha`): las migraciones de knox harían la suya.
KNOX_TOKEN_MODEL = "instituciones.Ficha"  # noqa: S105 (el nombre de un modelo)
MIGRATION_MODULES = {"knox": None}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",  # las cabeceras, también en los estáticos
    "pesn.peticiones.TextoComprimido",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "pesn.peticiones.RespuestaSegura",
    "pesn.peticiones.EntradaLimpia",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pesn.peticiones.SesionAcotada",
    "pesn.peticiones.SegundoFactorExigido",
    "pesn.peticiones.LimiteDicho",
    "pesn.peticiones.NegativasVistas",
    "pesn.peticiones.PideEntrar",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

# Medidas para Prometheus: un extra, apagado si no hay clave con que pedirlas.
METRICAS = env("PESN_METRICAS", default="")
if METRICAS:
    if len(METRICAS) < 20:
        raise ImproperlyConfigured("PESN_METRICAS debe ser una clave de 20 caracteres o más.")
    INSTALLED_APPS.append("django_prometheus")
    MIDDLEWARE.insert(0, "django_prometheus.middleware.PrometheusBeforeMiddleware")
    MIDDLEWARE.append("django_prometheus.middleware.PrometheusAfterMiddleware")

ROOT_URLCONF = "pesn.urls"
WSGI_APPLICATION = "pesn.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pesn.contexto.marco",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Base de datos -------------------------------------------------------------------------------
SQLITE = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
}
POSTGRES = "-c statement_timeout={} -c lock_timeout=5000 -c idle_in_transaction_session_timeout={}"
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR / 'pesn.sqlite3'}")}
BASE = DATABASES["default"]
if BASE["ENGINE"].endswith("sqlite3"):
    BASE["OPTIONS"] = SQLITE
    PRUEBA = Path(tempfile.gettempdir()) / f"pesn-prueba-{os.getpid()}.sqlite3"
    BASE["TEST"] = {"NAME": str(PRUEBA)}  # en archivo: los hilos no comparten una base en memoria
else:
    BASE["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
    BASE["CONN_HEALTH_CHECKS"] = True
    # Una prueba dibuja dentro de su transacción lo que el trabajador dibuja fuera de ella.
    ociosa = env.int("TRANSACCION_OCIOSA_MS", default=300_000 if EN_PRUEBAS else 30_000)
    consulta = env.int("STATEMENT_TIMEOUT_MS", default=15_000)
    BASE["OPTIONS"] = {"options": POSTGRES.format(consulta, ociosa)}
    BASE["TEST"] = {"NAME": env("PESN_BASE_DE_PRUEBAS", default=f"prueba_pesn_{os.getpid()}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Caché: la comparten todos los procesos (límites de entrada, TOTP). Nunca por proceso.
REDIS_URL = env("REDIS_URL", default="")
if EN_PRUEBAS and REDIS_URL:
    # Cada proceso de pruebas en su propia base: los límites de uno no son los del otro.
    proceso = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    REDIS_URL = urlsplit(REDIS_URL)._replace(path=f"/{proceso + 1}").geturl()
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "pesn",
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache_compartida",
            # Con las 300 de fábrica, llenarla de intentos borraría los que cuentan los límites.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }

# Celery: ver `seguridad.md` del proyecto y docs/operacion.md --------------------------------
BUZON = VAR / "timbre"
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 900,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
    }
else:
    for carpeta in ("cola", "hechos", "control"):
        (BUZON / carpeta).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BUZON / "cola"),
        "data_folder_out": str(BUZON / "cola"),
        "processed_folder": str(BUZON / "hechos"),
        "control_folder": str(BUZON / "control"),
        "store_processed": False,
        "polling_interval": 0.1,
    }
CELERY_TASK_ROUTES = {
    "instituciones.tasks.despachar_correo": {"queue": "correo"},
    "instituciones.tasks.despachar_webhooks": {"queue": "webhooks"},
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "reconciliar": {"task": "informes.tasks.reconciliar", "schedule": 30.0},
    "borrar_sesiones_vencidas": {
        "task": "instituciones.tasks.borrar_sesiones_vencidas",
        "schedule": crontab(hour=2, minute=40),
    },
    "barrer_los_pedidos": {
        "task": "instituciones.tasks.barrer_los_pedidos",
        "schedule": crontab(hour=2, minute=50),
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat")
CELERY_TIMEZONE = "America/Guatemala"
INFORME_ARRIENDO_SEGUNDOS = env.int("INFORME_ARRIENDO_SEGUNDOS", default=60)

# Personas y entrada --------------------------------------------------------------------------
AUTH_USER_MODEL = "instituciones.Usuario"
AUTHENTICATION_BACKENDS = ["instituciones.entrada.PuertaDeEntrada"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "instituciones.entrada.MasLargaParaAdministradores"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "inicio"
ACCOUNT_ADAPTER = "instituciones.entrada.AdaptadorDeCuentas"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "correo"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
ACCOUNT_FORMS = {"reset_password": "instituciones.forms.PedirEnlaceForm"}
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,20/5m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXIES_DE_CONFIANZA", default=0)
MFA_ADAPTER = "instituciones.entrada.AdaptadorDeSegundoFactor"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "PESN"
MFA_OBLIGATORIO = env.bool("PESN_MFA_OBLIGATORIO", default=PRODUCCION)  # a quién: `entrada`
USERSESSIONS_TRACK_ACTIVITY = False  # escribiría en cada GET

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 1800
SESSION_ABSOLUTA_SEGUNDOS = 12 * 3600
SESSION_SE_RENUEVA_CADA = 60  # segundos; en cada petición, todo GET escribiría en la base
NEGATIVAS_SEGUIDAS = 10  # las de alguien en cinco minutos que ya quedan en la cadena
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CON_TLS = env.bool("PESN_TLS", default=PRODUCCION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = CON_TLS
SESSION_COOKIE_NAME = "__Host-sesion" if CON_TLS else "sesion"
CSRF_COOKIE_NAME = "__Host-csrf" if CON_TLS else "csrf"
if CON_TLS:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^salud/"]
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# API: ver docs/api.md -------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "instituciones.api.fichas.FichaDeSistema",
        "instituciones.api.fichas.SesionQueLee",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["instituciones.api.fichas.NiegaTodo"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["instituciones.api.pedidos.JsonAcotado"],
    "DEFAULT_FILTER_BACKENDS": ["instituciones.api.pedidos.ParametrosDeclarados"],
    "DEFAULT_PAGINATION_CLASS": "instituciones.api.pedidos.PorLlave",
    "DEFAULT_SCHEMA_CLASS": "instituciones.api.esquema.EsquemaConProblemas",
    "DEFAULT_THROTTLE_CLASSES": [
        "instituciones.api.limites.Lecturas",
        "instituciones.api.limites.Escrituras",
    ],
    "DEFAULT_THROTTLE_RATES": {"lecturas": "200/min", "escrituras": "120/min"},
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_PREFIX": "pesn_",
    "TOKEN_MODEL": KNOX_TOKEN_MODEL,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "instituciones.api.atencion.Atencion",
    "EXCEPTION_FORMATTER_CLASS": "instituciones.api.atencion.Problema",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
# Webhooks: ver docs/api.md. Se llama sólo a máquinas públicas, en estos puertos.
WEBHOOKS_PUERTOS = env.list("PESN_WEBHOOKS_PUERTOS", cast=int, default=[443])
WEBHOOKS_DE_PRUEBA = False  # sólo lo encienden las pruebas: permite un receptor en esta máquina
SPECTACULAR_SETTINGS = {
    "TITLE": "API del seguimiento del plan",
    "DESCRIPTION": "Leer el plan, las matrices, los cortes y los informes; escribir avances y su "
    "evidencia. Cada error es un problema (RFC 9457) con un `codigo` que no cambia.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["instituciones.api.fichas.QuienEntro"],
    "SERVE_AUTHENTICATION": [
        "instituciones.api.fichas.FichaDeSistema",
        "instituciones.api.fichas.SesionQueLee",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "EstadoDeAvance": "matrices.models.Avance.Estado",
        "EstadoDePeriodo": "matrices.models.Periodo.Estado",
        "EstadoDeObservacion": "matrices.models.Observacion.Estado",
        "EstadoDeInforme": "informes.models.Informe.Estado",
        "EstadoDePropuesta": "acciones.models.PropuestaLegislativa.Estado",
        "EstadoDeSuscripcion": "instituciones.models.Suscripcion.Estado",
        "EstadoDeEntrega": "instituciones.models.Entrega.Estado",
        "EventoDeWebhook": "instituciones.models.Evento",
    },
    "SORT_OPERATIONS": False,
    "WEBHOOKS": [
        "instituciones.api.webhooks.PERIODO_ABIERTO",
        "instituciones.api.webhooks.AVANCE_OBSERVADO",
        "instituciones.api.webhooks.AVANCE_VALIDADO",
        "instituciones.api.webhooks.INFORME_PUBLICADO",
    ],
}

# Idioma y formatos ---------------------------------------------------------------------------
LANGUAGE_CODE = "es-gt"
LANGUAGES = [("es-gt", "Español (Guatemala)")]
FORMAT_MODULE_PATH = ["pesn.formatos"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "America/Guatemala"
USE_TZ = True

# Archivos ------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env("STATIC_ROOT", default=str(VAR / "estaticos"))
MEDIA_ROOT = env("PESN_ARCHIVOS", default=str(VAR / "archivos"))
ALMACEN = env("PESN_ALMACEN", default="disco")
if ALMACEN == "s3":
    ARCHIVOS = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env("S3_BUCKET"),
            "endpoint_url": env("S3_ENDPOINT", default=None),
            "access_key": env("S3_ACCESS_KEY", default=None),
            "secret_key": env("S3_SECRET_KEY", default=None),
            "file_overwrite": False,
            "default_acl": None,
            "querystring_auth": True,
        },
    }
else:
    ARCHIVOS = {"BACKEND": "instituciones.almacen.AlmacenSellado"}
ESTATICOS = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": ARCHIVOS,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EN_PRUEBAS
        else ESTATICOS
    },
}
# Los mapas son para quien depura, y comprimirlos tarda más que todo lo demás.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
WHITENOISE_USE_FINDERS = EN_PRUEBAS or DEBUG
WHITENOISE_AUTOREFRESH = EN_PRUEBAS or DEBUG  # cada uno cuando se pide, no todos al arrancar
EVIDENCIA_MAXIMA = 20 * 1024 * 1024
LIBRO_MAXIMO = 10 * 1024 * 1024
LIBRO_EN_EL_PEDIDO = env.int("LIBRO_EN_EL_PEDIDO_KB", default=96) * 1024  # más grande, a la cola
# Por ruta; las demás, EVIDENCIA_MAXIMA.
SUBIDA_MAXIMA = {"matrices:subir_libro": LIBRO_MAXIMO, "matrices:subir_matriz": LIBRO_MAXIMO}
EVIDENCIA_CUOTA_SEMESTRE = env.int("EVIDENCIA_CUOTA_MB", default=2048) * 1024 * 1024
RESPALDO_LLAVE = env("RESPALDO_LLAVE", default="")  # llave pública de age de quien los guarda
ANTIVIRUS = env("ANTIVIRUS", default="")  # clamd: «/ruta/del/enchufe» o «anfitrión:puerto»
FILE_UPLOAD_HANDLERS = [
    "matrices.archivos.LimiteAlSubir",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o640

# Formularios, correo, bitácora técnica -------------------------------------------------------
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "_tabla.html"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="pesn@localhost")
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=15)
DIRECCION_PUBLICA = env(
    "PESN_DIRECCION", default=next(iter(CSRF_TRUSTED_ORIGINS), "http://localhost:8000")
).rstrip("/")
if not re.fullmatch(r"https?://[^\s/@?#]+", DIRECCION_PUBLICA):
    raise ImproperlyConfigured("PESN_DIRECCION es «https://» y el nombre público, sin más.")
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
HUELLA_DEL_SECRETO = hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:12]

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "renglon": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
            ],
        }
    },
    "handlers": {"consola": {"class": "logging.StreamHandler", "formatter": "renglon"}},
    "root": {"handlers": ["consola"], "level": env("NIVEL_DE_BITACORA", default="INFO")},
    "loggers": {
        "fontTools": {"level": "WARNING"},
        "urllib3": {"level": "ERROR"},  # sus advertencias dicen la dirección entera
        "weasyprint": {"level": "ERROR"},
        "django_structlog": {"level": "WARNING" if EN_PRUEBAS else "INFO"},
    },
}
