"""Settings, read from the environment by typed readers; docs/settings.md explains every name.

Three modes (STUDIO_MODE): `demo` is what `make run` starts, `production` refuses to start with
anything missing and refuses the demo shop, `test` is for the test run.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from studio.logs import SHARED_PROCESSORS

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

MODE = env.str("STUDIO_MODE", default="production")
if MODE not in {"demo", "production", "test"}:
    raise ImproperlyConfigured(f"STUDIO_MODE is {MODE!r}; it must be demo, production or test.")
IS_DEMO = MODE == "demo"
IS_PRODUCTION = MODE == "production"
IS_TEST = MODE == "test"


def required(name: str, stand_in: str) -> str:
    """The setting `name`; production has no default for it, the other modes use `stand_in`."""
    value = env.str(name, default="")
    if value:
        return value
    if IS_PRODUCTION:
        raise ImproperlyConfigured(f"{name} is not set. Production needs it; see docs/settings.md.")
    return stand_in


SECRET_KEY = required("SECRET_KEY", "only-for-demo-and-test-never-for-production-000000000000")
PUBLIC_URL = required("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
STUDIO_DATA = Path(env.str("STUDIO_DATA", default=str(BASE_DIR / ".data")))
DEBUG = False

_public_host = urlsplit(PUBLIC_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["*"] if not IS_PRODUCTION else [_public_host, "localhost", "127.0.0.1"]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "studio.foundation",
    "studio.staff",
    "studio.outbox",
    "customers",
    "bookings",
    "workflow",
    "complaints",
    "studio.desk",
    "studio.dashboards",
    *(["studio.demo"] if not IS_PRODUCTION else []),
    "studio.apps.StudioAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",  # the form renderer looks for the widgets' templates among the apps
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_prometheus",
    "django_structlog",
    "pgtrigger",
    "pghistory",
    "phonenumber_field",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "studio.foundation.middleware.PreferencesMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "studio.staff.middleware.ActorMiddleware",
    "studio.staff.views.who.EveryPressIsSigned",
    "django_structlog.middlewares.RequestMiddleware",
    "studio.foundation.middleware.AnswersMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "studio.urls"
WSGI_APPLICATION = "studio.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "studio.foundation.context.preferences",
                "studio.staff.context.who",
            ],
            "builtins": ["django.templatetags.i18n", "studio.foundation.templatetags.studio"],
        },
    }
]

# --- Database -------------------------------------------------------------------------------
DATABASES = {
    "default": env.db_url_config(required("DATABASE_URL", "postgres://shouwen@127.0.0.1/shouwen"))
    | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
    }
}
_options = DATABASES["default"].setdefault("OPTIONS", {})
_options["options"] = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "statement_timeout": env.str("DATABASE_STATEMENT_TIMEOUT", default="5s"),
        "lock_timeout": env.str("DATABASE_LOCK_TIMEOUT", default="3s"),
        "idle_in_transaction_session_timeout": "30s",
        "synchronous_commit": "on",
    }.items()
)
if env.bool("DATABASE_POOL", default=False):
    # The web only. A connection is waited for shortly: better a clear answer than a queue.
    _options["pool"] = {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=8), "timeout": 5}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The cache is the database: nobody fails to sign in because the broker is away.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "foundation_cache",
        "TIMEOUT": 300,
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365

# --- Signing in -----------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk:today"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "studio.staff.sign_in.StudioAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
# A whole shop sits behind one address: the limit that guards is the one per user name.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "200/m/ip,6/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Shouwen"
USERSESSIONS_TRACK_ACTIVITY = False

# --- Languages and time ---------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"  # only where no branch is known; every page uses its branch's zone
PHONENUMBER_DEFAULT_REGION = "CN"
PHONENUMBER_DB_FORMAT = "E164"

# --- Static files, uploads ------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = STUDIO_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = STUDIO_DATA / "uploads"  # never under an address: uploads go out only behind an access check
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_TEST
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = IS_TEST
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 600

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- Safety ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if _https and IS_PRODUCTION else 0)
CSRF_FAILURE_VIEW = "studio.foundation.answers.csrf_failure"

# --- The outbox: the order of times is checked by studio.outbox.checks ----------------------
# gateway timeout < soft limit < hard limit < lease < visibility timeout. A test of faults may
# divide all of them by one number, so that the order stays.
_speed = env.float("STUDIO_TIMES_DIVIDED_BY", default=1.0)
OUTBOX_GATEWAY_TIMEOUT_SECONDS = 10 / _speed
CELERY_TASK_SOFT_TIME_LIMIT = 30 / _speed
CELERY_TASK_TIME_LIMIT = 45 / _speed
OUTBOX_LEASE_SECONDS = 60 / _speed
OUTBOX_VISIBILITY_SECONDS = 120 / _speed
OUTBOX_DISPATCH_SECONDS = 2 / _speed
OUTBOX_BATCH = 20
# A gateway that was not reached is tried again after these pauses, the last one over and over.
OUTBOX_BACK_OFF_SECONDS = [seconds / _speed for seconds in (15, 60, 300, 900)]
# The dispatcher sends by itself what it rang for this long ago, or when ringing takes longer than
# that, and leaves a broker alone for a while after it failed.
OUTBOX_RUNG_SECONDS = 5 / _speed
OUTBOX_RING_SECONDS = 2 / _speed
OUTBOX_BROKER_REST_SECONDS = 10 / _speed
# A gateway that failed this often in a row rests for these pauses, one after the other; one that does not
# let us in (a wrong secret) for the longest.
OUTBOX_FAILURES_BEFORE_REST = 5
OUTBOX_REST_SECONDS = [seconds / _speed for seconds in (15, 60, 300, 900)]
# At most so many messages of a batch are spoken at once, each on a thread of its own.
OUTBOX_CONCURRENCY = 20
# How often a planner is due that says nothing else is divided like all times.
OUTBOX_SPEED = _speed
OUTBOX_HEARTBEAT_SECONDS = 5 / _speed
OUTBOX_STANDS_STILL_AFTER = {"dispatcher": 60 / _speed, "beat": 90 / _speed}

# --- Celery ---------------------------------------------------------------------------------
CELERY_BROKER_URL = required("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30 / _speed
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": OUTBOX_VISIBILITY_SECONDS,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
}
CELERY_TASK_DEFAULT_QUEUE = "studio"
CELERY_TIMEZONE = "UTC"

# --- The sink: where the demo shop's messages arrive ----------------------------------------
SINK_HTTP_PORT = env.int("SINK_HTTP_PORT", default=8025)
SINK_SMTP_PORT = env.int("SINK_SMTP_PORT", default=8026)
DEMO_DAYS_BEHIND = env.int("DEMO_DAYS_BEHIND", default=90)

# --- Logs -----------------------------------------------------------------------------------
structlog.configure(
    processors=[*SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
            "foreign_pre_chain": SHARED_PROCESSORS,
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "faker": {"level": "WARNING"},
        "django_structlog": {"level": "WARNING"},
        # It names the address of a request that it could not handle: through our formatter, like all others.
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
