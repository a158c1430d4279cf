"""What goes into a support bundle: named things only, before the veil."""

import platform
from base64 import b64encode
from importlib import metadata
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.db import connection as database
from django.db.models import BooleanField, Count, QuerySet

from icloud_sync.fields import DecryptionError
from icloud_sync.models import ICloudConnection, SyncLogEntry
from icloud_sync.remote.transport import VERSION

LOG_ENTRIES = 200
RUNS = 20
SHORTEST_SECRET = 4
PACKAGES = ("caldav", "niquests", "icalendar", "django-q2", "lxml", "cryptography")
SHOWN_SETTINGS = (
    "DEBUG",
    "ALLOWED_HOSTS",
    "PUBLIC_URL",
    "TIME_ZONE",
    "ICLOUD_SERVER_URL",
    "ICLOUD_ALLOWED_HOSTS",
    "ICLOUD_WINDOW_DAYS_BACK",
    "ICLOUD_WINDOW_DAYS_AHEAD",
    "ICLOUD_POLL_SECONDS",
    "ICLOUD_POLL_MAX_SECONDS",
)
# Of what a log entry kept of an event: when it is, never what, where or with whom.
WHEN = ("starts_at", "ends_at", "starts_on", "ends_on")


def machine() -> dict[str, Any]:
    return {
        "Referins": VERSION,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "Django": django.get_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "database": database.vendor,
        "queue": "Redis" if settings.REDIS_URL else "the database",
        "keys": len(settings.FIELD_ENCRYPTION_KEYS),
        "settings": {name: getattr(settings, name) for name in SHOWN_SETTINGS},
    }


def secrets_of(connections: list[ICloudConnection]) -> frozenset[str]:
    """All that must never be met in a bundle, however it got into a text."""
    found = {settings.SECRET_KEY, *settings.FIELD_ENCRYPTION_KEYS}
    found |= {str(settings.DATABASES["default"].get("PASSWORD") or "")}
    found |= {unquote(urlsplit(settings.REDIS_URL).password or "")}
    for connection in connections:
        try:
            password = str(connection.app_password)
        except DecryptionError:
            continue
        pair = f"{connection.apple_id}:{password}".encode()
        found |= {password, b64encode(pair).decode()}
    return frozenset(secret for secret in found if len(secret) >= SHORTEST_SECRET)


def state_of(connection: ICloudConnection) -> dict[str, Any]:
    return {
        "id": connection.pk,
        "apple_id": connection.apple_id,
        "server": connection.server_url,
        "home": connection.home_url,
        "status": connection.status,
        "status_reason": connection.status_reason,
        "status_since": connection.status_since,
        "serves": connection.serves,
        "switches": switches_of(connection),
        "calendars": connection.calendars.count(),
        "created_at": connection.created_at,
        "last_success_at": connection.last_success_at,
        "last_activity_at": connection.last_activity_at,
        "next_poll_at": connection.next_poll_at,
        "failures": connection.failures,
        "lease_until": connection.lease_until,
        "collections": [collection_of(row) for row in connection.collections.all()],
        "resources": counts(connection.resources.all(), "state"),
        "outbox": counts(connection.outbox.all(), "state"),
        "outbox_errors": list(
            counts(connection.outbox.exclude(last_error=""), "last_error").items()
        ),
        "runs": list(
            connection.runs.values("direction", "outcome", "started_at", "finished_at", "error")[
                :RUNS
            ]
        ),
    }


def switches_of(connection: ICloudConnection) -> dict[str, bool]:
    fields = (one for one in connection._meta.concrete_fields if isinstance(one, BooleanField))
    return {one.name: getattr(connection, one.name) for one in fields}


def collection_of(row: Any) -> dict[str, Any]:
    return {
        "href": row.href,
        "name": f"“{row.name}”",
        "role": row.role,
        "can_write": row.can_write,
        "has_token": bool(row.sync_token),
        "missing_since": row.missing_since,
        "holds": row.holds,
        "resources": counts(row.resources.all(), "state"),
    }


def counts(rows: QuerySet[Any], by: str) -> dict[str, int]:
    numbers = rows.order_by().values_list(by).annotate(number=Count("pk"))
    return dict(numbers.order_by("-number", by)[:RUNS])


def log_of(connection: ICloudConnection | None, with_titles: bool) -> list[dict[str, Any]]:
    rows = SyncLogEntry.objects.order_by("-created_at", "-pk")
    rows = rows.filter(connection=connection) if connection else rows
    return [entry_of(entry, with_titles) for entry in rows[:LOG_ENTRIES]]


def entry_of(entry: SyncLogEntry, with_titles: bool) -> dict[str, Any]:
    return {
        "at": entry.created_at,
        "connection": entry.connection_id,
        "direction": entry.direction,
        "action": entry.action,
        "outcome": entry.outcome,
        "message": entry.message,
        "appointment": entry.appointment_id,
        "slot": entry.slot_id,
        "resource": entry.resource_id,
        "before": kept(entry.before, with_titles),
        "after": kept(entry.after, with_titles),
    }


def kept(values: Any, with_titles: bool) -> dict[str, Any] | None:
    if not isinstance(values, dict):
        return None
    names = (*WHEN, "title") if with_titles else WHEN
    return {name: values[name] for name in names if name in values}
