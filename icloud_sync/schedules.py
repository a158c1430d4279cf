"""The one list of periodic tasks, and what makes the database agree with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

MINUTES_A_DAY = 24 * 60
OURS = "icloud_sync.tasks."


@dataclass(frozen=True)
class Periodic:
    """A task of icloud_sync.tasks, and how often it runs."""

    task: str
    every_minutes: int

    @property
    def func(self) -> str:
        return OURS + self.task


PERIODIC = (
    Periodic("poll", every_minutes=1),  # which connections are due to be asked
    Periodic("sweep", every_minutes=1),  # outbox rows due or stuck
    Periodic("find_drift", every_minutes=1),  # edits that nobody was told of
    Periodic("roll_windows", every_minutes=MINUTES_A_DAY),  # the far edge of the window
    Periodic("prune", every_minutes=MINUTES_A_DAY),  # what has been kept long enough
)


def sync_schedules() -> str:
    """Make the schedule table hold exactly PERIODIC; schedules of others are left alone."""
    with transaction.atomic():
        removed = _remove_retired()
        changed = sum(_put(periodic) for periodic in PERIODIC)
    return f"{len(PERIODIC)} schedules, {changed} changed, {removed} removed"


def repair(now: datetime) -> None:
    """Of what may have happened to the rows: one is gone, or put off beyond its interval."""
    sync_schedules()
    for periodic in PERIODIC:
        latest = now + timedelta(minutes=2 * periodic.every_minutes)
        Schedule.objects.filter(func=periodic.func, next_run__gt=latest).update(next_run=now)


def remember(task: str, **place: int) -> None:
    """What the task is given the next time: where it begins."""
    Schedule.objects.filter(func=OURS + task).update(kwargs=repr(place))


def _remove_retired() -> int:
    wanted = [periodic.func for periodic in PERIODIC]
    retired = Schedule.objects.filter(func__startswith=OURS).exclude(func__in=wanted)
    return int(retired.delete()[0])


def _put(periodic: Periodic) -> bool:
    """Leaves a right row untouched: writing `next_run` at each start would put a daily
    task off for ever on a machine that is restarted every day."""
    wanted = {"schedule_type": Schedule.MINUTES, "minutes": periodic.every_minutes, "repeats": -1}
    rows = Schedule.objects.filter(func=periodic.func).order_by("pk")
    if rows.count() == 1 and rows.filter(**wanted).exists():
        return False
    rows.delete()
    Schedule.objects.create(
        name=periodic.task, func=periodic.func, next_run=timezone.now(), **wanted
    )
    return True
