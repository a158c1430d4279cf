"""The pages for people and programs on this machine: no other site may use them.

They need no password, so a page elsewhere must not read them (by a name that points here)
nor post to them.
"""

from urllib.parse import urlsplit

from icloud_standin.messages import Refused, Request


def refuse_strangers(request: Request, hosts: set[str]) -> None:
    host, origin = request.header("host"), request.header("origin")
    if host.rsplit(":", 1)[0] not in hosts and host not in hosts:
        raise Refused(403)
    if request.method not in ("GET", "HEAD") and origin and urlsplit(origin).netloc != host:
        raise Refused(403)
