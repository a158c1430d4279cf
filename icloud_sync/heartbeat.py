"""Who is at work, as rows: what the web side and the workers know of each other.

A worker says that it is alive, a periodic task that it ran. The database's clock decides, so
that hosts need not agree on the time (as in leases.py).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, ExpressionWrapper, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from icloud_sync.models import Heartbeat, ICloudConnection

SILENT_AFTER = timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(days=1)
TASK = "task "  # what the names of tasks begin with; a worker's is "host:pid"
began = [timezone.now()]  # this process
START_IT = "Start it with: manage.py worker"


def beat(name: str, started_at: datetime) -> None:
    """A worker is alive."""
    known = Heartbeat.objects.filter(name=name)
    if not known.update(started_at=started_at, beat_at=Now()):
        make(name, started_at)


def make(name: str, started_at: datetime) -> None:
    try:
        with transaction.atomic():
            Heartbeat.objects.create(name=name, started_at=started_at, beat_at=Now())
    except IntegrityError:  # another process made it just now
        Heartbeat.objects.filter(name=name).update(beat_at=Now())


def forget_the_dead() -> None:
    Heartbeat.objects.filter(beat_at__lt=ago(FORGOTTEN_AFTER)).delete()


# --- Periodic tasks -------------------------------------------------------------------


def ran(task: str) -> None:
    """Called by the task itself, wherever it runs."""
    beat(TASK + task, timezone.now())


def take_over(task: str, missed_for: timedelta) -> bool:
    """Whether it has not run for so long, and it falls to us to run it: of several that ask
    at once, one is told so."""
    name = TASK + task
    if Heartbeat.objects.filter(name=name, beat_at__lt=ago(missed_for)).update(beat_at=Now()):
        return True
    if not Heartbeat.objects.filter(name=name).exists():
        make(name, timezone.now())  # never yet: the queue has its chance first
    return False


# --- Workers --------------------------------------------------------------------------


def workers() -> QuerySet[Heartbeat]:
    return Heartbeat.objects.exclude(name__startswith=TASK)


def at_work() -> QuerySet[Heartbeat]:
    return workers().filter(beat_at__gte=ago(SILENT_AFTER))


def silence(now: datetime, process_started: datetime) -> str:
    """A sentence for staff when no worker is heard of, though one is needed; "" otherwise.

    Never within the first minute: neither of this process, which most often was started
    together with the worker, nor of the first connection.
    """
    if now - process_started < SILENT_AFTER or at_work().exists() or not is_needed():
        return ""
    last = workers().order_by("-beat_at").values_list("beat_at", flat=True).first()
    since = f" since {last:%H:%M} UTC on {last:%-d %B}" if last else ""
    return (
        "The worker is not running, or cannot reach the database: nothing is sent or fetched"
        f"{since}. What is changed here waits and is not lost. {START_IT}"
    )


def process_begins() -> None:
    began[0] = timezone.now()


def is_needed() -> bool:
    live = ICloudConnection.objects.exclude(status=ICloudConnection.Status.DISCONNECTED)
    return live.filter(created_at__lt=ago(SILENT_AFTER)).exists()


def in_templates(request: HttpRequest) -> dict[str, Callable[[], str]]:
    """`worker_silence` for the pages that show it; the others ask nothing of the database."""
    return {"worker_silence": lambda: silence(timezone.now(), began[0])}


def ago(span: timedelta) -> Combinable:
    return ExpressionWrapper(Now() - Value(span), output_field=DateTimeField())
