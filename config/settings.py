"""All settings, in one file; what differs between machines comes from the environment.

Production is the default: whoever wants less protection has to say so. `.env.example` lists
the variables an operator sets.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from config.env import Environment
from config.logs import configure_structlog, logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = Environment()
TOLLGATE_VERSION = "0.1.0"

# -- The process ---------------------------------------------------------------------------

SECRET_KEY = ENV.text("TOLLGATE_SECRET_KEY")
# Wraps the keys of personal data. Web, workers and enrollment need it; others do without.
PERSONAL_KEY = ENV.text("TOLLGATE_PERSONAL_KEY", "")
# Opens, too, while one key replaces the other (`manage.py personal_key`).
PERSONAL_KEY_OTHER = ENV.text("TOLLGATE_PERSONAL_KEY_OTHER", "")
DEBUG = ENV.flag("TOLLGATE_DEBUG", default=False)
ALLOWED_HOSTS = ENV.words("TOLLGATE_ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = ENV.words("TOLLGATE_CSRF_TRUSTED_ORIGINS")

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

INSTALLED_APPS = [
    "licenses",
    "customers",
    "audits",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
]

MIDDLEWARE = [
    "config.leftovers.ReadLeftovers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "audits.api.access_log.AccessLog",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
        },
    },
]

# -- Transport security --------------------------------------------------------------------

HTTPS_ONLY = ENV.flag("TOLLGATE_HTTPS_ONLY", default=True)
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # probes ask the process itself, without TLS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS_ONLY else 0  # two years
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
if ENV.flag("TOLLGATE_BEHIND_TLS_PROXY", default=False):
    # Only where a proxy sets this header itself, whatever the client sent.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
    },
}

# -- Database ------------------------------------------------------------------------------

_ADDRESS = ENV.postgres("DATABASE_URL")
_POOL_MAX = ENV.whole("DATABASE_POOL_MAX", 8)
_SESSION = {
    "lock_timeout": f"{ENV.whole('DATABASE_LOCK_TIMEOUT_MS', 5_000)}ms",
    "statement_timeout": f"{ENV.whole('DATABASE_STATEMENT_TIMEOUT_MS', 30_000)}ms",
    "idle_in_transaction_session_timeout": f"{ENV.whole('DATABASE_IDLE_TIMEOUT_MS', 60_000)}ms",
}
if _ROLE := ENV.text("DATABASE_ROLE", ""):
    _SESSION["role"] = _ROLE
_DATABASE_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    **_ADDRESS.options,
    "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
}
if _POOL_MAX:
    # Opened by the first query, so after a server has forked; 0 means a connection a request.
    _DATABASE_OPTIONS["pool"] = {
        "min_size": ENV.whole("DATABASE_POOL_MIN", 1),
        "max_size": _POOL_MAX,
        "timeout": 5,  # seconds that a request waits for a connection before it fails
        "max_idle": 300,
        "max_lifetime": 3_600,
    }

DATABASES = {
    "default": {
        "ENGINE": "config.postgresql",
        "NAME": _ADDRESS.name,
        "USER": _ADDRESS.user,
        "PASSWORD": _ADDRESS.password,
        "HOST": _ADDRESS.host,
        "PORT": _ADDRESS.port,
        "ATOMIC_REQUESTS": False,  # a handler's transaction is the unit, not a request
        "CONN_MAX_AGE": 0,  # the pool keeps connections
        "CONN_HEALTH_CHECKS": False,  # the backend above checks what the pool hands out
        "OPTIONS": _DATABASE_OPTIONS,
    },
}

# -- Tasks ---------------------------------------------------------------------------------

CELERY_BROKER_URL = ENV.celery_broker("REDIS_URL")
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever
# A message is only a hint that work is due: losing one costs a moment, waiting to send one
# would hold up a request. So sending is tried once and briefly.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "visibility_timeout": 600,
    "max_retries": 0,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # Whatever is due and had no message, or whose message was lost; `manage.py sweep --watch`
    # looks more often, and this one looks for it.
    "sweep": {"task": "audits.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "logins": {"task": "audits.forget_logins", "schedule": 3_600.0, "options": {"expires": 3_600}},
    # Who was shown what becomes events, and so is sealed.
    "accesses": {"task": "audits.record_accesses", "schedule": 10.0, "options": {"expires": 10}},
    # What the log's events refer to, so that lineage finds what came of something.
    "references": {"task": "audits.refer", "schedule": 30.0, "options": {"expires": 30}},
    # Each audit has a work item for every slot of its own time; the sweep runs them.
    "audits": {"task": "audits.schedule", "schedule": 60.0, "options": {"expires": 60}},
}

# -- Sealing -------------------------------------------------------------------------------

# The packages whose files are the program; their hash is recorded.
OWN_PACKAGES = ["licenses", "customers", "audits"]
# The name of this log in its checkpoints and keys: no other log may have the same.
TOLLGATE_LOG_ORIGIN = ENV.text("TOLLGATE_LOG_ORIGIN", "tollgate.invalid/log")
# Where the sealer keeps what it published: a file outside the database, and best outside its machine.
TOLLGATE_CHECKPOINT_STORE = ENV.text("TOLLGATE_CHECKPOINT_STORE", "")
# Where that is a bucket (s3://bucket/prefix): how long nobody can delete a checkpoint from it.
TOLLGATE_CHECKPOINT_RETENTION_DAYS = ENV.whole(
    "TOLLGATE_CHECKPOINT_RETENTION_DAYS", 3_650, at_least=1
)
# Where the sealer writes tiles and checkpoint as files, from which web serves them; none: no files.
TOLLGATE_TILE_DIRECTORY = ENV.text("TOLLGATE_TILE_DIRECTORY", "")
# The signer's socket, and the directory of its keys: for the signer and its operator alone.
TOLLGATE_SIGNER_SOCKET = ENV.text("TOLLGATE_SIGNER_SOCKET", "")
TOLLGATE_SIGNER_DIRECTORY = ENV.text("TOLLGATE_SIGNER_DIRECTORY", "")
# Who else sees every checkpoint: `<verifier key> <address>`, separated by commas, and how many of
# them must have cosigned one before it counts as witnessed.
TOLLGATE_WITNESSES = ENV.words("TOLLGATE_WITNESSES")
TOLLGATE_WITNESS_QUORUM = ENV.whole("TOLLGATE_WITNESS_QUORUM", len(TOLLGATE_WITNESSES))
# Signs the receipts of commands: 32 random bytes in base64, for the web service alone.
TOLLGATE_RECEIPT_KEY = ENV.text("TOLLGATE_RECEIPT_KEY", "")

# -- People --------------------------------------------------------------------------------

AUTH_USER_MODEL = "audits.Person"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

LOGIN_URL = "log-in"
LOGIN_REDIRECT_URL = "deals"
SESSION_COOKIE_AGE = 8 * 3_600  # seconds; as long as a token of the API
# Whom the entry page of a demonstration names, for whoever started it; nobody elsewhere.
DEMONSTRATION_LOGINS = ENV.words("TOLLGATE_DEMONSTRATION_LOGINS")

# -- REST ----------------------------------------------------------------------------------

APPEND_SLASH = False  # a redirect would lose the body of a POST; a wrong address is not found

# Counts of throttles: more names and addresses than anybody can try before they are forgotten.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["audits.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "audits.api.schema.OperationSchema",
    "DEFAULT_THROTTLE_RATES": {
        "sessions": ENV.text("TOLLGATE_LOGIN_RATE", "60/minute"),
        "account": ENV.text("TOLLGATE_ACCOUNT_RATE", "20/hour"),
        "past": ENV.text("TOLLGATE_PAST_RATE", "60/minute"),
    },
    # So many proxies of ours add the address that they saw; whatever else a client sends is not believed.
    "NUM_PROXIES": ENV.whole("TOLLGATE_PROXIES", 0),
    "EXCEPTION_HANDLER": "config.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}
REST_KNOX = {"TOKEN_TTL": timedelta(hours=8), "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tollgate",
    "DESCRIPTION": "Licensed exports of AI accelerators, from application to remittance.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": ["audits.api.schema.complete"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# -- Static files and logs -----------------------------------------------------------------

STATIC_URL = "static/"
# From source: straight out of the packages, without `collectstatic`; for development machines.
WHITENOISE_USE_FINDERS = ENV.flag("TOLLGATE_STATIC_FROM_SOURCE", default=False)
STATIC_ROOT = None if WHITENOISE_USE_FINDERS else BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
configure_structlog()
LOGGING = logging_settings(ENV.text("TOLLGATE_LOG_LEVEL", "INFO"))
