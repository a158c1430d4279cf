"""Where an account lives, and following it when Apple moves it to another partition."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from icloud_sync.core.values import Account
from icloud_sync.remote import discovery
from icloud_sync.remote.classify import Request
from icloud_sync.remote.errors import RemoteError, ResourceNotFound, Unreachable
from icloud_sync.remote.hrefs import absolute, canonical, origin
from icloud_sync.remote.transport import Answer, Transport

T = TypeVar("T")
MISDIRECTED = 421


class Home:
    """The calendar home's URL, and every request to its host."""

    def __init__(self, transport: Transport, server_url: str, known_url: str = "") -> None:
        self._transport, self._server_url = transport, server_url
        self.known_url = known_url
        # From an earlier day, and nobody there has answered for the account yet today.
        self._may_be_stale = bool(known_url)

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
        """To the home's host; where that was left behind, once to the present one."""

        def send() -> Answer:
            answer = self._transport.send(method, absolute(href, self.url), request, body, headers)
            self._move_along(href, answer)
            return answer

        try:
            return send()
        except RemoteError as error:
            left = isinstance(error, Unreachable) or error.status == MISDIRECTED
            if not (left and self.found_elsewhere()):
                raise
        return send()

    def follow(self, ask: Callable[[], T]) -> T:
        """An old partition may answer 404 to everything: no sign that a collection is gone."""
        try:
            return ask()
        except ResourceNotFound:
            if not self.found_elsewhere():
                raise
        return ask()

    def found_elsewhere(self) -> bool:
        """Whether discovery, once, finds the home at another address than the one we had."""
        if not self._may_be_stale:
            return False
        before = self.known_url
        return self.discover().home_url != before

    def _move_along(self, href: str, answer: Answer) -> None:
        """Who answered knows the account. If that is another host, one that knows the same
        path, the account lives there now: the next request need not make the detour."""
        self._may_be_stale = False
        if answer.path == href and origin(answer.url) != origin(self.url):
            self.known_url = absolute(self.href, answer.url)
