"""A server that has trouble with everybody: its accounts wait, one asks now and then for all.

It serves nobody, or it refuses everybody's password; `Outage.reason` says which.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from icloud_sync.core.outage import WITHIN, begins, next_probe, takes_long
from icloud_sync.models import ICloudConnection, Outage, SyncLogEntry
from icloud_sync.remote.errors import (
    RateLimited,
    RemoteError,
    TemporaryRemoteError,
    UnreadableAnswer,
)

Status, Outcome = ICloudConnection.Status, SyncLogEntry.Outcome
REFUSES = "It refuses everybody's password."
# What a connection's reason ends with while its server has trouble, whatever its words are.
TRIED_AGAIN = "Nobody need do anything: it is tried again by itself."


def in_outage(server_url: str = "server_url") -> Exists:
    """Whether a connection's server is down; `server_url`: where a query finds its name."""
    return Exists(Outage.objects.filter(server=OuterRef(server_url)))


def is_on(server: str) -> bool:
    return Outage.objects.filter(server=server).exists()


def may_be_everybodys(error: RemoteError) -> bool:
    """The server's trouble, not one account's: timeouts and every sort of 5xx alike, as an
    outage shows itself in all of them. A pause asked for is a throttle on one account."""
    if isinstance(error, RateLimited):
        return error.status == 503 and error.retry_at is None
    return isinstance(error, TemporaryRemoteError) and not isinstance(error, UnreadableAnswer)


def consider(server: str, reason: str, now: datetime) -> None:
    """An account of this server just failed: its own trouble, or everybody's?"""
    failing = ICloudConnection.objects.filter(
        server_url=server,
        status=Status.DEGRADED,
        failures__gt=0,
        status_reason__endswith=TRIED_AGAIN,
        status_since__gte=now - WITHIN,
    )
    failures = list(failing.values_list("status_since", flat=True))
    since = begins(failures, last_success(server), now)
    if since:
        begin(server, reason, since, now)


def last_success(server: str) -> datetime | None:
    served = ICloudConnection.objects.filter(server_url=server)
    latest: datetime | None = served.aggregate(last=Max("last_success_at"))["last"]
    return latest


@transaction.atomic
def begin(server: str, reason: str, since: datetime, now: datetime) -> None:
    values = {"reason": reason, "since": since, "next_probe_at": next_probe(0, now)}
    _, created = Outage.objects.get_or_create(server=server, defaults=values)
    if created and reason == REFUSES:
        tell("passwords refused", Outcome.RETRYING, f"{host(server)} refuses everybody's password")
    elif created:
        tell("server down", Outcome.RETRYING, f"{host(server)} is down: {reason}")


def somebody_was_served(server: str) -> None:
    """What waits is due already: waiting made nothing later."""
    end(Outage.objects.filter(server=server))


def somebody_was_answered(server: str) -> None:
    """A refusal is an answer, too; only not to whether it accepts passwords."""
    end(Outage.objects.filter(server=server).exclude(reason=REFUSES))


@transaction.atomic
def end(outages: QuerySet[Outage]) -> None:
    for outage in outages:
        deleted, _ = Outage.objects.filter(pk=outage.pk).delete()
        if deleted and outage.reason == REFUSES:
            message = f"{host(outage.server)} accepts passwords again"
            tell("passwords accepted", Outcome.DONE, message)
        elif deleted:
            tell("server back", Outcome.DONE, f"{host(outage.server)} answers again")


def take_probes(due: Sequence[tuple[int, str]], now: datetime) -> list[int]:
    """Of the connections that are due, as (id, server), the one that asks for its server.
    Whoever takes it puts the next one off; two workers never both do."""
    first = {server: pk for pk, server in reversed(due)}
    ready = Outage.objects.filter(next_probe_at__lte=now, server__in=first)
    taken = []
    for outage in ready:
        mine = Outage.objects.filter(pk=outage.pk, next_probe_at=outage.next_probe_at)
        later = next_probe(outage.probes + 1, now)
        if mine.update(next_probe_at=later, probes=F("probes") + 1):
            taken.append(first[outage.server])
    return taken


def tell(action: str, outcome: str, message: str) -> None:
    SyncLogEntry.objects.create(
        direction=SyncLogEntry.Direction.PULL, action=action, outcome=outcome, message=message
    )


def host(server: str) -> str:
    return urlsplit(server).hostname or server


# --- For staff ----------------------------------------------------------------------------


def sentences() -> list[str]:
    """One for each server that has trouble."""
    return [sentence(outage) for outage in Outage.objects.order_by("since")]


def in_templates(request: HttpRequest) -> dict[str, Callable[[], list[str]]]:
    """`outages` for the pages that show them; the others ask nothing of the database."""
    return {"outages": sentences}


def sentence(outage: Outage) -> str:
    since = f"{outage.since:%H:%M} UTC on {outage.since:%-d %B}"
    again = f"We ask again by ourselves, next at {outage.next_probe_at:%H:%M} UTC."
    if outage.reason == REFUSES:
        return (
            f"{host(outage.server)} has refused everybody's password since {since}, also those "
            f"that worked until then. Nothing is lost, and {advice(outage)} {again}"
        )
    return (
        f"{host(outage.server)} has not answered anybody's account since {since}. Nothing is "
        "lost: what was changed here waits to be sent, and what iCloud showed last is still "
        f"shown. {again} Its last words: {outage.reason}"
    )


def advice(outage: Outage) -> str:
    if not takes_long(outage.since, timezone.now()):
        return "nobody need do anything or make a new password."
    return (
        "this may still end by itself; but it takes long. Where apple.com/support/systemstatus "
        "knows of no trouble, have one user make a new app-specific password and type it with "
        "Update password: if that works, the others are asked at once, and those whose "
        "password is dead are told apart."
    )
