"""Accounts that are left alone for a while, and what a person may do all the same
(core/pause.py)."""

from datetime import datetime

from django.conf import settings
from django.db.models import F, Q

from icloud_sync.core import pause
from icloud_sync.core.budget import Rate
from icloud_sync.core.verdicts.spelling import spell
from icloud_sync.models import ICloudConnection, OutboxEntry, SyncLogEntry

ASKED = "wait"  # the log's action: a server asked us to


def rate() -> Rate:
    return Rate(settings.ICLOUD_REQUESTS_PER_MINUTE, settings.ICLOUD_REQUESTS_BURST)


def asked_until(connection: ICloudConnection, now: datetime) -> datetime | None:
    return pause.asked_until(connection.paid_until, now, rate())


def are_asked_to_wait(now: datetime, connection: str = "") -> Q:
    """Of accounts whose server asked for a pause; `connection`: where a query finds theirs,
    with the underscores."""
    least, most = pause.bounds(now, rate())
    return Q(**{f"{connection}paid_until__gt": least, f"{connection}paid_until__lte": most})


def back_off(now: datetime, connection: str = "") -> Q:
    """Of accounts that failed and are not due again yet."""
    return Q(**{f"{connection}failures__gt": 0, f"{connection}next_poll_at__gt": now})


def nobody_asks_until(
    connection: ICloudConnection, now: datetime, *, is_look: bool
) -> datetime | None:
    """Until when only a person may have the account asked, or None."""
    tried = connection.outbox.filter(state=OutboxEntry.State.WAITING, attempts__gt=0)
    account = pause.Waiting(
        connection.failures, connection.next_poll_at, asked_until(connection, now)
    )
    is_tried = bool(connection.failures) and tried.exists()
    return pause.nobody_asks_until(account, now, is_look=is_look, is_tried=is_tried)


def tell(connection: ICloudConnection, until: datetime) -> None:
    """One entry a pause; that a person did not want to wait is counted on it."""
    SyncLogEntry.objects.create(
        connection=connection,
        direction=SyncLogEntry.Direction.PULL,
        action=ASKED,
        outcome=SyncLogEntry.Outcome.RETRYING,
        message=f"iCloud asks us to wait: nothing is sent or fetched before {spell(until)}",
    )


def may_try(connection_id: int, now: datetime) -> bool:
    """A person wants it in spite of a pause that the server asked for: once in each."""
    paused = ICloudConnection.objects.filter(are_asked_to_wait(now), pk=connection_id)
    if not paused.exists():
        return True
    told = SyncLogEntry.objects.filter(connection=connection_id, action=ASKED)
    last = told.order_by("-created_at", "-pk").values_list("pk", flat=True).first()
    if last is None:
        return True
    untried = SyncLogEntry.objects.filter(pk=last, repeats=1)
    return bool(untried.update(repeats=F("repeats") + 1, last_at=now))
