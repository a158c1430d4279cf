"""The registry of where slots come from."""

import pytest

from calendars import sources
from calendars.models import BlockedSlot, User
from calendars.sources import Source


@pytest.fixture(autouse=True)
def only_our_own(monkeypatch):
    monkeypatch.setattr(sources, "registered", {})


def test_each_source_is_asked_about_its_own_slots_at_once() -> None:
    asked = []

    def on_delete(slots):
        asked.append([slot.title for slot in slots])
        return "This also deletes 2 events in iCloud."

    sources.register(Source("icloud", "iCloud", on_delete=on_delete))
    slots = [
        BlockedSlot(title=title, origin=origin)
        for title, origin in (("a", "icloud"), ("b", "referins"), ("c", "icloud"))
    ]
    assert sources.delete_consequences(slots) == ["This also deletes 2 events in iCloud."]
    assert asked == [["a", "c"]]
    assert sources.edit_consequences(slots) == []


def test_a_source_with_nothing_of_its_own_there_is_not_asked() -> None:
    def on_edit(slots):
        raise AssertionError(slots)

    sources.register(Source("icloud", "iCloud", on_edit=on_edit))
    assert sources.edit_consequences([BlockedSlot(origin="referins")]) == []


def test_freshness_is_what_each_source_says_of_the_user() -> None:
    sources.register(Source("icloud", "iCloud", freshness=lambda user: f"As of 10:42, {user}."))
    sources.register(Source("other", "Other"))
    assert sources.freshness(User(username="anna")) == ["As of 10:42, anna."]
