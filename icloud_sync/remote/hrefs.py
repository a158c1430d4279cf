"""One identity a resource: hrefs as server-relative paths, spelled one way.

iCloud names the same event by partition host or general host, with or without the port,
as `%40` or `@`; RFC 3986, 6.2.2 says which spellings are equal.
"""

from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

# What a path segment may hold unescaped (RFC 3986, 3.3).
SEGMENT_SAFE = "-._~!$&'()*+,;=:@"


def canonical(href: str, base: str = "/") -> str:
    """The server-relative path of `href`, resolved against `base`, in its one spelling."""
    path = urlsplit(urljoin(base, href.strip())).path or "/"
    parts = ("/" + path.removeprefix("/")).split("/")
    segments = [quote(unquote_to_bytes(part), safe=SEGMENT_SAFE) for part in parts]
    return _without_dots(segments)


def _without_dots(segments: list[str]) -> str:
    """Dots that came percent-encoded too: nothing may climb out of a collection unseen."""
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    # One slash in front: read again, what follows two of them would be a host.
    return "/" + "/".join(kept).lstrip("/")


def as_collection(href: str) -> str:
    return href if href.endswith("/") else href + "/"


def same_resource(one: str, other: str) -> bool:
    """Whether two canonical hrefs name one thing; a trailing slash makes no other."""
    return one.rstrip("/") == other.rstrip("/")


def parent(href: str) -> str:
    """The collection that a canonical href lies in."""
    return href.rstrip("/").rpartition("/")[0] + "/"


def is_resource(href: str) -> bool:
    """Whether a canonical href can be a resource in a collection, not a collection."""
    return not href.endswith("/") and parent(href).strip("/") != ""


def origin(url: str) -> str:
    """Scheme, host and port, the default port left out."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def absolute(href: str, base_url: str) -> str:
    """The URL to send a request for a canonical href to."""
    return origin(base_url) + href
