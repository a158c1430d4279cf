"""All settings, read from the environment (or from a `.env` file beside manage.py).

A value that cannot work stops the start with one sentence that says what to do.
"""

from pathlib import Path
from typing import Any

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(str(BASE_DIR / ".env"))


def required(name: str, hint: str) -> str:
    """A setting nobody may guess for us; `make setup` writes one for this machine."""
    value = str(env.str(name, default=""))
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. {hint} `make setup` writes a .env file with one."
        )
    return value


def boolean(name: str, default: bool) -> bool:
    word = str(env.str(name, default=str(default))).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off", ""):
        return False
    raise ImproperlyConfigured(f"{name}={word!r} is neither on nor off. Write on or off.")


def whole_number(name: str, default: int, least: int = 1) -> int:
    word = str(env.str(name, default=str(default))).strip()
    if not word.isdigit() or int(word) < least:
        raise ImproperlyConfigured(f"{name}={word!r} is not a whole number of at least {least}.")
    return int(word)


def database(url_name: str, default: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = env.db_url(url_name, default=default)
    except Exception as error:
        raise ImproperlyConfigured(
            f"{url_name} cannot be read: write sqlite:////path/to/file.sqlite3 or "
            "postgres://user:password@host:5432/name."
        ) from error
    engine = found.get("ENGINE", "")
    if engine not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
        raise ImproperlyConfigured(
            f"{url_name} names a database we do not support: use sqlite:// or postgres://."
        )
    if engine.endswith("sqlite3"):
        # IMMEDIATE is what keeps writers from failing with "database is locked":
        # a deferred read-then-write transaction fails at once, whatever the timeout.
        found["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        }
    return found


def encryption_keys() -> list[str]:
    keys = [
        key.strip()
        for key in required(
            "FIELD_ENCRYPTION_KEYS", "It encrypts the stored iCloud passwords."
        ).split(",")
        if key.strip()
    ]
    for key in keys:
        try:
            Fernet(key.encode())
        except ValueError as error:
            raise ImproperlyConfigured(
                "FIELD_ENCRYPTION_KEYS holds something that is not a Fernet key. Make one "
                'with: python -c "from cryptography.fernet import Fernet; '
                'print(Fernet.generate_key().decode())"'
            ) from error
    return keys


DEBUG = boolean("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "It signs sessions and queued tasks.")
FIELD_ENCRYPTION_KEYS = encryption_keys()
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else []
)

# --- iCloud ---------------------------------------------------------------------------
# Off takes the whole app out: the product then works on its own.
ICLOUD_SYNC_ENABLED = boolean("ICLOUD_SYNC_ENABLED", default=True)
ICLOUD_SERVER_URL: str = env.str("ICLOUD_SERVER_URL", default="https://caldav.icloud.com/")
ICLOUD_ALLOWED_HOSTS: list[str] = [
    host.strip().lower() for host in env.list("ICLOUD_ALLOWED_HOSTS", default=[]) if host.strip()
]
# How far events come in (D10), and how often we look (D22).
ICLOUD_WINDOW_DAYS_BACK = whole_number("ICLOUD_WINDOW_DAYS_BACK", default=30)
ICLOUD_WINDOW_DAYS_AHEAD = whole_number("ICLOUD_WINDOW_DAYS_AHEAD", default=548)
ICLOUD_POLL_SECONDS = whole_number("ICLOUD_POLL_SECONDS", default=60)
ICLOUD_POLL_MAX_SECONDS = whole_number("ICLOUD_POLL_MAX_SECONDS", default=900)
# How many days the sync log is kept, with all that can be restored from it, and passed Blocked
# Slots that came from iCloud; where the window reaches back further, it wins (D10).
SYNC_LOG_DAYS = whole_number("SYNC_LOG_DAYS", default=400)
SLOT_PAST_DAYS = whole_number("SLOT_PAST_DAYS", default=400)
# What one account may cost: requests a minute, and at once after a rest (an import).
ICLOUD_REQUESTS_PER_MINUTE = whole_number("ICLOUD_REQUESTS_PER_MINUTE", default=240, least=6)
ICLOUD_REQUESTS_BURST = whole_number("ICLOUD_REQUESTS_BURST", default=250)
# Mail to staff (a guard waits, …), as smtp+tls://user:password@host:587; printed where unset.
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="referins@localhost")
# Links in pushed events lead here ("URL back to the appointment", D11).
PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://localhost:8000").rstrip("/")

INSTALLED_APPS = [
    "referins",
    "calendars",
    *(["icloud_sync"] if ICLOUD_SYNC_ENABLED else []),
    "icloud_standin",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "calendars.middleware.OwnTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "referins.urls"
WSGI_APPLICATION = "referins.wsgi.application"
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
                *(
                    [
                        "icloud_sync.outages.in_templates",
                        "icloud_sync.guards.notices.in_templates",
                        "icloud_sync.heartbeat.in_templates",
                    ]
                    if ICLOUD_SYNC_ENABLED
                    else []
                ),
            ]
        },
    }
]

DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "calendars.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["referins.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True  # no collectstatic step before a first look

# --- The task queue -------------------------------------------------------------------
# The queue only says "look now"; what must be done stands in our own tables. So a lost
# or doubled task costs time, never an edit, and our own back-off decides about repeats.
REDIS_URL: str = env.str("REDIS_URL", default="")
Q_CLUSTER: dict[str, Any] = {
    "name": "referins",
    "workers": 2,
    "timeout": 120,
    "retry": 180,  # longer than timeout plus the longest wait in memory
    "queue_limit": 2,  # prefetched tasks count against retry
    "bulk": 1,
    "poll": 0.5,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": -1,
    "recycle": 500,
    "label": "Task queue",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
