"""What LeadOps runs with. Everything that differs between hosts comes from the environment.

``DATABASE_URL`` and ``LEADOPS_OWNER_URL`` name a database and its owner; with neither, the
embedded server is used (see `leadops.database`). ``LEADOPS_SECRET_KEY``, ``LEADOPS_HOSTS``,
``LEADOPS_HTTPS``, ``LEADOPS_PROXIED``, ``LEADOPS_DEBUG``, ``LEADOPS_MAIL_URL``,
``LEADOPS_DEMO`` and ``LEADOPS_DATA`` are the rest. ``LEADOPS_URL`` is where people reach the house, for
links in mails. ``LEADOPS_SECOND_FACTOR`` asks managers and RevOps for a code; ``LEADOPS_SSO_URL``,
``LEADOPS_SSO_CLIENT_ID`` and ``LEADOPS_SSO_CLIENT_SECRET`` name an OpenID Connect provider, whose address
to come back to is ``/sign-in/company/back/``.
"""

import os
from datetime import timedelta

from django.utils.csp import CSP

from leadops import database
from leadops.environment import mailer, secret_key, switch

BASE_DIR = database.BASE
DATA_DIR = database.data_folder()
DEBUG = switch("LEADOPS_DEBUG")
HTTPS = switch("LEADOPS_HTTPS") or switch("LEADOPS_PROXIED")


SECRET_KEY = secret_key(DEBUG)
ALLOWED_HOSTS = os.environ.get("LEADOPS_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
# Where people reach this house from outside a page: links in mails.
LEADOPS_URL = os.environ.get("LEADOPS_URL") or f"http{'s' * HTTPS}://{ALLOWED_HOSTS[0]}"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS and host != "*"]

INSTALLED_APPS = [
    "leadops.apps.LeadOpsConfig",
    "reporting",
    "meetings",
    "leads",
    "accounts",
    "leadops.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "django_q",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SignInFirst",
    "accounts.middleware.in_whose_name",
    "accounts.middleware.in_their_zone",
    "accounts.middleware.say_which_method",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.while_it_lasts",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "leadops.urls"
WSGI_APPLICATION = "leadops.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "leadops.templates.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.frame",
            ],
        },
    },
]

# The database. The application's role may not change records; only commands that reshape tables
# run as their owner, and `manage.py` decides which those are.

LEADOPS_DB_ROLE = os.environ.get("LEADOPS_DB_ROLE", "app")
if database.is_external():
    _application = database.settings_for(os.environ["DATABASE_URL"])
    _owner_url = os.environ.get("LEADOPS_OWNER_URL")
    LEADOPS_RECORDS_GUARDED = bool(_owner_url)
    LEADOPS_APP_ROLE = _application["USER"] if _owner_url else database.APPLICATION
    _address = database.settings_for(_owner_url) if _owner_url and LEADOPS_DB_ROLE == "owner" else _application
else:
    LEADOPS_RECORDS_GUARDED = True
    LEADOPS_APP_ROLE = database.APPLICATION
    _address = database.settings_for(database.url(LEADOPS_DB_ROLE))

DATABASES = {
    # With `prepare_threshold` a statement of `accounts.prepared` may be planned once a connection; others are never.
    "default": _address
    | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "OPTIONS": _address["OPTIONS"] | {"prepare_threshold": 5}},
}

# Made-up people live in the embedded database, and elsewhere where someone says so.
LEADOPS_DEMO = switch("LEADOPS_DEMO") if "LEADOPS_DEMO" in os.environ else not database.is_external()

# People.

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.sign_in.People"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Too many wrong passwords (`accounts.lockout`), a second factor, the company's own sign-in.

LEADOPS_PROXIED = switch("LEADOPS_PROXIED")
LEADOPS_SECOND_FACTOR = switch("LEADOPS_SECOND_FACTOR")
LEADOPS_SSO_URL = os.environ.get("LEADOPS_SSO_URL", "")
LEADOPS_SSO_CLIENT_ID = os.environ.get("LEADOPS_SSO_CLIENT_ID", "")
LEADOPS_SSO_CLIENT_SECRET = os.environ.get("LEADOPS_SSO_CLIENT_SECRET", "")
AXES_HANDLER = "accounts.lockout.Counter"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_USERNAME_CALLABLE = "accounts.lockout.counted_name"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.answer"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are events of our own record
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# `accounts.sessions` ends a sign-in; this is only when its row may be forgotten.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS

# What a browser may do with our pages.

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if switch("LEADOPS_PROXIED"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Files that never change under one name.

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "leadops.static_files.Storage"
        ),
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# Time and words. Times are kept in UTC and shown in the zone of whoever looks.

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
# The company's: months are counted on its wall clock.
LEADOPS_TIME_ZONE = os.environ.get("LEADOPS_TIME_ZONE", "Europe/Berlin")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["leadops.formats"]  # 12 Oct 2026, 14:05: no month that could be a day

# Mail. Without an address nothing leaves the host.


MAILERS = {"default": mailer()}
DEFAULT_FROM_EMAIL = os.environ.get("LEADOPS_MAIL_FROM", "leadops@localhost")

# Background work. The queue only rings; `leadops.checks` holds `retry` to its formula, without
# which tasks waiting in a worker's queue would be handed out twice.

Q_CLUSTER = {
    "name": "leadops",
    "orm": "default",
    "workers": 2,
    "queue_limit": 4,
    "bulk": 1,
    "timeout": 30,
    "retry": 180,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "recycle": 500,
    "save_limit": 250,
    "poll": 0.5,
    "time_zone": "UTC",
}

# How many days a message is kept: once it was read or sent, and when nobody ever read it (`accounts/forgetting.py`).
LEADOPS_KEEP_MESSAGES = int(os.environ.get("LEADOPS_KEEP_MESSAGES", "90"))
LEADOPS_KEEP_UNREAD = int(os.environ.get("LEADOPS_KEEP_UNREAD", "365"))

# Receivers of webhooks inside the house, as host:port; all others are reached by https, and outside only.
LEADOPS_WEBHOOK_HOSTS = [host for host in os.environ.get("LEADOPS_WEBHOOK_HOSTS", "").split(",") if host]

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.doors.Key", "accounts.api.doors.Session"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.api.doors.OnlyJson",
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.Described",
    "EXCEPTION_HANDLER": "accounts.api.problems.answer",
    "NON_FIELD_ERRORS_KEY": "",
    # For one client or person; each web worker counts for itself.
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.doors.Pace"],
    "DEFAULT_THROTTLE_RATES": {"known": "1200/min"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LeadOps",
    "VERSION": "1",
    "DESCRIPTION": "Leads from the first signal to the first meeting. How to use it: docs/api.md.",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": False,
    "POSTPROCESSING_HOOKS": [],
    "SERVERS": [],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LEADOPS_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        "django.server": {"handlers": [], "propagate": True, "level": "INFO"},
        "axes": {"handlers": [], "propagate": True, "level": "ERROR"},
        "django-q": {"handlers": [], "propagate": True, "level": "WARNING"},
    },
}
