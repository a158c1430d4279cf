"""An examination for the admin: by a worker, since no web request may wait a minute for it.

The report is the task's own result, kept by the queue for a day; there is no table for it.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_q.models import Task
from django_q.tasks import async_task

from calendars.models import User
from icloud_sync.doctor.examine import examine
from icloud_sync.doctor.machine import examine_machine
from icloud_sync.doctor.report import Report, facts_of, from_dict
from icloud_sync.models import ICloudConnection

GROUP = "icloud_doctor"
KEPT_FOR = timedelta(days=1)
MACHINE = 0  # no connection has this key


def start(connection_id: int, *, write: bool = False, actor_id: int | None = None) -> str:
    """The task's id. `connection_id` may be MACHINE."""
    before = timezone.now() - KEPT_FOR
    Task.objects.filter(group__startswith=f"{GROUP} ", started__lt=before).delete()
    task_id: str = async_task(
        "icloud_sync.doctor.background.run",
        connection_id,
        write,
        actor_id,
        group=group_of(connection_id),
        save=True,
    )
    return task_id


def group_of(connection_id: int) -> str:
    return f"{GROUP} {connection_id}"


def run(connection_id: int, write: bool, actor_id: int | None) -> dict[str, Any]:
    """What the worker does: the report as plain values."""
    if connection_id == MACHINE:
        verdicts = list(examine_machine())
        return Report("This machine", timezone.now(), {}, verdicts).as_dict()
    connection = ICloudConnection.objects.select_related("user").get(pk=connection_id)
    actor = User.objects.filter(pk=actor_id).first() if actor_id else None
    report = Report(str(connection), timezone.now(), facts_of(connection))
    report.verdicts += examine(connection, write=write, actor=actor)
    return report.as_dict()


class Failed(Exception):
    """The examination itself broke down; the worker's log says how."""


def result(connection_id: int, task_id: str) -> Report | None:
    """None while it is not done. Raises Failed."""
    return report_of(tasks(connection_id).filter(pk=task_id).first())


def latest(connection_id: int) -> Report | None:
    """Of those that are still kept."""
    return report_of(tasks(connection_id).filter(success=True).order_by("-started").first())


def tasks(connection_id: int) -> Any:
    return Task.objects.filter(group=group_of(connection_id))


def report_of(task: Task | None) -> Report | None:
    if task is None:
        return None
    if not task.success:
        raise Failed
    return from_dict(task.result)
