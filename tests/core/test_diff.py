"""A listing against what we know: what to read, and what to ask about."""

import pytest

from icloud_sync.core.diff import Difference, against_listing, against_report, is_behind
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


@pytest.mark.parametrize(
    ("served", "listed", "known", "replaced", "behind"),
    [
        ("3", "3", "2", "1", False),  # somebody changed it
        ("2", "3", "2", "1", True),  # somebody changed it, and the old body is still served
        ("1", "2", "2", "1", True),  # our own write is not served yet
        ("1", "1", "2", "1", True),  # nor listed
        ("4", "3", "2", "1", False),  # changed again since it was listed
        ("2", "2", "2", "1", False),
        ("", "3", "", "", False),  # no telling
        ("2", "", "2", "1", False),  # listed without its etag
        ("1", None, "", "", False),
    ],
)
def test_a_body_is_behind_when_its_etag_is_one_that_was_replaced(
    served: str, listed: str | None, known: str, replaced: str, behind: bool
) -> None:
    assert is_behind(served, listed, known, replaced) == behind
