"""Where an account lives, and following it when Apple moves it to another partition.

The partition it was found on an earlier day may answer anything by now, a 401 among it: until
somebody there has answered for the account, what speaks against us is believed only once the
generic host still names that partition (icloud-behaviour.md 1.9).
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from icloud_sync.core.values import Account
from icloud_sync.remote import discovery
from icloud_sync.remote.classify import Request
from icloud_sync.remote.doubt import is_doubted, knows_nothing, says_no_more
from icloud_sync.remote.errors import RemoteError, WriteOutcomeUnknown
from icloud_sync.remote.hrefs import absolute, canonical, origin
from icloud_sync.remote.transport import Answer, Transport

T = TypeVar("T")
MOVED = (
    "This account has moved to another of the server's hosts. What is there will be looked at "
    "before it is written to."
)


class Home:
    """The calendar home's URL, and every request to its host. `failures`: runs in a row that
    failed before this one."""

    def __init__(
        self, transport: Transport, server_url: str, known_url: str = "", failures: int = 0
    ) -> None:
        self._transport, self._server_url = transport, server_url
        self.known_url = known_url
        self._failures = failures
        # From an earlier day, and nobody there has answered for the account yet today.
        self._may_be_stale = bool(known_url)
        # What the generic host said when it was asked in vain: it is asked once.
        self._told: RemoteError | None = None

    @property
    def url(self) -> str:
        return self.known_url or self.discover().home_url

    @property
    def href(self) -> str:
        return canonical(self.url)

    def discover(self) -> Account:
        account = discovery.discover(self._transport, self._server_url)
        self.known_url, self._may_be_stale = account.home_url, False
        return account

    def send(
        self,
        method: str,
        href: str,
        request: Request,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = self._transport.send(method, absolute(href, self.url), request, body, headers)
        self._move_along(href, answer)
        return answer

    def follow(self, ask: Callable[[], T]) -> T:
        """A read; where the home was left behind, made again at the present one."""
        try:
            found = ask()
        except RemoteError as error:
            if not self._left_behind(error):
                raise
            found = ask()
        self._may_be_stale = False
        return found

    def write(
        self, method: str, href: str, request: Request, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Sent again at once where the old host knew nothing of it; else somebody has to look
        first, and WriteOutcomeUnknown says so."""
        try:
            answer = self.send(method, href, request, body, headers)
        except RemoteError as error:
            if not self._left_behind(error):
                raise
            if not knows_nothing(error):
                raise WriteOutcomeUnknown(MOVED, error.status, kind="moved") from error
            answer = self.send(method, href, request, body, headers)
        self._may_be_stale = False
        return answer

    def found_elsewhere(self) -> bool:
        """Whether discovery, once, finds the home at another address than the one we had."""
        if not self._may_be_stale:
            return False
        before = self.known_url
        try:
            return self.discover().home_url != before
        except RemoteError as told:
            self._told = told
            raise

    def _left_behind(self, error: RemoteError) -> bool:
        """Whether a host said so where the account lives no more. Raises what the generic host
        says where that counts for more: its 401, or that nobody can tell just now."""
        if not (self._may_be_stale and (knows_nothing(error) or self._doubts(error))):
            return False
        try:
            if self._told:
                raise self._told
            return self.found_elsewhere()
        except RemoteError as told:
            if says_no_more(told, error):
                raise error from told
            raise

    def _doubts(self, error: RemoteError) -> bool:
        """Not what the generic host said itself."""
        is_another = origin(self.url) != origin(self._server_url)
        return is_another and is_doubted(error, self._failures)

    def _move_along(self, href: str, answer: Answer) -> None:
        """Who answered knows the account. If that is another host, one that knows the same
        path, the account lives there now: the next request need not make the detour."""
        if answer.path == href and origin(answer.url) != origin(self.url):
            self.known_url = absolute(self.href, answer.url)
