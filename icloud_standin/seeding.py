"""What Apple's clients leave in a calendar, as named sets of events (S20).

Each file in `seeds/` is one resource under its percent-encoded name, with places for what is
known only when it is planted: days counted from a Monday, addresses, identities.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from icloud_standin.content_lines import fold
from icloud_standin.rows import Account, Collection
from icloud_standin.store import Store

FOLDER = Path(__file__).parent / "seeds"
EVENTS = ("series", "times", "texts", "invitations", "names")
SETS = (*EVENTS, "calendars", "everything")
DAYS = 401
LONG = 200_000  # characters
# Shared with the account under its owner's number, and what only reads (S6).
CALENDARS = (
    ("Team", "shared", "10000000001"),
    ("Birthdays", "subscribed", ""),
    ("Football (webcal)", "webcal", ""),
)


class NoSuchSet(ValueError):
    """As a sentence."""


def plant(store: Store, account: Account, collection: Collection, name: str, first: date) -> None:
    """Put a set there, or put it there again; `first` lies in the week it starts in."""
    if name not in SETS:
        raise NoSuchSet(f"There is no set {name}, only {', '.join(SETS)}.")
    for each in EVENTS if name == "everything" else {name} & set(EVENTS):
        for file in sorted((FOLDER / each).glob("*.ics")):
            _plant_file(store, account, collection, file, first)
    if name in ("calendars", "everything"):
        _add_calendars(store, account)


def _plant_file(
    store: Store, account: Account, collection: Collection, file: Path, first: date
) -> None:
    uid = _identity(collection, file.stem)
    text = file.read_text(encoding="utf-8").format(uid=uid, **_facts(account, collection, first))
    body = b"".join(fold(line) for line in text.removesuffix("\n").split("\n"))
    lines = text.split("\n")
    uid = next(line.removeprefix("UID:") for line in lines if line.startswith("UID:"))
    store.put(collection, unquote(file.name), uid, body)


def _facts(account: Account, collection: Collection, first: date) -> dict[str, object]:
    monday = first - timedelta(days=first.weekday())
    days = [monday + timedelta(days=number) for number in range(DAYS)]
    zones = (FOLDER / "zones").glob("*.ics")
    return {
        "day": [f"{day:%Y%m%d}" for day in days],
        "last_friday": next(f"{day:%Y%m%d}" for day in days if _is_last_friday(day)),
        "stamp": f"{datetime(first.year, first.month, first.day, tzinfo=UTC):%Y%m%dT%H%M%SZ}",
        "me": account.apple_id,
        "split": [_identity(collection, f"split {half}") for half in ("before", "after")],
        "zones": {file.stem: file.read_text().rstrip("\n") for file in zones},
        "long": "All that was said. " * (LONG // 19),
    }


def _is_last_friday(day: date) -> bool:
    return day.weekday() == 4 and (day + timedelta(days=7)).month != day.month


def _identity(collection: Collection, name: str) -> str:
    """The same for the same place: planting twice makes no twins."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{collection.href}{name}")).upper()


def _add_calendars(store: Store, account: Account) -> None:
    known = {each.displayname for each in store.collections(account.dsid)}
    for displayname, kind, owner in CALENDARS:
        if displayname not in known:
            store.add_collection(account.dsid, "", displayname, kind, "VEVENT", "#34AADCFF", owner)
