"""Basic authentication with an app-specific password (S5)."""

import base64
import binascii
import hmac
import uuid

from icloud_standin.messages import Request, Response, bad_request
from icloud_standin.rows import Account
from icloud_standin.store import Store
from icloud_standin.switches import Switches

CHALLENGE = 'X-MobileMe-AuthToken realm="MMCalDav", Basic realm="MMCalDav"'


def credentials(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, password = decoded.partition(":")
    return user, password


def named_account(request: Request, store: Store) -> Account | None:
    """Whose name the request carries, the password not yet looked at."""
    user, _ = credentials(request)
    return store.account(user) if user else None


def answer(request: Request, account: Account | None, switches: Switches) -> Response | None:
    """A 401 for all but the app-specific password."""
    user, password = credentials(request)
    if account is None:
        return _to_nobody(request, user, switches)
    right = hmac.compare_digest(password.encode(), account.app_password.encode())
    return None if right and not switches.revoked_password else unauthorized()


def _to_nobody(request: Request, user: str, switches: Switches) -> Response:
    """A plain GET of the root is 400 for anybody (1.3)."""
    if request.method == "GET" and request.path == "/" and switches.strict_requests:
        return bad_request("no").response
    return Response(403) if user and switches.unknown_user == "403" else unauthorized()


def unauthorized() -> Response:
    correlation = uuid.uuid4().hex.upper()
    return Response(
        401, b"", {"WWW-Authenticate": CHALLENGE, "X-Apple-Jingle-Correlation-Key": correlation}
    )
