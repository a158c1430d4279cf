"""This machine, from its settings to its worker, and every live connection at a glance."""

from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import Schedule

from icloud_sync import heartbeat
from icloud_sync.core.verdicts import machine, steps
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import Failure, Kind, failed
from icloud_sync.core.verdicts.values import Grade, Step, Verdict, blame, trouble
from icloud_sync.doctor.address import failure, reach
from icloud_sync.doctor.examine import our_mistake, try_each
from icloud_sync.doctor.glance import glances
from icloud_sync.doctor.patience import Patience, TimeIsUp, TookTooLong
from icloud_sync.fields import PREFIX, ring
from icloud_sync.models import ICloudConnection
from icloud_sync.remote.errors import HostNotAllowed
from icloud_sync.remote.session import HostRule
from icloud_sync.schedules import PERIODIC


def examine_machine(patience: Patience | None = None) -> Iterator[Verdict]:
    """Without a password leaving the machine, but for the connections' own servers."""
    patience = patience or Patience()
    looks: list[tuple[Step, Callable[[], Verdict]]] = [
        (Step.SETTINGS, look_at_settings),
        (Step.DATABASE, look_at_database),
        (Step.KEYS, look_at_keys),
        (Step.QUEUE, look_at_queue),
        (Step.WORKER, look_at_worker),
        (Step.ADDRESS, partial(look_at_address, patience)),
    ]
    has_database = True
    for verdict in try_each((step, partial(attempt, step, look)) for step, look in looks):
        has_database &= not (verdict.step is Step.DATABASE and verdict.stops)
        yield verdict
    if has_database:
        yield from glances(patience)


def examine_worker() -> list[Verdict]:
    """The queue and whoever works it off: why a task may wait."""
    looks = [(Step.QUEUE, look_at_queue), (Step.WORKER, look_at_worker)]
    return list(try_each((step, partial(attempt, step, look)) for step, look in looks))


def attempt(step: Step, look: Callable[[], Verdict]) -> Verdict:
    try:
        return look()
    except DatabaseError as error:
        return trouble(step, Cause.DATABASE_DOWN, first_line(error))
    except Exception as error:
        return our_mistake(step, error)


def first_line(error: Exception) -> str:
    """What a database says may go on for pages; its password is never part of it."""
    return str(error).strip().partition("\n")[0][:200]


def look_at_settings() -> Verdict:
    parts = urlsplit(settings.ICLOUD_SERVER_URL)
    return machine.settings(
        machine.Settings(
            debug=settings.DEBUG,
            allowed_hosts=len(settings.ALLOWED_HOSTS),
            public_url=settings.PUBLIC_URL,
            public_host=urlsplit(settings.PUBLIC_URL).hostname or "",
            server_host=parts.hostname or settings.ICLOUD_SERVER_URL,
            refused=why_refused(settings.ICLOUD_SERVER_URL),
        )
    )


def why_refused(url: str) -> str:
    try:
        HostRule(settings.ICLOUD_ALLOWED_HOSTS).check(url)
    except HostNotAllowed as error:
        return error.message
    return ""


def look_at_database() -> Verdict:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return machine.database(machine.Database(connection.vendor, len(plan), clock_skew()))


def clock_skew() -> float:
    """Seconds by which this machine is ahead of the database, whose clock leases go by."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return 0.0  # the same machine
        cursor.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())")
        return timezone.now().timestamp() - float(cursor.fetchone()[0])


def look_at_keys() -> Verdict:
    """By the ciphertexts: no password is read here."""
    rows = ICloudConnection.objects.only("app_password")
    stored = [one for row in rows if (one := row.__dict__["app_password"])]
    newest = Fernet(settings.FIELD_ENCRYPTION_KEYS[0].encode())
    lost = [one for one in stored if not opens(ring().decrypt, one)]
    old = [one for one in stored if not opens(newest.decrypt, one)]
    return machine.keys(machine.Keys(len(stored), len(lost), len(old) - len(lost)))


def opens(decrypt: Callable[[bytes], bytes], stored: str) -> bool:
    try:
        decrypt(stored.removeprefix(PREFIX).encode())
    except InvalidToken:
        return False
    return True


def look_at_queue() -> Verdict:
    kind = "Redis" if settings.REDIS_URL else "the database"
    try:
        broker = get_broker()
        broker.ping()
        waiting = broker.queue_size()
    except DatabaseError:
        raise
    except Exception as error:  # each broker has errors of its own
        return trouble(Step.QUEUE, Cause.QUEUE_DOWN, f"{kind}: {type(error).__name__}.")
    wanted = {one.func for one in PERIODIC}
    missing = wanted.difference(Schedule.objects.values_list("func", flat=True))
    return machine.queue(machine.Queue(kind, waiting, len(missing)))


def look_at_worker() -> Verdict:
    due_at = Schedule.objects.filter(func=PERIODIC[0].func).values_list("next_run", flat=True)
    beat_at = heartbeat.workers().order_by("-beat_at").values_list("beat_at", flat=True).first()
    is_alive, waiting = heartbeat.at_work().exists(), get_broker().queue_size()
    return machine.worker(machine.Worker(is_alive, beat_at, due_at.get(), timezone.now(), waiting))


def look_at_address(patience: Patience) -> Verdict:
    url = settings.ICLOUD_SERVER_URL
    found: Failure | steps.Reached
    try:
        found = patience.ask(lambda: reach(url, settings.ICLOUD_ALLOWED_HOSTS))
    except TookTooLong:
        found = failure(Kind.SILENCE, url, f"No answer within {patience.one:.0f} seconds.")
    except TimeIsUp:
        return blame(Step.ADDRESS, Cause.TIME_IS_UP, "", Grade.NOT_TRIED)
    return failed(Step.ADDRESS, found) if isinstance(found, Failure) else steps.address(found)
