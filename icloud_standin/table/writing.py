"""Preconditions, etags and what is refused (S12, S13, S15, S17)."""

from icloud_standin.switch import Board, Level, Switch


class WritingSwitches(Board):
    __slots__ = ()
    title = "Writing"
    narrowest: Level = "collection"

    put_without_etag = Switch(
        "S12",
        False,
        "A write is answered without its ETag.",
        "The next write reads first; it overwrites nothing.",
    )
    restless_etags = Switch(
        "S12",
        "",
        "All ETags of the calendar change by themselves when the home is listed, or those of "
        "written objects right after each write. The bodies stay.",
        "No change is seen, nothing is sent back.",
        choices=("", "at each poll", "after each write"),
    )
    weak_etags = Switch(
        "S12",
        "",
        "ETags are weak (W/): in the answer to a GET, or everywhere.",
        "Edits still go back, each with a precondition.",
        choices=("", "on GET", "everywhere"),
    )
    encoded_etags = Switch(
        "S12",
        "",
        "ETags come as %22…%22, and as that name no version: in the answer to a write, or "
        "everywhere.",
        "Edits still go back, each with a precondition.",
        choices=("", "after a write", "everywhere"),
    )
    if_match_star_backwards = Switch(
        "S12",
        True,
        "If-Match: * is refused where something is and accepted where nothing is.",
        "Nothing: it is never sent.",
    )
    vanishing_writes = Switch(
        "S12",
        0,
        "This many writes are answered as stored, without ETag, and are not stored.",
        "The event is looked for and sent again.",
    )
    largest_body = Switch(
        "S13",
        20_000_000,
        "Larger bodies are refused (Apple's limit is 20 MB an event).",
        "The one event needs attention; the others go on.",
    )
    too_large = Switch(
        "S13",
        "403",
        "The answer to a body that is too large.",
        "The one event needs attention; the others go on.",
        choices=("403", "413"),
    )
    no_end = Switch(
        "S13",
        "404",
        "The answer to an event without DTEND and DURATION.",
        "Nothing: every event has an end. A 404 to a write is not taken for a calendar gone.",
        choices=("404", "403", "400"),
    )
    refused_body = Switch(
        "S13",
        "403",
        "The answer to METHOD, a mixed-case STATUS, a stamp that is not UTC, a wrong component.",
        "Nothing: none of these is ever written.",
        choices=("403", "400", "404", "412", "415", "500"),
    )
    unparseable = Switch(
        "S13",
        "400",
        "The answer to a body that is no iCalendar: HTML, or 403 with its precondition.",
        "Nothing: none is ever written.",
        choices=("400", "valid-calendar-data"),
    )
    uid_conflict = Switch(
        "S13",
        "412",
        "The answer to a UID that the account has elsewhere: bare, or with its precondition "
        "(and 403, where no other number is named).",
        "The event is looked for under its own href and needs attention where it is not ours.",
        choices=(
            "412",
            "403",
            "409",
            "412 no-uid-conflict",
            "no-uid-conflict",
            "409 no-uid-conflict",
            "unique-scheduling-object-resource",
        ),
    )
    refused_writes = Switch(
        "S13",
        "",
        "Every body is refused with this status: the account is full, or Apple knows why.",
        "Each event needs attention with a sentence; reading goes on; nothing is sent for ever.",
        choices=("", "400", "403", "404", "409", "412", "413", "415", "507"),
    )
    content_type_needed = Switch(
        "S13",
        True,
        "A body that is not sent as text/calendar is refused.",
        "Nothing: it always is.",
    )
    odd_names_refused = Switch(
        "S13",
        False,
        "A new href with more than letters, digits, dots and dashes is refused.",
        "Nothing: ours have none.",
    )
    series_need_sequence = Switch(
        "S13",
        False,
        "A series or an override without SEQUENCE is refused.",
        "Nothing: every event has one.",
    )
    mails_guests = Switch(
        "S15",
        True,
        "Every write of an event with guests makes Apple mail them.",
        "The list of mails stays empty whatever is edited.",
    )
    invitations_closed = Switch(
        "S15",
        False,
        "An event somebody else organizes cannot be changed or deleted: 403.",
        "Nothing: such slots are read-only.",
    )
    move = Switch(
        "S17",
        "412",
        "MOVE is refused, or works.",
        "Nothing: it is never sent.",
        choices=("412", "201"),
    )
