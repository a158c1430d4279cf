"""Passwords that a server refuses: one account's, for a person to mend, or everybody's
(core/outage.py), which mends itself."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django_q.tasks import async_task

from icloud_sync import outages
from icloud_sync.core.outage import REFUSED_WITHIN, Refusal, refuses_everybody
from icloud_sync.leases import MAY_WRITE
from icloud_sync.lost_keys import SETTING
from icloud_sync.models import ICloudConnection, Outage

Status = ICloudConnection.Status
WITNESSES = 2
HELD = (
    "iCloud refuses everybody's password, and so this one. Nobody need do anything: it is tried "
    "again by itself, and what was changed here waits to be sent."
)
ALONE = (
    "iCloud refused everybody's password for a while. It accepts those of others again, and "
    "this one still not: ask the user for a new app-specific password (account.apple.com, "
    "Sign-In and Security) and type it with Update password."
)


def is_everybodys(server: str) -> bool:
    return refusing(server).exists()


def refusing(server: str) -> QuerySet[Outage]:
    return Outage.objects.filter(server=server, reason=outages.REFUSES)


def consider(connection: ICloudConnection, now: datetime) -> None:
    """This account's password was just refused. Where it is everybody's, those that were
    stopped for it go on waiting instead. Where it is one alone as yet, others are asked
    quickly: a bad minute at Apple's is over before the next of them would be due."""
    server = connection.server_url
    held = refusing(server).values_list("since", flat=True).first()
    since = held or refuses_everybody(refusals(server, now), outages.last_success(server), now)
    if since:
        outages.begin(server, outages.REFUSES, since, now)
        hold(server, since, now)
    else:
        ask_others(connection, now)


def refused_alike(server: str, since: datetime) -> QuerySet[ICloudConnection]:
    """Not those whose key is lost, nor those that are known to be refused alone."""
    stopped = ICloudConnection.objects.filter(
        server_url=server, status=Status.NEEDS_PASSWORD, status_since__gte=since
    )
    return stopped.exclude(status_reason__contains=SETTING).exclude(status_reason=ALONE)


def refusals(server: str, now: datetime) -> list[Refusal]:
    rows = refused_alike(server, now - REFUSED_WITHIN)
    return [Refusal(*row) for row in rows.values_list("status_since", "last_success_at")]


def hold(server: str, since: datetime, now: datetime) -> None:
    refused_alike(server, since).update(
        status=Status.DEGRADED, status_reason=HELD, next_poll_at=now
    )


def ask_others(connection: ICloudConnection, now: datetime) -> None:
    """Accounts of the same server that were well when last asked: a few, not all."""
    others = ICloudConnection.objects.filter(
        server_url=connection.server_url,
        status__in=MAY_WRITE,
        failures=0,
        last_success_at__isnull=False,
    )
    soonest = others.exclude(pk=connection.pk).order_by("next_poll_at", "pk")
    for pk in soonest.values_list("pk", flat=True)[:WITNESSES]:
        ICloudConnection.objects.filter(pk=pk, next_poll_at__gt=now).update(next_poll_at=now)
        wake(pk)


def wake(connection_id: int) -> None:
    """A queue that is down costs a minute: the next poll looks."""
    transaction.on_commit(lambda: async_task("icloud_sync.tasks.pull", connection_id), robust=True)
