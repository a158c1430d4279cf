"""Occurrences and collections as the templates show them: ready-made words, nothing to compute."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from icloud_standin.phone.agenda import Occurrence
from icloud_standin.rows import Account, Collection
from icloud_standin.store import Store

NOTES = {
    "read-only": "read only",
    "subscribed": "subscribed",
    "shared": "shared with you",
    "shared-owner": "shared",
}


def writable(store: Store, account: Account) -> list[Collection]:
    return [each for each in shown(store, account) if each.writable]


def shown(store: Store, account: Account) -> list[Collection]:
    return [each for each in store.collections(account.dsid) if each.holds_events]


def frame(account: Account, store: Store, first: date, count: int, today: date) -> dict[str, Any]:
    return {
        "account": account,
        "others": [each for each in store.accounts() if each.dsid != account.dsid],
        "calendars": [
            {
                "name": each.displayname,
                "color": each.color[:7],
                "note": NOTES.get(each.kind, ""),
            }
            for each in shown(store, account)
        ],
        "title": f"{first:%B %Y}",
        "previous": (first - timedelta(days=count)).isoformat(),
        "next": (first + timedelta(days=count)).isoformat(),
        "is_now": first == today,
        "new_date": max(first, today).isoformat() if first <= today else first.isoformat(),
    }


def days(agenda: Sequence[tuple[date, Sequence[Occurrence]]], today: date) -> list[dict[str, Any]]:
    return [
        {
            "weekday": f"{day:%A}",
            "date": f"{day.day} {day:%B}",
            "iso": day.isoformat(),
            "name": {0: "Today", 1: "Tomorrow"}.get((day - today).days, ""),
            "events": [_event(each, day) for each in occurrences],
        }
        for day, occurrences in agenda
    ]


def _event(occurrence: Occurrence, day: date) -> dict[str, Any]:
    details, collection = occurrence.details, occurrence.resource.collection
    starts, ends = _times(occurrence, day)
    query = {"href": occurrence.resource.href, "at": occurrence.recurrence_id}
    return {
        "title": details.title or "No title",
        "place": details.place,
        "starts": starts,
        "ends": ends,
        "color": collection.color[:7],
        "calendar": collection.displayname,
        "repeats": bool(occurrence.recurrence_id),
        "cancelled": occurrence.cancelled,
        "guests": occurrence.guests,
        "query": urlencode(query),
    }


def _times(occurrence: Occurrence, day: date) -> tuple[str, str]:
    starts, ends = occurrence.details.starts, occurrence.details.ends
    if not isinstance(starts, datetime) or not isinstance(ends, datetime):
        return "all day", ""
    first = f"{starts:%H:%M}" if starts.date() == day else "until"
    last = f"{ends:%H:%M}" if ends.date() == day else ""
    return ("all day", "") if (first, last) == ("until", "") else (first, last)
