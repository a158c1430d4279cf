"""An examination: steps tried in order, each verdict given out as soon as it is there."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from calendars.models import User
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import Failure, Kind, credentials_refused, failed
from icloud_sync.core.verdicts.values import NEEDS, Grade, Step, Verdict, blame, not_tried, trouble
from icloud_sync.doctor import account, events
from icloud_sync.doctor.patience import Patience, TimeIsUp, TookTooLong
from icloud_sync.doctor.probe import write_and_delete
from icloud_sync.doctor.troubles import failure_of, is_apple
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
    with Visit(connection, patience or Patience()) as visit:
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
        return blame(step, Cause.TIME_IS_UP, "", Grade.NOT_TRIED)
    except TookTooLong:
        return failed(step, silence(visit))
    except CredentialsError as error:
        return credentials_refused(step, visit.credentials, error.status, answered(error))
    except RemoteError as error:
        return failed(step, failure_of(error, visit.home_url or visit.url))
    except Exception as error:
        return our_mistake(step, error)


def our_mistake(step: Step, error: Exception) -> Verdict:
    log.exception("The doctor's step %s failed.", step)
    return trouble(step, Cause.OUR_MISTAKE, type(error).__name__)


def silence(visit: Visit) -> Failure:
    url = visit.home_url or visit.url
    seen = f"No whole answer within {visit.patience.one:.0f} seconds."
    return Failure(
        Kind.SILENCE, urlsplit(url).netloc, seen, datetime.now(UTC), is_apple=is_apple(url)
    )


def answered(error: RemoteError) -> str:
    return f"The server answered {error.status}." if error.status else error.message
