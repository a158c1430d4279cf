"""One way to send a request: the credentials and headers of one account, the guarded session
under it, and every answer classified."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import niquests

from icloud_sync.remote import multistatus
from icloud_sync.remote.classify import Request, classify
from icloud_sync.remote.errors import WriteOutcomeUnknown
from icloud_sync.remote.etags import strong
from icloud_sync.remote.hrefs import canonical
from icloud_sync.remote.session import Guard, GuardedSession, HostRule

VERSION = "0.1.0"  # as in pyproject.toml
USER_AGENT = f"Referins/{VERSION}"  # without one iCloud answers 403 (2.7)


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer. `url` is where it came from, after redirects."""

    url: str
    path: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    def multistatus(self) -> multistatus.Multistatus:
        if self.status not in (200, 207):
            raise multistatus.not_caldav(self.status)
        return multistatus.parse(self.content, self.path)

    @property
    def etag(self) -> str:
        return strong(self.headers.get("ETag") or "")


class Transport:
    def __init__(
        self,
        server_url: str,
        username: str,
        password: str,
        *,
        allowed_hosts: Iterable[str],
        timeout: tuple[float, float],
        max_bytes: int,
        before_request: Guard | None,
        contact: str = "",
    ) -> None:
        self._session = GuardedSession(
            HostRule(allowed_hosts),
            timeout=timeout,
            max_bytes=max_bytes,
            before_request=before_request,
        )
        credentials = b64encode(f"{username}:{password}".encode()).decode()
        # Sent at once: who waits for a 401 finds an empty account on some servers (15).
        self._always = {
            "Authorization": f"Basic {credentials}",
            "User-Agent": f"{USER_AGENT} (+{contact})" if contact else USER_AGENT,
            "Accept-Encoding": "gzip",
            "Accept": "*/*",
        }

    def check(self, url: str) -> None:
        """Raises HostNotAllowed for a URL that may not see the password."""
        self._session.hosts.check(url)

    def send(
        self,
        method: str,
        url: str,
        request: Request,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        kind = {"Content-Type": "application/xml; charset=utf-8"} if body else {}
        answer = self._session.request(
            method, url, data=body or None, headers=self._always | kind | dict(headers or {})
        )
        content = answer.content or b""
        self._refuse(request, answer, content, len(body))
        return Answer(
            url=str(answer.url),
            path=canonical(str(answer.url)),
            status=int(answer.status_code or 0),
            headers=cast(Mapping[str, str], answer.headers),
            content=content,
        )

    def close(self) -> None:
        """The password is forgotten; connections are the process's, and stay."""
        self._always.pop("Authorization", None)

    @staticmethod
    def _refuse(request: Request, answer: niquests.Response, content: bytes, sent: int) -> None:
        headers: Any = answer.headers
        error = classify(
            request,
            int(answer.status_code or 0),
            multistatus.precondition(content),
            str(headers.get("Retry-After") or ""),
            now=datetime.now(UTC),
            sent_bytes=sent,
        )
        if error:
            raise error
        if request.is_write and answer.status_code == 200 and multistatus.looks_like_html(content):
            raise WriteOutcomeUnknown(multistatus.NOT_CALDAV, 200, kind=multistatus.NOT_CALDAV_KIND)
