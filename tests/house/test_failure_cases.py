"""The failure cases this project was asked for by number, each with the tests that show it. What
is listed here exists; a test that is renamed is renamed here as well."""

import re
from pathlib import Path

import pytest

from tests.faults.table import ROWS

TESTS = Path(__file__).parents[1]
ROW = "faults/table"  # a row of the table of faults, lived through in faults/test_faults.py
CASES: dict[str, list[str]] = {
    "1 a wrong password at connect": [
        "faults/test_connecting.py::test_each_fault_has_its_sentence_and_the_next_try_succeeds",
    ],
    "3 a password revoked in the middle of a run": [
        f"{ROW}::the password revoked in the middle of a run",
        "scenarios/test_crash_points.py::"
        "test_a_revoked_password_loses_nothing_and_a_new_one_sends_everything_once",
    ],
    "5 redirects to a partition": [
        *(f"{ROW}::redirect {number}" for number in (301, 302, 307, 308)),
        "remote/test_session.py::test_five_hops_are_followed_and_six_are_not",
        f"{ROW}::the generic host sends on to a foreign host",
    ],
    "7 another partition between two syncs": [
        *(f"{ROW}::renumbered, old host {how}" for how in ("404", "421", "401", "403", "reset")),
        f"{ROW}::renumbered, old host refuses connections",
        "remote/test_hrefs.py::test_the_default_port_is_no_part_of_an_origin",
    ],
    "8 what is no calendar of events, and what is read-only": [
        "remote/test_apple_manners.py::"
        "test_discovery_crosses_to_the_partition_and_reminders_are_left_out",
        "standin/test_discovery.py::test_the_home_lists_apples_collections",
        "icloud_sync/test_connecting.py::test_a_read_only_target_is_refused",
    ],
    "9 hrefs and namespaces in every spelling": [
        f"{ROW}::prefixed XML",
        f"{ROW}::hrefs on the other host",
        "remote/test_hrefs.py::test_every_spelling_of_an_href_is_one_identity",
    ],
    "10 a selected calendar deleted": [
        *(f"{ROW}::the calendar withdrawn, {how}" for how in ("404", "403", "unlisted")),
    ],
    "12 a 503 while connecting": [
        "faults/test_connecting.py::test_each_fault_has_its_sentence_and_the_next_try_succeeds",
        "faults/test_before_sign_in.py::test_what_is_in_everybodys_way_is_no_wrong_password",
    ],
    "14 a Simple calendar": [
        "scenarios/test_serving.py::test_r2_a_simple_calendar_is_refused_on_every_path",
        "icloud_sync/test_connecting.py::test_a_simple_calendar_is_refused_before_any_request",
    ],
    "16 an empty list of 200": [
        "faults/test_late_news.py::test_16_an_empty_list_of_200_events_removes_nothing_and_is_told",
    ],
    "17 a list with gaps, once": [
        f"{ROW}::a listing with gaps",
        "faults/test_late_news.py::"
        "test_17_a_list_that_lacks_a_third_changes_nothing_and_asks_in_batches",
    ],
    "18 a token that is not known": [
        *(f"{ROW}::tokens expire, {how}" for how in ("bare 403", "valid-sync-token", "410")),
    ],
    "19 a 403 that is not about the token": [
        "faults/test_one_of_many.py::"
        "test_a_calendar_that_cannot_be_read_does_not_keep_the_others_from_it",
    ],
    "20 three pages, a fault on the second": [
        "faults/test_late_news.py::"
        "test_20_a_report_in_three_pages_that_fails_at_the_second_is_gone_on_with",
    ],
    "22 the same href twice": [f"{ROW}::everything listed twice"],
    "25 one of a hundred without a body": [
        "faults/test_one_of_many.py::"
        "test_25_of_a_hundred_one_that_a_report_has_no_body_of_is_asked_for_again",
    ],
    "26 one of a hundred that no XML can carry": [
        "faults/test_one_of_many.py::test_26_an_event_that_no_xml_can_carry_stops_only_itself",
    ],
    "41 a write whose answer is lost": [
        f"{ROW}::a write's answer is lost",
        *(f"{ROW}::a write's answer is a gateway's {number}" for number in (502, 504)),
        f"{ROW}::a write hangs",
        "faults/test_lost_answers.py::"
        "test_what_is_typed_after_a_lost_answer_is_no_conflict_with_it",
    ],
    "44 somebody else's event at our address": [
        "scenarios/test_others_at_our_place.py::"
        "test_44_another_event_at_the_address_we_chose_stays_and_ours_gets_another_address",
    ],
    "46 no etag, a weak one, an encoded one": [
        f"{ROW}::no etag after a write",
        f"{ROW}::weak etags on GET",
        f"{ROW}::encoded etags after a write",
    ],
    "47 a server that rewrites": [
        f"{ROW}::fresh stamps and etags in every body",
        f"{ROW}::an alarm in every body",
        f"{ROW}::timezones dropped",
    ],
    "61 a calendar that turned read-only": [
        f"{ROW}::the calendar turned read-only",
        "scenarios/test_refused_writes.py::"
        "test_61_a_calendar_that_turned_read_only_is_named_as_that_and_asked_once_at_most",
    ],
    "62 invitations": [
        "faults/test_never_asked.py::test_a_busy_day_asks_for_nothing_that_apple_refuses",
        "remote/test_wire_rules.py::test_a_meeting_that_was_read_is_not_written",
    ],
    "94 no connection, and answers that come badly": [
        *(f"{ROW}::{name}" for name in ("connections refused", "no such name", "no TLS")),
        *(f"{ROW}::{name}" for name in ("headers that drip", "bodies that drip", "broken gzip")),
        f"{ROW}::a sign-in page",
        "remote/test_session.py::test_a_silent_server_is_left_after_the_read_timeout",
    ],
    "95 Retry-After": [
        f"{ROW}::throttled",
        f"{ROW}::throttled until a date",
        f"{ROW}::throttled until a date in ten years",
        f"{ROW}::throttled with a 429",
    ],
    "96 too large, and no room": [
        f"{ROW}::writes refused, 507",
        f"{ROW}::writes refused, 413",
        f"{ROW}::events too large, 403",
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_each_failure_case_has_its_tests(case: str) -> None:
    rows = {row.name for row in ROWS}
    for shown in CASES[case]:
        place, _, name = shown.partition("::")
        if place == ROW:
            assert name in rows
        else:
            text = (TESTS / place).read_text()
            assert re.search(rf"^def {name}\(", text, re.MULTILINE), shown
