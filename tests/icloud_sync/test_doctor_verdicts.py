"""The table of verdicts, purely: what was seen goes in, the most likely cause comes out."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from icloud_sync.core.verdicts import machine, steps
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import Failure, Kind, failed
from icloud_sync.core.verdicts.means import CONNECTING, STORED
from icloud_sync.core.verdicts.probe import Probe, Written, body_of
from icloud_sync.core.verdicts.probe import judge as judge_probe
from icloud_sync.core.verdicts.values import (
    CAUSES,
    HEADINGS,
    Grade,
    Step,
    Verdict,
    exit_code,
    good,
    not_tried,
    note,
    summary,
    trouble,
)

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATE = timedelta(minutes=4)
APPLE = "caldav.icloud.com"
FORM = "abcd-efgh-ijkl-mnop"


def failure(kind: Kind, **more: Any) -> Failure:
    return Failure(kind, APPLE, "as seen", NOW, **({"is_apple": True} | more))


# --- Every cause has its words --------------------------------------------------------


def test_every_cause_and_every_step_has_words() -> None:
    assert set(CAUSES) == set(Cause)
    assert set(HEADINGS) == set(Step)


@pytest.mark.parametrize("cause", Cause)
def test_the_most_likely_cause_is_one_sentence(cause: Cause) -> None:
    words = CAUSES[cause].likely
    assert words.endswith(".")
    assert not re.search(r"[.!?] [A-Z“]", words)


@pytest.mark.parametrize("cause", Cause)
def test_every_trouble_says_what_to_do_next(cause: Cause) -> None:
    assert CAUSES[cause].next_step or cause is Cause.SYNCING


def test_support_reads_the_sentences_that_are_said() -> None:
    rows = re.findall(r"\| \*(.+)\* \| `(\w+)` \|", Path("docs/support.md").read_text())
    assert len(rows) == 14
    for sentence, cause in rows:
        words = re.sub(r"\\\{\w+\\\}", ".+", re.escape(CAUSES[Cause(cause)].likely))
        assert re.fullmatch(words, sentence), cause


# --- What came in place of an answer --------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "cause", "words"),
    [
        (failure(Kind.NO_WAY), Cause.NO_NETWORK, "most likely its network is down"),
        (failure(Kind.NO_NAME), Cause.NO_NAME, "this machine has no network"),
        (failure(Kind.REFUSED), Cause.NOBODY_LISTENS, "a firewall in between lets nothing through"),
        (failure(Kind.SILENCE), Cause.SILENCE, "network is down or drops"),
        (failure(Kind.STALLED), Cause.STALLED, "most likely it is overloaded"),
        (failure(Kind.TLS_NAME), Cause.WRONG_NAME, "a captive portal or a proxy"),
        (failure(Kind.TLS_UNKNOWN), Cause.UNKNOWN_CERTIFICATE, "a company's proxy or firewall"),
        (
            failure(Kind.TLS_UNKNOWN, is_apple=False),
            Cause.UNKNOWN_CERTIFICATE,
            "the certificate of a private server",
        ),
        (failure(Kind.TLS_DATE), Cause.CLOCK_WRONG, "This machine's clock is most likely wrong"),
        (failure(Kind.TLS_DATE, is_apple=False), Cause.EXPIRED_CERTIFICATE, "has run out"),
        (failure(Kind.TLS), Cause.BAD_TLS, "a firewall or a proxy breaks it"),
        (failure(Kind.PROXY), Cause.PROXY, "The proxy of this machine"),
        (failure(Kind.HTML), Cause.PORTAL, "most likely a captive portal"),
        (failure(Kind.REDIRECT), Cause.FOREIGN_REDIRECT, "by a captive portal"),
        (failure(Kind.NOT_ALLOWED), Cause.NOT_ALLOWED, "not on the list of hosts"),
        (failure(Kind.BROKEN), Cause.BROKE_OFF, "the network is unsteady"),
        (failure(Kind.UNREADABLE), Cause.ODD_ANSWER, "cannot be understood"),
        (failure(Kind.STATUS, status=503), Cause.THROTTLED, "wants to be left alone for a while"),
        (
            failure(Kind.STATUS, status=429, retry_at=NOW),
            Cause.THROTTLED,
            "left alone until 2026-11-24 09:30 UTC",
        ),
        (failure(Kind.STATUS, status=403, retry_at=NOW), Cause.THROTTLED, "throttling us"),
        (failure(Kind.STATUS, status=511), Cause.PORTAL, "most likely a captive portal"),
        (failure(Kind.STATUS, status=500), Cause.SERVER_FAILED, "itself is out of order"),
        (failure(Kind.STATUS, status=507), Cause.ACCOUNT_FULL, "no room"),
        (failure(Kind.NO_HOME), Cause.NO_HOME, "Calendar is switched off in its iCloud settings"),
        (failure(Kind.STATUS, status=404), Cause.NOT_CALDAV, "no calendar server"),
        (failure(Kind.STATUS, status=403), Cause.REFUSED, "refuses what we ask"),
        (failure(Kind.STATUS, status=207), Cause.ODD_ANSWER, "cannot be understood"),
    ],
)
def test_what_came_in_place_of_an_answer(seen: Failure, cause: Cause, words: str) -> None:
    verdict = failed(Step.ADDRESS, seen)
    assert (verdict.cause, verdict.grade, verdict.seen) == (cause, Grade.TROUBLE, "as seen")
    assert words in verdict.likely
    assert "{" not in verdict.likely + verdict.could_be + verdict.next_step


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_failure_is_judged(kind: Kind) -> None:
    assert failed(Step.HOME, failure(kind)).stops


# --- The account ----------------------------------------------------------------------


def home(**more: str) -> steps.Home:
    about = {
        "apple_id": "anna@icloud.com",
        "principal": "/1/principal/",
        "principal_before": "/1/principal/",
        "origin": "p42-caldav.icloud.com",
        "origin_before": "p42-caldav.icloud.com",
    }
    return steps.Home(**(about | more))


def test_another_principal_is_another_account_and_stops_all_that_follows() -> None:
    verdict = steps.principal(home(principal="/2/principal/"), "")
    assert (verdict.cause, verdict.stops) == (Cause.OTHER_ACCOUNT, True)
    assert steps.principal(home(principal_before=""), "").grade is Grade.GOOD


def test_a_partition_that_moved_needs_nobody() -> None:
    verdict = steps.calendar_home(home(origin="p180-caldav.icloud.com"), "")
    assert (verdict.grade, verdict.likely) == (
        Grade.NOTE,
        "Apple moved the account from p42-caldav.icloud.com to p180-caldav.icloud.com; the next "
        "sync follows by itself.",
    )
    assert steps.calendar_home(home(origin_before=""), "").grade is Grade.GOOD


def test_a_password_that_works_on_a_connection_that_waits_for_one_is_said() -> None:
    verdict = steps.signed_in(True, "")
    assert (verdict.cause, verdict.stops) == (Cause.MARKED_DEAD, False)


HOME = steps.Calendar("Home", "target")
WORK = steps.Calendar("Work", "mirrored")


@pytest.mark.parametrize(
    ("found", "number", "cause", "name"),
    [
        ([], 0, Cause.NO_CALENDARS, ""),
        ([HOME], 0, Cause.NO_CALENDARS, ""),
        ([WORK], 2, Cause.NO_TARGET, ""),
        ([steps.Calendar("Home", "target", is_there=False), WORK], 2, Cause.CALENDAR_GONE, "Home"),
        ([steps.Calendar("Home", "target", can_write=False)], 1, Cause.READ_ONLY, "Home"),
        (
            [HOME, steps.Calendar("Work", "mirrored", is_there=False)],
            1,
            Cause.MIRRORED_GONE,
            "Work",
        ),
    ],
)
def test_what_is_the_matter_with_the_calendars(
    found: list[steps.Calendar], number: int, cause: Cause, name: str
) -> None:
    verdict = steps.collections(found, number)
    assert verdict.cause is cause
    assert name in verdict.likely


def test_calendars_that_are_as_they_should_be() -> None:
    read_only = steps.Calendar("Holidays", "mirrored", can_write=False)
    verdict = steps.collections([HOME, read_only], 3)
    assert verdict == good(
        Step.COLLECTIONS,
        "New events can be written to “Home”.",
        "3 calendars that hold events. “Home”: target, “Holidays”: mirrored, read-only in iCloud",
    )


@pytest.mark.parametrize(
    ("numbers", "grade", "cause"),
    [
        ({}, Grade.GOOD, None),
        ({"missing": 1}, Grade.NOTE, Cause.NOT_SERVED_YET),
        ({"unreadable": 1, "missing": 1}, Grade.TROUBLE, Cause.UNREADABLE),
    ],
)
def test_how_reading_went(numbers: dict[str, int], grade: Grade, cause: Cause | None) -> None:
    about: dict[str, Any] = {"unreadable": 0, "missing": 0} | numbers
    read = steps.Reading(2, 212, 20, 14, window="2026-10-25 to 2028-05-25", **about)
    verdict = steps.reading(read)
    assert (verdict.grade, verdict.cause, verdict.stops) == (grade, cause, False)
    assert "2 calendars read, 212 events listed, 20 looked at: 14 occurrences" in verdict.seen


@pytest.mark.parametrize(
    ("seen", "grade", "cause"),
    [
        (steps.Tokens(APPLE, has_reports=False), Grade.NOTE, Cause.NO_SYNC_REPORTS),
        (steps.Tokens(APPLE, True, fresh_works=False), Grade.TROUBLE, Cause.TOKEN_REFUSED),
        (steps.Tokens(APPLE, True, stored_works=False), Grade.NOTE, Cause.TOKEN_EXPIRED),
        (steps.Tokens(APPLE, True, stored_works=True, waiting=2), Grade.GOOD, None),
        (steps.Tokens(APPLE, True), Grade.GOOD, None),
    ],
)
def test_what_becomes_of_sync_tokens(seen: steps.Tokens, grade: Grade, cause: Cause | None) -> None:
    verdict = steps.tokens(seen)
    assert (verdict.grade, verdict.cause) == (grade, cause)


@pytest.mark.parametrize(
    ("behind", "grade", "words"),
    [
        (timedelta(0), Grade.GOOD, "agrees"),
        (timedelta(minutes=2), Grade.GOOD, "agrees"),
        (timedelta(hours=-3), Grade.TROUBLE, "3 hours ahead of the clock of"),
        (timedelta(days=1, hours=5), Grade.TROUBLE, "1 day behind the clock of"),
    ],
)
def test_a_clock_that_is_wrong_is_told_by_the_server_s(
    behind: timedelta, grade: Grade, words: str
) -> None:
    verdict = steps.clock(steps.Reached(APPLE, "", NOW, NOW + behind))
    assert verdict.grade is grade
    assert words in verdict.likely


def test_a_server_that_does_not_say_the_time_is_only_noted() -> None:
    assert steps.clock(steps.Reached(APPLE, "", NOW, None)).cause is Cause.NO_CLOCK


def test_the_median_counts_not_the_slowest() -> None:
    assert steps.latency(APPLE, [0.1, 9.0, 0.2]).seen == "Median of 3 small requests: 200 ms."
    assert steps.latency(APPLE, [4.0, 9.0, 0.2]).cause is Cause.SLOW


def test_before_connecting_every_calendar_is_offered_with_its_rights() -> None:
    mine, theirs = steps.Calendar("Home", ""), steps.Calendar("Holidays", "", can_write=False)
    assert steps.offered([theirs, mine], CONNECTING) == good(
        Step.COLLECTIONS,
        "New events can be written to “Home”.",
        "2 calendars that hold events. “Holidays”: read-only in iCloud, “Home”: can be written to",
    )
    assert steps.offered([theirs], CONNECTING).cause is Cause.NOWHERE_TO_WRITE
    assert steps.offered([], CONNECTING).cause is Cause.NO_CALENDARS


@pytest.mark.parametrize(
    ("seconds", "cause", "words"),
    [
        ([], Cause.TIME_IS_UP, "the time for an examination was up"),
        ([0.1, 0.1, 9.0], Cause.TIME_IS_UP, "the time for an examination was up"),
        ([0.1, 4.1, 4.2], Cause.SLOW, "answers slowly: most likely the network in between"),
    ],
)
def test_why_the_time_was_up(seconds: list[float], cause: Cause, words: str) -> None:
    verdict = steps.out_of_time(Step.READ, APPLE, seconds, STORED)
    assert (verdict.cause, verdict.grade) == (cause, Grade.NOT_TRIED)
    assert words in verdict.likely
    assert ("took 4.1 s at the median" in verdict.seen) is (cause is Cause.SLOW)


# --- The test event -------------------------------------------------------------------

PROBE = Probe("11111111-2222-4333-8444-555555555555", "/1/calendars/home/", NOW)
ALL_DONE = ("written", "changed", "read back", "deleted")


@pytest.mark.parametrize(
    ("written", "grade", "cause"),
    [
        (Written(PROBE, "Home", APPLE, ALL_DONE), Grade.GOOD, None),
        (
            Written(PROBE, "Home", APPLE, (), failure(Kind.STATUS, status=403)),
            Grade.TROUBLE,
            Cause.WRITE_REFUSED,
        ),
        (
            Written(PROBE, "Home", APPLE, (), failure(Kind.STATUS, status=507)),
            Grade.TROUBLE,
            Cause.ACCOUNT_FULL,
        ),
        (
            Written(PROBE, "Home", APPLE, ("written",), failure(Kind.BROKEN)),
            Grade.TROUBLE,
            Cause.BROKE_OFF,
        ),
        (
            Written(PROBE, "Home", APPLE, ("written",), failure(Kind.BROKEN), is_left=True),
            Grade.TROUBLE,
            Cause.LEFT_BEHIND,
        ),
        (
            Written(PROBE, "Home", APPLE, ALL_DONE, came_back=False),
            Grade.NOTE,
            Cause.NOT_AS_WRITTEN,
        ),
    ],
)
def test_what_became_of_the_test_event(written: Written, grade: Grade, cause: Cause | None) -> None:
    verdict = judge_probe(written)
    assert (verdict.grade, verdict.cause) == (grade, cause)


def test_what_was_left_is_named_so_that_a_person_can_find_it() -> None:
    left = Written(PROBE, "Home", APPLE, ("written",), is_left=True)
    verdict = judge_probe(left)
    assert "may have stayed in “Home”" in verdict.likely
    assert "“Referins test event” on 2026-11-24 09:30 UTC" in verdict.next_step


def test_the_test_event_takes_no_time_and_mails_nobody() -> None:
    body = body_of(PROBE, "Referins test event", 0, NOW)
    assert body.endswith("END:VCALENDAR\r\n")
    lines = body.split("\r\n")
    for line in [
        f"UID:{PROBE.uid}",
        "DTSTAMP:20261124T093000Z",
        "DTSTART:20261124T093000Z",
        "DTEND:20261124T093500Z",
        "TRANSP:TRANSPARENT",
    ]:
        assert line in lines
    assert not re.search("ATTENDEE|ORGANIZER|METHOD|VALARM", body)


# --- This machine ---------------------------------------------------------------------


def settings(**more: Any) -> machine.Settings:
    about = {
        "debug": False,
        "allowed_hosts": 1,
        "public_url": "https://referins.example.com",
        "public_host": "referins.example.com",
        "server_host": APPLE,
    }
    return machine.Settings(**(about | more))


@pytest.mark.parametrize(
    ("verdict", "grade", "cause"),
    [
        (machine.settings(settings()), Grade.GOOD, None),
        (machine.settings(settings(refused="no")), Grade.TROUBLE, Cause.NOT_ALLOWED),
        (machine.settings(settings(allowed_hosts=0)), Grade.TROUBLE, Cause.NO_HOSTS),
        (machine.settings(settings(debug=True, allowed_hosts=0)), Grade.NOTE, Cause.DEBUG_ON),
        (
            machine.settings(settings(public_host="localhost")),
            Grade.NOTE,
            Cause.LINKS_LEAD_NOWHERE,
        ),
        (machine.database(machine.Database("sqlite", 0, 0.2)), Grade.GOOD, None),
        (machine.database(machine.Database("sqlite", 3, 0.2)), Grade.TROUBLE, Cause.NOT_MIGRATED),
        (
            machine.database(machine.Database("postgresql", 0, -60.0)),
            Grade.TROUBLE,
            Cause.CLOCKS_DIFFER,
        ),
        (machine.keys(machine.Keys(3, 0, 0)), Grade.GOOD, None),
        (machine.keys(machine.Keys(3, 1, 1)), Grade.TROUBLE, Cause.KEYS_LOST),
        (machine.keys(machine.Keys(3, 0, 2)), Grade.NOTE, Cause.OLD_KEY_NEEDED),
        (machine.queue(machine.Queue("Redis", 4, 0)), Grade.GOOD, None),
        (machine.queue(machine.Queue("Redis", 4, 1)), Grade.TROUBLE, Cause.NO_SCHEDULES),
        (machine.worker(machine.Worker(True, NOW, NOW, NOW, 0)), Grade.GOOD, None),
        (
            machine.worker(machine.Worker(False, NOW - LATE, NOW, NOW, 0)),
            Grade.TROUBLE,
            Cause.NO_WORKER,
        ),
        (
            machine.worker(machine.Worker(False, None, NOW, NOW, 0)),
            Grade.TROUBLE,
            Cause.NO_WORKER,
        ),
        (
            machine.worker(machine.Worker(True, NOW, NOW - LATE, NOW, 0)),
            Grade.TROUBLE,
            Cause.SCHEDULES_STUCK,
        ),
        (machine.worker(machine.Worker(True, NOW, NOW, NOW, 500)), Grade.TROUBLE, Cause.BEHIND),
    ],
)
def test_what_is_the_matter_with_the_machine(
    verdict: Verdict, grade: Grade, cause: Cause | None
) -> None:
    assert (verdict.grade, verdict.cause) == (grade, cause)


def standing(status: str = "connected", is_overdue: bool = False) -> machine.Standing:
    return machine.Standing("7, anna", 7, status, NOW, NOW, is_overdue)


def test_a_connection_that_people_stopped_is_not_asked() -> None:
    waits = machine.without_asking(standing("needs_password"))
    rests = machine.without_asking(standing("paused"))
    assert waits is not None
    assert rests is not None
    assert (waits.cause, rests.cause) == (Cause.NEEDS_PASSWORD, Cause.PAUSED)
    assert waits.next_step.endswith("icloud_doctor 7")
    assert machine.without_asking(standing("degraded")) is None


def test_at_a_glance_the_worst_step_stands_for_the_connection() -> None:
    fine = good(Step.SIGN_IN, "fine")
    moved = note(Step.HOME, Cause.PARTITION_MOVED, "", old="p1", new="p2")
    gone = trouble(Step.COLLECTIONS, Cause.CALENDAR_GONE, "", name="Home")
    seen = [
        machine.at_a_glance(standing(), verdicts).cause
        for verdicts in ([fine, moved, gone], [fine, moved], [fine])
    ]
    assert seen == [Cause.CALENDAR_GONE, Cause.PARTITION_MOVED, None]
    assert machine.at_a_glance(standing(is_overdue=True), [fine]).cause is Cause.OVERDUE
    assert machine.at_a_glance(standing(), [gone]).heading == "Connection 7, anna"


# --- The whole ------------------------------------------------------------------------

FINE = good(Step.ADDRESS, "fine")
GONE = trouble(Step.COLLECTIONS, Cause.CALENDAR_GONE, "", name="Home")
LEFT_OUT = not_tried(Step.READ, Step.COLLECTIONS)


@pytest.mark.parametrize(
    ("verdicts", "code", "words"),
    [
        ([FINE], 0, "All is well."),
        (
            [FINE, note(Step.LATENCY, Cause.SLOW, "", host=APPLE)],
            0,
            "All is well. Worth knowing: caldav.icloud.com answers slowly: most likely the",
        ),
        ([FINE, GONE, LEFT_OUT], 1, "Calendars and rights: The calendar that new events go to"),
        ([FINE, LEFT_OUT], 2, "Not tried, because it needs: Calendars and rights."),
        ([], 2, "Nothing was looked at."),
    ],
)
def test_the_whole_in_one_sentence_and_one_number(
    verdicts: list[Verdict], code: int, words: str
) -> None:
    assert exit_code(verdicts) == code
    assert summary(verdicts).startswith(words)
