"""A server that is down for everybody: its accounts wait, one asks now and then for all."""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef
from django.http import HttpRequest

from icloud_sync.core.outage import WITHIN, begins, next_probe
from icloud_sync.models import ICloudConnection, Outage, SyncLogEntry

Status = ICloudConnection.Status


def in_outage(server_url: str = "server_url") -> Exists:
    """Whether a connection's server is down; `server_url`: where a query finds its name."""
    return Exists(Outage.objects.filter(server=OuterRef(server_url)))


def consider(server: str, reason: str, now: datetime) -> None:
    """An account of this server just failed: its own trouble, or everybody's?"""
    connections = ICloudConnection.objects.filter(server_url=server)
    alike = connections.filter(
        status=Status.DEGRADED, status_reason=reason, status_since__gte=now - WITHIN
    )
    failures = list(alike.values_list("status_since", flat=True))
    last_success = connections.aggregate(last=Max("last_success_at"))["last"]
    since = begins(failures, last_success, now)
    if since:
        begin(server, reason, since, now)


@transaction.atomic
def begin(server: str, reason: str, since: datetime, now: datetime) -> None:
    values = {"reason": reason, "since": since, "next_probe_at": next_probe(0, now)}
    _, created = Outage.objects.get_or_create(server=server, defaults=values)
    if created:
        tell("server down", SyncLogEntry.Outcome.RETRYING, f"{host(server)} is down: {reason}")


@transaction.atomic
def end(server: str) -> None:
    """Somebody had an answer. What waits is due already: waiting made nothing later."""
    deleted, _ = Outage.objects.filter(server=server).delete()
    if deleted:
        tell("server back", SyncLogEntry.Outcome.DONE, f"{host(server)} answers again")


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


def sentences() -> list[str]:
    """For staff, one for each server that is down."""
    return [sentence(outage) for outage in Outage.objects.order_by("since")]


def in_templates(request: HttpRequest) -> dict[str, Callable[[], list[str]]]:
    """`outages` for the pages that show them; the others ask nothing of the database."""
    return {"outages": sentences}


def sentence(outage: Outage) -> str:
    return (
        f"{host(outage.server)} has not answered anybody's account since "
        f"{outage.since:%H:%M} UTC on {outage.since:%-d %B}. Nothing is lost: what was changed "
        "here waits to be sent, and what iCloud showed last is still shown. We ask again by "
        f"ourselves, next at {outage.next_probe_at:%H:%M} UTC. Its last words: {outage.reason}"
    )
