"""What staff read on their first page: that all sync is stopped, that something waits for them."""

from collections.abc import Callable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from icloud_sync.guards.holds import State
from icloud_sync.guards.stop import sentence
from icloud_sync.models import Hold


def in_templates(request: HttpRequest) -> dict[str, Callable[[], list[str | SafeString]]]:
    """Asked only where a template shows it, and only for staff."""
    user = getattr(request, "user", None)
    return {"guard_notices": find if user is not None and user.is_staff else list}


def find() -> list[str | SafeString]:
    stopped = sentence()
    found: list[str | SafeString] = [stopped] if stopped else []
    number = Hold.objects.filter(state=State.WAITING).count()
    if number:
        url = reverse("admin:icloud_sync_hold_changelist")
        what = "One removal is" if number == 1 else f"{number} removals are"
        found.append(format_html('{} held back: <a href="{}">decide</a>.', what, url))
    return found
