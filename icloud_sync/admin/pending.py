"""An account between the two steps of connecting: in the session, the password encrypted,
a quarter of an hour at most."""

import time
from dataclasses import asdict, dataclass

from django.http import HttpRequest

from icloud_sync.connecting import AccountLook
from icloud_sync.core.values import CollectionInfo
from icloud_sync.fields import DecryptionError, Secret, decrypt, encrypt

KEY = "icloud_connecting"
SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Pending:
    user_id: int
    password: Secret
    account: AccountLook


def keep(request: HttpRequest, user_id: int, password: str, account: AccountLook) -> None:
    request.session[KEY] = {
        "at": time.time(),
        "user_id": user_id,
        "password": encrypt(password),
        "account": asdict(account),
    }


def recall(request: HttpRequest) -> Pending | None:
    """None, and forgotten, once the time is over or the key that opens it is gone."""
    kept = request.session.get(KEY)
    if not kept:
        return None
    if time.time() - kept["at"] > SECONDS:
        forget(request)
        return None
    try:
        password = decrypt(kept["password"])
    except DecryptionError:
        forget(request)
        return None
    return Pending(kept["user_id"], password, read_account(kept["account"]))


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def read_account(kept: dict[str, object]) -> AccountLook:
    collections = tuple(CollectionInfo(**info) for info in kept["collections"])  # type: ignore
    return AccountLook(**{**kept, "collections": collections})  # type: ignore[arg-type]
