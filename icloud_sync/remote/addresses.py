"""One strict reading of a URL. Two parsers that part ways over where the host ends (a
backslash, userinfo, a full-width dot) send a password to a stranger: what is not spelled
plainly is refused, and what is sent is made of the parts that were read here."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from string import punctuation
from urllib.parse import quote, urljoin

from icloud_sync.remote.errors import HostNotAllowed

NOT_PLAIN = (
    "The password is not sent to an address that is not spelled plainly, like "
    "https://host.example/path, without a user name, a backslash or a blank in it."
)
DEFAULT_PORTS = {"https": 443, "http": 80}
# None of them may stand in a URL (RFC 3986, 2), and each is somewhere read as "/" or skipped.
UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Address:
    """`host`: lower case, ASCII, an IPv6 address without brackets; `port` None: the default."""

    scheme: str
    host: str
    port: int | None
    target: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{host}{port}{self.target}"


def strict(url: str) -> Address:
    """Raises HostNotAllowed for a URL that somebody else could read otherwise."""
    # A path's letters may be any; in a host, "%" is refused like all that is not ASCII.
    ascii_only = quote(url, safe=punctuation, errors="replace")
    found = None if UNSAFE.search(url) or " " in url else URL.fullmatch(ascii_only)
    if found is None:
        raise HostNotAllowed(NOT_PLAIN)
    scheme = found["scheme"].lower()
    return Address(
        scheme,
        _host(found["host"].lower()),
        _port(found["port"], scheme),
        (found["path"] or "/") + (found["query"] or ""),
    )


def joined(base: str, reference: str) -> str:
    """Where a server points from `base` (RFC 3986, 5). HostNotAllowed for what is no address."""
    if UNSAFE.search(reference.strip()):
        raise HostNotAllowed(NOT_PLAIN)
    try:
        return urljoin(base, reference.strip().replace(" ", "%20"))
    except ValueError as error:
        raise HostNotAllowed(NOT_PLAIN) from error


def _host(host: str) -> str:
    if not host.startswith("["):
        return host.removesuffix(".")
    try:
        return str(IPv6Address(host.strip("[]")))
    except ValueError as error:
        raise HostNotAllowed(NOT_PLAIN) from error


def _port(written: str | None, scheme: str) -> int | None:
    port = int(written or DEFAULT_PORTS.get(scheme, 0))
    if not 0 < port < 65536:
        raise HostNotAllowed(NOT_PLAIN)
    return None if port == DEFAULT_PORTS.get(scheme) else port
