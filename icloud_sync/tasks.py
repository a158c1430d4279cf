"""django-q2's way in: an id comes in, a service is called, a short string goes out.

Every task may run twice or never: what must be done stands in the database.
"""

from django.utils import timezone
from django_q.tasks import async_task

from icloud_sync import outbox
from icloud_sync.models import ICloudConnection
from icloud_sync.poll import due_connections
from icloud_sync.sync import SyncResult
from icloud_sync.sync import sync as sync_now
from icloud_sync.window import roll


def push(connection_id: int) -> str:
    return wake_again(connection_id, sync_now(connection_id, pull_too=False))


def pull(connection_id: int) -> str:
    result = sync_now(connection_id)
    if result.pulled and result.pulled.unfinished:
        async_task("icloud_sync.tasks.pull", connection_id)
    return wake_again(connection_id, result)


def wake_again(connection_id: int, result: SyncResult) -> str:
    """What came between our last look and the end of our lease found us busy and went
    away. So the holder looks once more, the lease released: for rows to send, and for
    somebody who asked to sync now."""
    if not result.busy:
        now = timezone.now()
        if outbox.due(now).filter(connection=connection_id).exists():
            async_task("icloud_sync.tasks.push", connection_id)
        if ICloudConnection.objects.filter(pk=connection_id, next_poll_at__lte=now).exists():
            async_task("icloud_sync.tasks.pull", connection_id)
    return str(result)


sync = pull


def poll() -> str:
    due = due_connections(timezone.now())
    for connection_id in due:
        async_task("icloud_sync.tasks.pull", connection_id)
    return f"{len(due)} due"


def sweep() -> str:
    """Rows whose task was lost, whose worker died, or whose time has come."""
    now = timezone.now()
    stuck = outbox.release_stuck(now)
    waiting = set(outbox.due(now).values_list("connection_id", flat=True))
    for connection_id in waiting:
        async_task("icloud_sync.tasks.push", connection_id)
    return f"{stuck} released, {len(waiting)} connections woken"


def roll_windows() -> str:
    live = ICloudConnection.objects.exclude(status=ICloudConnection.Status.DISCONNECTED)
    return f"{sum(roll(pk) for pk in live.values_list('pk', flat=True))} series looked at"
