"""One switch stops all sync at once (D21): nobody gets a lease, and whoever has one loses it."""

from django.db import transaction
from django.utils import timezone

from calendars.models import User
from icloud_sync.models import ICloudConnection, Stop, SyncLogEntry


def stopped() -> Stop | None:
    return Stop.objects.select_related("by").first()


@transaction.atomic
def stop(reason: str, *, actor: User | None = None) -> None:
    """Once is enough. What people do meanwhile waits in the outbox."""
    if stopped():
        return
    Stop.objects.create(pk=1, reason=reason[:500], by=actor)
    ICloudConnection.objects.exclude(lease_owner="").update(lease_owner="", lease_until=None)
    note("stop", f"Stopped all sync. {reason}".strip(), actor)


@transaction.atomic
def start(*, actor: User | None = None) -> None:
    """Whatever became due meanwhile is due at once; polls are spread as they were."""
    if not Stop.objects.all().delete()[0]:
        return
    now = timezone.now()
    ICloudConnection.objects.filter(next_poll_at__lt=now).update(next_poll_at=now)
    note("start", "Started sync again.", actor)


def note(action: str, message: str, actor: User | None) -> None:
    SyncLogEntry.objects.create(
        direction=SyncLogEntry.Direction.PUSH,
        action=action,
        outcome=SyncLogEntry.Outcome.DONE,
        message=f"{message}{f' By {actor}.' if actor else ''}",
        actor=actor,
    )


def sentence() -> str:
    """For everybody who looks; "" while all is well."""
    found = stopped()
    if found is None:
        return ""
    by = f" by {found.by}" if found.by else ""
    reason = f": {found.reason}" if found.reason else ""
    return (
        f"All sync is stopped since {found.since:%Y-%m-%d %H:%M} UTC{by}{reason}. What is "
        "changed in Referins waits, and goes out once sync is started again."
    )
