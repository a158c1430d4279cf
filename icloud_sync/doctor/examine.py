"""An examination: steps tried in order, each verdict given out as soon as it is there."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from django.views.decorators.debug import sensitive_variables

from calendars.models import User
from icloud_sync.connecting import ConnectError, normalize_server_url
from icloud_sync.connecting.account import normalize_apple_id, normalize_password
from icloud_sync.core.verdicts import steps as judged
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import credentials_refused, failed
from icloud_sync.core.verdicts.values import NEEDS, Grade, Step, Verdict, blame, not_tried, trouble
from icloud_sync.doctor import account, events
from icloud_sync.doctor.patience import Patience, TimeIsUp, TookTooLong
from icloud_sync.doctor.probe import write_and_delete
from icloud_sync.doctor.visit import Busy, Visit
from icloud_sync.leases import LeaseLost
from icloud_sync.models import ICloudConnection
from icloud_sync.remote.errors import CredentialsError, RemoteError

log = logging.getLogger(__name__)

Look = Callable[[Visit], Verdict]
AT_A_GLANCE: list[tuple[Step, Look]] = [
    (Step.ADDRESS, account.address),
    (Step.SIGN_IN, account.sign_in),
    (Step.PRINCIPAL, account.principal),
    (Step.HOME, account.calendar_home),
    (Step.COLLECTIONS, account.collections),
]
IN_FULL: list[tuple[Step, Look]] = [
    *AT_A_GLANCE,
    (Step.READ, events.reading),
    (Step.TOKENS, events.tokens),
    (Step.CLOCK, events.clock),
    (Step.LATENCY, events.latency),
]
BEFORE_CONNECTING: list[tuple[Step, Look]] = [
    *AT_A_GLANCE[:-1],
    (Step.COLLECTIONS, account.calendars_offered),
    (Step.CLOCK, events.clock),
    (Step.LATENCY, events.latency),
]


def examine(
    connection: ICloudConnection,
    *,
    write: bool = False,
    actor: User | None = None,
    patience: Patience | None = None,
) -> Iterator[Verdict]:
    """`write`: with the consent of whoever asks, a test event is written and deleted too.
    Changes nothing else, and never raises for what a server or a network does."""
    steps = list(IN_FULL)
    if write:
        steps.append((Step.WRITE, partial(write_and_delete, actor=actor)))
    return in_order(steps, connection, patience or Patience())


@sensitive_variables("password")
def examine_account(
    apple_id: str, password: str, server_url: str = "", *, patience: Patience | None = None
) -> Iterator[Verdict]:
    """Before anything is stored: the same steps, with what was typed."""
    typed = ICloudConnection(
        apple_id=normalize_apple_id(apple_id),
        app_password=normalize_password(password),
        server_url=as_stored(server_url),
    )
    return in_order(BEFORE_CONNECTING, typed, patience or Patience())


def as_stored(server_url: str) -> str:
    """What is no address is one of the findings."""
    try:
        return normalize_server_url(server_url)
    except ConnectError:
        return server_url


def in_order(
    steps: list[tuple[Step, Look]], connection: ICloudConnection, patience: Patience
) -> Iterator[Verdict]:
    with Visit(connection, patience) as visit:
        yield from try_each(guarded(steps, visit))


def try_each(steps: Iterable[tuple[Step, Callable[[], Verdict]]]) -> Iterator[Verdict]:
    """A step that fails stops those that need it, and those that need them."""
    stopped: dict[Step, Step] = {}
    for step, look in steps:
        cause = stopped.get(NEEDS.get(step, step))
        verdict = not_tried(step, cause) if cause else look()
        if verdict.stops or verdict.grade is Grade.NOT_TRIED:
            stopped[step] = cause or step
        yield verdict


def guarded(
    steps: Iterable[tuple[Step, Look]], visit: Visit
) -> Iterator[tuple[Step, Callable[[], Verdict]]]:
    for step, look in steps:
        yield step, partial(attempt, step, look, visit)


def attempt(step: Step, look: Look, visit: Visit) -> Verdict:
    """What may come in place of a verdict is one too."""
    try:
        return look(visit)
    except Busy:
        return blame(step, Cause.BUSY, "Its lease is held by a worker.", Grade.NOT_TRIED)
    except LeaseLost:
        return blame(step, Cause.TAKEN_OVER, "The lease is no longer ours.", Grade.NOT_TRIED)
    except TimeIsUp:
        host = account.host_of(visit.home_url or visit.url)
        return judged.out_of_time(step, host, visit.patience.seconds, visit.means)
    except TookTooLong:
        return failed(step, visit.silence(), visit.means)
    except CredentialsError as error:
        known, status = visit.credentials, error.status
        return credentials_refused(step, known, status, answered(error), visit.means)
    except RemoteError as error:
        return failed(step, visit.failure(error), visit.means)
    except Exception as error:
        return our_mistake(step, error)


def our_mistake(step: Step, error: Exception) -> Verdict:
    log.exception("The doctor's step %s failed.", step)
    return trouble(step, Cause.OUR_MISTAKE, type(error).__name__)


def answered(error: RemoteError) -> str:
    return f"The server answered {error.status}." if error.status else error.message
