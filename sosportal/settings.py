"""All settings, from the environment. Production is the default; `PORTAL_MODE=demo` and `=test` name themselves.

Required in production: SECRET_KEY, DATABASE_URL, BASE_URL, ALLOWED_HOSTS, EMAIL_HOST. What is missing stops the start.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pghistory
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent

MODE = os.environ.get("PORTAL_MODE", "production")
if MODE not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"PORTAL_MODE is {MODE!r}; it must be production, demo or test.")
PRODUCTION = MODE == "production"


def required(name: str, otherwise: str) -> str:
    """The environment variable `name`; `otherwise` outside production. Raises ImproperlyConfigured when missing."""
    value = os.environ.get(name, "")
    if value:
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(
            f"Set {name} in the environment (or PORTAL_MODE=demo for a demonstration)."
        )
    return otherwise


def database(url: str) -> dict[str, object]:
    """Django's database settings for a libpq connection URL. Raises ImproperlyConfigured when it can't be read."""
    try:
        parts = conninfo_to_dict(url)
    except Exception as error:
        raise ImproperlyConfigured(
            "DATABASE_URL can't be read; form: postgresql://user:password@host/name"
        ) from error
    known = {
        "dbname": "NAME",
        "user": "USER",
        "password": "PASSWORD",
        "host": "HOST",
        "port": "PORT",
    }
    settings: dict[str, object] = {
        "ENGINE": "django.db.backends.postgresql",
        **{known[key]: str(value) for key, value in parts.items() if key in known},
        "OPTIONS": {
            # Decision 0006: a statement is planned once per connection, not each time it is asked.
            "server_side_binding": True,
            "prepare_threshold": 5,
            **{key: value for key, value in parts.items() if key not in known},
        },
        "CONN_MAX_AGE": int(os.environ.get("CONN_MAX_AGE", "0")),
        "CONN_HEALTH_CHECKS": True,
    }
    return settings


# --- Identity -----------------------------------------------------------------------------------------------------

SECRET_KEY = required("SECRET_KEY", "only-for-demonstration-and-tests-never-for-real-data-0123456789")
DEBUG = False
BASE_URL = required("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = required("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SITE_NAME = "緊急配布要請ポータル"
HELPDESK_TELEPHONE = os.environ.get("HELPDESK_TELEPHONE", "0120-000-000")
HELPDESK_HOURS = os.environ.get("HELPDESK_HOURS", "平日 9:30〜17:00")

# --- Applications -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "sosportal.lib",
    "institutions",
    "surveys",
    "requests_app",
    "sosportal.admin.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_q",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "sosportal.middleware.name_requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sosportal.middleware.CompressPages",
    "csp.middleware.CSPMiddleware",
    "sosportal.middleware.keep_out_of_caches",
    "sosportal.middleware.refuse_unreadable_input",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "sosportal.urls"
WSGI_APPLICATION = "sosportal.wsgi.application"

# The portal's pages are Jinja2 in templates/portal, the admin's Django templates in templates/django.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "portal"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "sosportal.templating.environment",
            "context_processors": ["sosportal.pages.frame"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"guide": "sosportal.templating"},
        },
    },
]

# --- Database, cache ----------------------------------------------------------------------------------------------

# The run-time role owns nothing; DATABASE_AS_OWNER=1 (migrations) connects by DATABASE_OWNER_URL instead.
_database_variable = "DATABASE_OWNER_URL" if os.environ.get("DATABASE_AS_OWNER") == "1" else "DATABASE_URL"
DATABASES = {"default": database(required(_database_variable, "postgresql://sosportal_app@/sosportal"))}
RUNTIME_ROLE = os.environ.get("DATABASE_RUNTIME_ROLE", "sosportal_app")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# allauth counts log-in attempts in the cache: shared by every process, so it stands in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
    }
}

# --- Change history (decision 0011) -------------------------------------------------------------------------------

# References that events keep aren't searched by: an index on each would cost more than the row.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

# --- Language, time -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語")]
USE_I18N = True
FORMAT_MODULE_PATH = ["sosportal.lib.formats"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

# --- People -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "institutions.User"
AUTHENTICATION_BACKENDS = ["institutions.accounts.PortalAuthenticationBackend"]
PASSWORD_HASHERS = [
    "sosportal.lib.hashers.PortalArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if MODE == "test":  # a good hash takes its time, and tests make thousands
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "institutions.passwords.ManualPasswordValidator"},
    {"NAME": "institutions.passwords.UnlikeUserValidator"},
    {"NAME": "institutions.passwords.UncommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

# Log-in attempts are counted per address: behind a proxy, its own address would stand for everybody's.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "0"))
ACCOUNT_ADAPTER = "institutions.accounts.PortalAccountAdapter"
ACCOUNT_FORMS = {
    "login": "institutions.forms.account.LoginForm",
    "reset_password": "institutions.forms.account.ResetPasswordForm",
    "reset_password_from_key": "institutions.forms.account.ResetPasswordKeyForm",
    "change_password": "institutions.forms.account.ChangePasswordForm",
    "reauthenticate": "institutions.forms.account.ReauthenticateForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_PRESERVE_USERNAME_CASING = True

# --- Sessions, cookies, headers -----------------------------------------------------------------------------------

_https = urlsplit(BASE_URL).scheme == "https"
if PRODUCTION and not _https:
    raise ImproperlyConfigured("BASE_URL must begin with https:// in production.")
SESSION_ENGINE = "sosportal.lib.sessions"
SESSION_COOKIE_AGE = 8 * 60 * 60  # seconds
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "sosportal.pages.csrf_failure"
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^health/$"]  # monitors on the machine itself speak plain HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# --- Static files -------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = MODE == "test"  # tests collect nothing
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if MODE == "test"
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# --- Mail ---------------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "no-reply@sosportal.example")
NOTICES_PATH = "/account/notices/"  # where people say how they want to be told; stands below such mails
EMAIL_SUBJECT_PREFIX = "【緊急配布要請ポータル】"
EMAIL_TIMEOUT = 8  # seconds; below the worker's own limit
EMAIL_HOST = required("EMAIL_HOST", "console")
if EMAIL_HOST == "console":
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS", "1") == "1"

# --- Queue --------------------------------------------------------------------------------------------------------

# A wake-up call, never the record: docs/decisions tells why these four figures are what they are.
Q_CLUSTER = {
    "name": "sosportal",
    "orm": "default",
    "workers": 2,
    "timeout": 30,  # seconds
    "retry": 120,  # seconds; above timeout
    "queue_limit": 1,
    "bulk": 1,
    "poll": 1,  # seconds
    "recycle": 500,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": 1000,
    "time_zone": TIME_ZONE,
}

# --- Logs ---------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "sosportal.lib.logs.OneLineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "filters": {"refused": {"()": "sosportal.lib.logs.RefusedIsNoError"}},
    "loggers": {
        "django-q": {"level": "WARNING"},  # else one line per task
        # Addresses that somebody made up: they are answered with 400, and nothing is broken.
        "django.security.DisallowedModelAdminLookup": {"filters": ["refused"]},
        "django.security.DisallowedModelAdminToField": {"filters": ["refused"]},
    },
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
