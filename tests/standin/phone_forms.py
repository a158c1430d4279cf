"""What a person fills into the phone's form, and the bodies it is tried on."""

import re
from urllib.parse import urlencode

from icloud_standin.account import StandInAccount
from tests.standin.conftest import event

DAY = "2026-12-01"
SERIES = event("series", "RRULE:FREQ=WEEKLY;BYDAY=TU", "EXDATE:20261215T090000Z")
FORM = {
    "title": "Meeting",
    "date": DAY,
    "start": "10:00",
    "end": "11:00",
    "place": "",
    "notes": "",
    "end_date": "",
    "action": "save",
}


def event_path(account: StandInAccount, href: str, at: str = "") -> str:
    return f"/phone/{account.dsid}/event?{urlencode({'href': href, 'at': at})}"


def without_marks(body: str) -> str:
    """A body without what every edit renews."""
    return re.sub(r"(DTSTAMP|LAST-MODIFIED|SEQUENCE|CREATED):\w+\r\n", "", body)


def only_body(account: StandInAccount, collection: str = "home") -> str:
    (body,) = account.resources(collection).values()
    return body


def lines_of(body: str, *names: str) -> list[str]:
    return [line for line in body.split("\r\n") if line.split(":")[0].split(";")[0] in names]
