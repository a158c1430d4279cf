"""Every live connection at a glance: can it be signed in to, are its calendars there."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from icloud_sync import outbox
from icloud_sync.core.verdicts import machine
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.spelling import counted
from icloud_sync.core.verdicts.values import Step, Verdict, note
from icloud_sync.doctor.examine import AT_A_GLANCE, guarded, try_each
from icloud_sync.doctor.patience import Patience
from icloud_sync.doctor.visit import Visit
from icloud_sync.models import ICloudConnection

Status = ICloudConnection.Status
ONE_CONNECTION = 15.0  # seconds
ONE_ANSWER = 10.0
LEAST_SECONDS = 5.0  # with less left, no further account is begun


def glances(patience: Patience) -> Iterator[Verdict]:
    """Those in trouble first; the server is asked as long as there is time."""
    live = outbox.live(ICloudConnection.objects.select_related("user"))
    left_out = 0
    for connection in live.order_by("-failures", "last_success_at", "pk"):
        standing = standing_of(connection)
        known = machine.without_asking(standing)
        if known:
            yield known
        elif patience.left > LEAST_SECONDS:
            yield machine.at_a_glance(standing, look(connection, patience))
        else:
            left_out += 1
    if left_out:
        seen = f"{counted(left_out, 'connection')} not asked."
        yield note(Step.CONNECTION, Cause.LEFT_OUT, seen)


def look(connection: ICloudConnection, patience: Patience) -> list[Verdict]:
    """Patience of its own: one server that hangs does not use up that of the others."""
    own = Patience(min(ONE_CONNECTION, patience.left), ONE_ANSWER)
    with Visit(connection, own, wait=0) as visit:
        return list(try_each(guarded(AT_A_GLANCE, visit)))


def standing_of(connection: ICloudConnection) -> machine.Standing:
    last = connection.last_success_at
    longest = timedelta(seconds=max(3600, 4 * settings.ICLOUD_POLL_MAX_SECONDS))
    return machine.Standing(
        subject=f"{connection.pk}, {connection}",
        pk=connection.pk,
        status=connection.status,
        since=connection.status_since,
        last_success=last,
        is_overdue=timezone.now() - (last or connection.created_at) > longest,
    )
