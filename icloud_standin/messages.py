"""A request as it came and a response as it leaves, without sockets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # still percent-encoded
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    @property
    def wants_html(self) -> bool:
        return "text/html" in self.header("accept")

    def form(self) -> dict[str, str]:
        return _last_values(self.body.decode("utf-8", "replace"))

    def arguments(self) -> dict[str, str]:
        return _last_values(self.query)


def _last_values(encoded: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(encoded, True).items()}


@dataclass
class Response:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before anything is said
    head_seconds: float = 0.0  # that status and headers take
    seconds: float = 0.0  # that the body takes
    drop: bool = False  # close the connection without a word
    reset: bool = False  # and rudely: the client's socket gets a reset


def curt(answer: str) -> Response:
    """A status and nothing else, or "reset"."""
    return Response(0, reset=True) if answer == "reset" else Response(int(answer))


class Refused(Exception):
    """Stop here with this response."""

    def __init__(self, status: int, body: bytes = b"", content_type: str = "text/html") -> None:
        super().__init__(status)
        headers = {"Content-Type": content_type} if body else {}
        self.response = Response(status, body, headers)


def bad_request(reason: str) -> Refused:
    """Apple's bare 400: an HTML page that says little; ours adds the reason for developers."""
    page = f"<html><head><title>400</title></head><body>Bad Request: {reason}</body></html>"
    return Refused(400, page.encode())


@dataclass(frozen=True)
class RecordedRequest:
    """What an account was asked, for tests that assert budgets and preconditions (S21)."""

    method: str
    path: str
    status: int
    authorized: bool = field(default=True, compare=False)  # it carried a password
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    body: bytes = field(default=b"", compare=False, repr=False)

    @classmethod
    def of(cls, request: Request, response: Response) -> "RecordedRequest":
        """The password itself is not kept."""
        headers = dict(request.headers)
        authorized = bool(headers.pop("authorization", ""))
        return cls(request.method, request.path, response.status, authorized, headers, request.body)
