"""How states, links and counts look in the lists. Colour never says anything alone."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil

from icloud_sync.models import ICloudConnection

STYLES = {"all": ["icloud_sync/admin.css"]}
GOOD, WARN, BAD, QUIET = "good", "warn", "bad", "quiet"
ICONS = {GOOD: "icon-yes", WARN: "icon-alert", BAD: "icon-no", QUIET: "icon-unknown"}


def mark(kind: str, label: str) -> SafeString:
    """A state: an icon of Django's own, and the word that says the same."""
    return format_html(
        '<span class="mark mark-{}"><img src="{}" alt=""> {}</span>',
        kind,
        static(f"admin/img/{ICONS[kind]}.svg"),
        label,
    )


def ago(moment: datetime) -> SafeString:
    """3 hours ago, in 5 minutes, now; the exact time where one points at it."""
    now = timezone.now()
    if abs(now - moment) < timedelta(minutes=1):
        words = "now" if moment > now else "just now"
    elif moment < now:
        words = f"{timesince(moment, now, depth=1)} ago"
    else:
        words = f"in {timeuntil(moment, now, depth=1)}"
    exact = f"{moment:%Y-%m-%d %H:%M} UTC"
    template = '<time datetime="{}" title="{}">{}</time>'
    return format_html(template, moment.isoformat(), exact, words)


def change_link(row: Model | None, text: str = "") -> SafeString | str:
    if row is None:
        return "–"
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text or str(row))


def account_link(connection: ICloudConnection) -> SafeString | str:
    """By the user's name: short enough for a column."""
    return change_link(connection, str(connection.user))


def count_link(number: int, model: type[Model], **where: Any) -> SafeString | str:
    """A number that leads to the rows behind it; nothing to click where there are none."""
    return format_html('<a href="{}">{}</a>', list_url(model, **where), number) if number else "0"


def list_url(model: type[Model], **where: Any) -> str:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{urlencode(where)}" if where else url
