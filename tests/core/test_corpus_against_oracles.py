"""The corpus (see test_corpus), each UID of a file for itself, beside two other readers.

A body is named by its file and its place in it; DIFFER says of each that is read otherwise
why it is.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.read import read
from icloud_sync.core.values import Window
from tests.core.bodies import BERLIN
from tests.core.expansions import Asked, by_icaljs, by_recurring_ical_events, ours
from tests.core.test_corpus import FILES
from tests.core.test_series_against_oracles import with_definitions

if not FILES:
    __test__ = False

EVENT = re.compile(r"^BEGIN:VEVENT\n.*?^END:VEVENT\n?", re.DOTALL | re.MULTILINE)
UID = re.compile(r"^UID[^:\n]*:((?:.|\n[ \t])*)$", re.MULTILINE)


def asked() -> Iterator[Asked]:
    """What we can read, from a while before its first start to two years after."""
    for path in FILES:
        for place, text in enumerate(resources(path.read_bytes().decode("utf-8", "replace"))):
            one = question(f"{path.name.rpartition('__')[2]} {place}", text)
            if one:
                yield one


def question(name: str, text: str) -> Asked | None:
    try:
        starts = [event.start.instant(BERLIN) for event in read(text).events]
        window = Window(min(starts) - timedelta(days=20), min(starts) + timedelta(days=800))
        found = Asked(name, with_definitions(text), window, BERLIN)
        ours(found)
    except UnreadableResource:
        return None
    return found


def resources(text: str) -> Iterator[str]:
    """An export holds many; CalDAV one UID each."""
    text = re.sub(r"\r\n?", "\n", text).removeprefix("\ufeff")
    by_uid = defaultdict(list)
    for event in EVENT.findall(text):
        uid = UID.search(event)
        by_uid[uid[1] if uid else ""].append(event)
    rest = EVENT.sub("", text)
    for events in by_uid.values():
        yield rest.replace("END:VCALENDAR", "".join(events) + "END:VCALENDAR", 1)


SHOWN = "our own: an override outside of the series is shown"
FIRST = "RFC 5545, 3.3.10: The DTSTART property value always counts as the first occurrence"
ONCE = "RFC 5545, 3.8.5.3: Duplicate instances are ignored"
KNOWN_ZONE = "RFC 5545, 3.2.19: a name that IANA knows, whatever the body says about it"
GAP = "RFC 5545, 3.3.5: a time in a gap, or one that comes twice"
DAY_HAS_NO_ZONE = (
    'RFC 5545, 3.2.19: The "TZID" property parameter MUST NOT be applied to DATE properties'
)
WHOLE_DAY = "our own: UNTIL, or the name of an override, in another form than DTSTART"
WEEK = "RFC 5545, 3.3.10: what the rule does not say (the day of a BYWEEKNO) is DTSTART's"
NOTHING_LESS = "RFC 5545, 3.8.2.2: an end comes after its start; no length is the least there is"
FORGOTTEN = "our own: a period of dates, or a zone for one end only"
# Library -> why -> the files.
DIFFER = {
    "ical.js": {
        SHOWN: "invite-6 invite-7 recurring-only-exception issue_1231_recurrence New_Years_Day"
        " issue_156_RDATE_with_PERIOD_TZID_khal_2 blalor calconnect6 calconnect7 google_birthday"
        " issue_253_additional_recurrence_id event_dt_multi_recuid_no_master Trigger1",
        FIRST: "Christian32Holidays derryn lotr multiple_rrules multiple_rrule YearlyComplex1"
        " Attachment3 Attachment4 DateTime1 Event4 GeographicLocation1 ICal",
        ONCE: "alarm_absolute_edited event_dt_multi_uid issue_148_edge_case_1"
        " issue_148_edge_case_2 issue_148_exdate_and_rdate_updated issue_148_ignored_exdate"
        " issue_163_deleted_modification",
        KNOWN_ZONE: "issue_313_globally_unique_tzid phpicalendar_sample talios bitfire1"
        " rfc5545-sec4.2 stacksize fablab_cottbus cal_lots_of_timezones part1 tz_windows_format",
        GAP: "HourlyInterval1",
        WHOLE_DAY: "Australian32Holidays issue_28_rrule_with_UTC_endinginZ HourlyUntil1"
        " issue_75_range_parameter",
        WEEK: "YearlyByWeekNo2",
    },
    "recurring-ical-events": {
        SHOWN: "blalor issue_148_edge_case_1 issue_148_exdate_and_rdate_updated"
        " issue_148_ignored_exdate issue_163_deleted_modification"
        " issue_253_additional_recurrence_id",
        FIRST: "Christian32Holidays lotr multiple_rrule",
        KNOWN_ZONE: "tz_windows_format",
        DAY_HAS_NO_ZONE: "schedule-unstable japan_west TimeZone3",
        WHOLE_DAY: "issue_28_rrule_with_UTC_endinginZ HourlyUntil1 issue_75_range_parameter",
        WEEK: "YearlyByWeekNo2",
        NOTHING_LESS: "end_before_start_event issue_132_swapped_start_and_end",
        FORGOTTEN: "issue_1633_rdate_with_dates issue_1633_rdate_with_dates_and_tzid"
        " event_dt_mixed_awareness",
    },
}


def listed(library: str) -> set[str]:
    return {f"{name}.ics" for names in DIFFER[library].values() for name in names.split()}


def test_the_corpus_begins_when_ical_js_says() -> None:
    questions = list(asked())
    answers = by_icaljs(questions)
    differing = {
        each.name.partition(" ")[0]
        for each, answer in zip(questions, answers, strict=True)
        if not isinstance(answer, str) and ours(each) != answer
    }
    assert differing == listed("ical.js")


def test_the_corpus_begins_when_recurring_ical_events_says() -> None:
    answers = [(each, by_recurring_ical_events(each)) for each in asked()]
    differing = {
        each.name.partition(" ")[0]
        for each, answer in answers
        if not isinstance(answer, str) and ours(each) != answer
    }
    assert differing == listed("recurring-ical-events")
