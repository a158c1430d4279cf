"""A listing against what we know: what to read, and what to ask about."""

from icloud_sync.core.diff import Difference, against_listing, against_report
from icloud_sync.core.values import Member

KNOWN = {"/c/1.ics": '"1"', "/c/2.ics": '"2"', "/c/pending.ics": ""}


def test_only_other_etags_are_read_and_our_own_write_coming_back_is_not() -> None:
    changed = [Member("/c/1.ics", '"1"'), Member("/c/2.ics", '"3"'), Member("/c/n.ics", '"1"')]
    assert against_report(changed, ["/c/1.ics", "/c/unknown.ics"], KNOWN) == Difference(
        ("/c/2.ics", "/c/n.ics"), ("/c/1.ics",)
    )


def test_what_a_full_listing_lacks_is_asked_about() -> None:
    members = [Member("/c/1.ics", '"1"'), Member("/c/pending.ics", '"9"')]
    assert against_listing(members, KNOWN) == Difference(("/c/pending.ics",), ("/c/2.ics",))


def test_a_member_without_an_etag_is_always_read() -> None:
    assert against_listing([Member("/c/1.ics", "")], {"/c/1.ics": ""}).look == ("/c/1.ics",)
