"""S13 to S15: bodies that are refused, bodies as they are served, and who hears of them."""

from tests.standin.cases.bench import Bench, Case, new_event
from tests.standin.conftest import Answer

OTHERS = ("ORGANIZER:mailto:boss@example.com", "ATTENDEE:mailto:anna@example.com")
ZONED = "DTSTART;TZID=Europe/Berlin:20261201T100000"
VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:20261025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT""".replace("\n", "\r\n")


def put(bench: Bench, uid: str, body: str, **headers: str) -> Answer:
    return bench.client()("PUT", f"{bench.href}{uid}.ics", body, **headers)


def put_new(bench: Bench, *lines: str, **kwargs: str) -> Answer:
    return put(bench, *new_event(*lines, **kwargs))


def told(answer: Answer) -> tuple[int, str]:
    """Status, and the precondition named."""
    if not answer.body.startswith(b"<?xml"):
        return answer.status, ""
    return answer.status, answer.xml[0].tag.partition("}")[2]


def a_long_one(bench: Bench) -> tuple[int, str]:
    return told(put_new(bench, "DESCRIPTION:" + 200 * "x"))


def one_without_an_end(bench: Bench) -> int:
    return put_new(bench, end="").status


def one_in_mixed_case(bench: Bench) -> int:
    return put_new(bench, "STATUS:Confirmed").status


def none_at_all(bench: Bench) -> tuple[int, str]:
    return told(put(bench, new_event()[0], "hello"))


def a_uid_that_lives_elsewhere(bench: Bench) -> tuple[int, str]:
    uid, body = new_event()
    bench.account.put(f"{uid}.ics", body, "family")
    return told(put(bench, uid, body))


def a_good_one(bench: Bench) -> int:
    return put_new(bench).status


def one_of_no_type(bench: Bench) -> tuple[int, str]:
    return told(put(bench, *new_event(), Content_Type="text/plain"))


def odd_names_new_and_known(bench: Bench) -> tuple[int, int]:
    uid, body = new_event()
    known, known_body = new_event()
    bench.account.put(f"{known}@work.ics", known_body, bench.calendar)
    new = put(bench, f"{uid}%40work", body).status
    return new, put(bench, f"{known}%40work", known_body).status


def a_series_without_a_sequence(bench: Bench) -> int:
    return put_new(bench, "RRULE:FREQ=DAILY;COUNT=2").status


def stamps_when_read(bench: Bench) -> tuple[int, int]:
    body = bench.client()("GET", bench.put()).body
    return body.count(b"\r\nDTSTAMP:"), body.count(b"\r\nX-APPLE-TRAVEL-ADVISORY-BEHAVIOR:")


def alarms_when_read(bench: Bench) -> int:
    return bench.client()("GET", bench.put()).body.count(b"BEGIN:VALARM")


def zones_when_read(bench: Bench) -> tuple[int, int]:
    """Definitions and names of time zones."""
    uid, body = new_event()
    body = body.replace("DTSTART:20261201T090000Z", ZONED).replace("BEGIN:VEVENT", VTIMEZONE)
    href = bench.account.put(f"{uid}.ics", body, bench.calendar)
    read = bench.client()("GET", href).body
    return read.count(b"BEGIN:VTIMEZONE"), read.count(b";TZID=")


def mails_for_one_with_guests(bench: Bench) -> int:
    before = len(bench.account.outgoing_mail)
    assert put_new(bench, "ATTENDEE:mailto:guest@example.com").status == 201
    return len(bench.account.outgoing_mail) - before


def changing_and_deleting_an_invitation(bench: Bench) -> list[int]:
    client, href = bench.client(), bench.put(*OTHERS)
    body = bench.account.body(href).decode()
    answers = [
        client("PUT", href, body.replace("Meeting", "Mine")),
        client("DELETE", href),
        client("DELETE", bench.put(f"ORGANIZER:mailto:{bench.account.apple_id}")),
    ]
    return [answer.status for answer in answers]


CONFLICTS = {
    "403": (403, ""),
    "409": (409, ""),
    "no-uid-conflict": (403, "no-uid-conflict"),
    "409 no-uid-conflict": (409, "no-uid-conflict"),
    "412 no-uid-conflict": (412, "no-uid-conflict"),
    "unique-scheduling-object-resource": (403, "unique-scheduling-object-resource"),
}

CASES = [
    Case("largest_body", 300, a_long_one, (201, ""), (403, "max-resource-size")),
    Case(
        "too_large",
        "413",
        a_long_one,
        (403, "max-resource-size"),
        (413, "max-resource-size"),
        {"largest_body": 300},
    ),
    *[Case("no_end", status, one_without_an_end, 404, int(status)) for status in ("403", "400")],
    *[
        Case("refused_body", status, one_in_mixed_case, 403, int(status))
        for status in ("400", "404", "412", "415", "500")
    ],
    Case(
        "unparseable", "valid-calendar-data", none_at_all, (400, ""), (403, "valid-calendar-data")
    ),
    *[
        Case("uid_conflict", value, a_uid_that_lives_elsewhere, (412, ""), seen)
        for value, seen in CONFLICTS.items()
    ],
    *[
        Case("refused_writes", status, a_good_one, 201, int(status))
        for status in ("400", "403", "404", "409", "412", "413", "415", "507")
    ],
    Case(
        "content_type_needed",
        False,
        one_of_no_type,
        (403, "supported-calendar-data"),
        (201, ""),
    ),
    Case("odd_names_refused", True, odd_names_new_and_known, (201, 204), (403, 204)),
    Case("series_need_sequence", True, a_series_without_a_sequence, 201, 403),
    Case("insert_dtstamp", False, stamps_when_read, (2, 1), (1, 0)),
    Case("default_alarm", True, alarms_when_read, 0, 1),
    Case("drops_vtimezone", True, zones_when_read, (1, 1), (0, 1)),
    Case("mails_guests", False, mails_for_one_with_guests, 1, 0),
    Case(
        "invitations_closed",
        True,
        changing_and_deleting_an_invitation,
        [204, 204, 204],
        [403, 403, 204],
    ),
]
