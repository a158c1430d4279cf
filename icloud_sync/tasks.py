"""django-q2's way in: an id comes in, a service is called, a short string goes out.

Every task may run twice or never: what must be done stands in the database.
"""

from dataclasses import asdict
from datetime import datetime

from django.utils import timezone
from django_q.tasks import async_task

from icloud_sync import drift, heartbeat, left_behind, lost_keys, outbox, retention
from icloud_sync.core.pause import LOST_AFTER
from icloud_sync.leases import MAY_WRITE
from icloud_sync.models import ICloudConnection
from icloud_sync.outages import in_outage
from icloud_sync.pauses import are_asked_to_wait, back_off, may_try
from icloud_sync.poll import due_connections, probes
from icloud_sync.schedules import remember
from icloud_sync.sync import SyncResult
from icloud_sync.sync import sync as sync_now
from icloud_sync.window import roll, to_roll


def push(connection_id: int) -> str:
    return wake_again(connection_id, sync_now(connection_id, pull_too=False, patient=True))


def pull(connection_id: int) -> str:
    return look(connection_id, patient=True)


def sync(connection_id: int) -> str:
    """Somebody asks for it, or for a whole server: an outage is not waited out, and a pause
    that the server asked for once."""
    return look(connection_id, patient=not may_try(connection_id, timezone.now()))


def look(connection_id: int, patient: bool) -> str:
    result = sync_now(connection_id, patient=patient)
    if result.busy:  # whoever holds the connection looks for us when it is done
        asking = ICloudConnection.objects.filter(pk=connection_id, status__in=MAY_WRITE)
        asking.update(next_poll_at=timezone.now())
    if result.unfinished and not result.error:
        async_task("icloud_sync.tasks.pull", connection_id)
    return wake_again(connection_id, result)


def wake_again(connection_id: int, result: SyncResult) -> str:
    """What came between our last look and the end of our lease found us busy and went
    away. So the holder looks once more, the lease released: for rows to send, and for
    somebody who asked to sync now. After an error everything waits its turn."""
    if not (result.busy or result.waits or result.error):
        now = timezone.now()
        if outbox.due(now).filter(connection=connection_id).exists():
            async_task("icloud_sync.tasks.push", connection_id)
        if asked_for(connection_id, now):
            async_task("icloud_sync.tasks.pull", connection_id)
    return str(result)


def asked_for(connection_id: int, now: datetime) -> bool:
    return ICloudConnection.objects.filter(pk=connection_id, next_poll_at__lte=now).exists()


def poll() -> str:
    """Each is due again in a few minutes, should its task be lost; until then a worker that
    is behind is not asked a second time."""
    heartbeat.ran("poll")
    now = timezone.now()
    lost_keys.find_again(now)
    due = due_connections(now)
    ICloudConnection.objects.filter(pk__in=due).update(next_poll_at=now + LOST_AFTER)
    for connection_id in due:
        async_task("icloud_sync.tasks.pull", connection_id)
    for connection_id in probes(now):
        async_task("icloud_sync.tasks.sync", connection_id)
    return f"{len(due)} due"


def sweep() -> str:
    """Rows whose task was lost, whose worker died, or whose time has come."""
    heartbeat.ran("sweep")
    now = timezone.now()
    stuck = left_behind.give_back(now)
    left_behind.close_runs(now)
    rows = outbox.due(now).exclude(in_outage("connection__server_url"))
    rows = rows.exclude(are_asked_to_wait(now, "connection__") | back_off(now, "connection__"))
    waiting = set(rows.values_list("connection_id", flat=True))
    for connection_id in waiting:
        async_task("icloud_sync.tasks.push", connection_id)
    return f"{stuck} released, {len(waiting)} connections woken"


def find_drift(**begin: int) -> str:
    """`begin`: where the last one stopped (drift.Place)."""
    place, found = drift.look(drift.Place(**begin), timezone.now())
    remember("find_drift", **asdict(place))
    return f"{found} found"


def roll_windows() -> str:
    connections = to_roll()
    for connection_id in connections:
        async_task("icloud_sync.tasks.roll_window", connection_id)
    return f"{len(connections)} connections"


def roll_window(connection_id: int) -> str:
    rolled = roll(connection_id)
    if rolled.unfinished:
        async_task("icloud_sync.tasks.roll_window", connection_id)
    return "busy: tomorrow" if rolled.busy else f"{rolled.looked_at} events looked at"


def prune() -> str:
    pruned = retention.prune(timezone.now())
    if pruned.unfinished:
        async_task("icloud_sync.tasks.prune")
    return str(pruned)
