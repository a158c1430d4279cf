"""Which of Apple's hosts was asked, and where that host sends people (S3, S4).

One machine plays five: the generic host every client starts at, the account's partition,
the partition it has after Apple moved it, one where nobody listens any more, and somebody
else's host that is none of Apple's.
"""

from collections import deque
from dataclasses import dataclass, field

from icloud_standin.auth import unauthorized
from icloud_standin.messages import RecordedRequest, Request, Response, curt
from icloud_standin.switches import Switches
from icloud_standin.table.hosts import REDIRECTS

REMEMBERED = 1_000


@dataclass(frozen=True)
class Hosts:
    """Origins without a slash at the end: http://localhost:8001"""

    generic: str
    partition: str
    renumbered: str
    nobody: str
    foreign: str
    # What arrived at the foreign host; `authorized` should be False in all of it.
    strangers: deque[RecordedRequest] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def home_of(self, switches: Switches) -> str:
        """The partition the account lives on now."""
        return self.renumbered if switches.renumbered else self.partition

    def home_set(self, switches: Switches) -> str:
        """What stands before the path of a calendar-home-set (S2)."""
        return {
            "partition": self.home_of(switches),
            "generic": self.generic,
            "relative": "",
            "nobody": self.nobody,
            "foreign": self.foreign,
        }[switches.home_set]

    def other_than(self, request: Request, switches: Switches) -> str:
        """The host that was not asked, for hrefs that lead away from the one that was."""
        home = self.home_of(switches)
        return self.generic if _origin(request) == home else home

    def is_foreign(self, request: Request) -> bool:
        return _origin(request) == self.foreign

    def at_the_foreign(self, request: Request) -> Response:
        """Asks for a password, as a thief would."""
        response = unauthorized()
        self.strangers.append(RecordedRequest.of(request, response))
        return response

    def answer(self, request: Request, switches: Switches) -> Response | None:
        """A redirect, or the refusal of a partition the account does not live on (any more)."""
        asked, home = _origin(request), self.home_of(switches)
        if asked == self.generic and switches.redirect:
            leads = {"partition": home, "foreign": self.foreign, "itself": self.generic}
            return _redirect(request, switches.redirect, leads[switches.redirect_to])
        if asked in (self.partition, self.renumbered) and asked != home:
            moved = switches.renumbered or "421"
            return _redirect(request, moved, home) if moved in REDIRECTS else curt(moved)
        return None


def _redirect(request: Request, status: str, host: str) -> Response:
    query = f"?{request.query}" if request.query else ""
    return Response(int(status), b"", {"Location": f"{host}{request.path}{query}"})


def _origin(request: Request) -> str:
    return f"http://{request.header('host').lower()}"
