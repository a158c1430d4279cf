"""Outages, throttling and lost connections (S18, S21)."""

from icloud_standin.switch import Board, Switch


class ServiceSwitches(Board):
    __slots__ = ()
    title = "Bad days"

    throttle_seconds: Switch[int | None] = Switch(
        "S18",
        None,
        "Requests get 503 with this many seconds of Retry-After.",
        "The connection is degraded and waits at least that long, but for a day at most.",
        optional=True,
    )
    throttle_status = Switch(
        "S18",
        "503",
        "The status that comes with a Retry-After.",
        "The same for all: a 403 with one is no refusal.",
        choices=("503", "429", "403"),
    )
    retry_after = Switch(
        "S18",
        "seconds",
        "Retry-After counts seconds, or names the date.",
        "The same for both.",
        choices=("seconds", "date"),
    )
    short_retry_after: Switch[int | None] = Switch(
        "S18",
        None,
        "Requests get 503 with this many seconds of Retry-After, which is too short: whoever "
        "comes back before twice that is throttled anew. After that all is well.",
        "The pauses grow, so that syncing gets through in the end.",
        optional=True,
    )
    requests_a_minute: Switch[int | None] = Switch(
        "S21",
        None,
        "More requests within a minute get 503.",
        "The connection slows down and everything arrives in the end.",
        optional=True,
    )
    fault = Switch(
        "S18",
        "",
        "Requests are refused with this status and no Retry-After, or with a lost connection.",
        "The connection is degraded and recovers by itself. A 403 here is throttling: no event "
        "is given up for it and no new password asked for.",
        choices=("", "502", "503", "504", "429", "403", "400", "reset"),
    )
    fault_on = Switch(
        "S18",
        "everything",
        "What the other faults of this group hit: everything, or only reads, or only writes.",
        "What is not hit goes on.",
        choices=("everything", "reads", "writes"),
    )
    refuse_everything = Switch(
        "S18",
        False,
        "Requests get 500.",
        "The connection is degraded, data stays, and it recovers by itself.",
    )
    html_answer = Switch(
        "S18",
        False,
        "A sign-in page is in the way: requests get 200 and HTML.",
        "An error, never an empty calendar.",
    )
    slow_body = Switch(
        "S18",
        0.0,
        "The body of an answer takes this many seconds to come.",
        "It is waited for up to a limit; other connections go on.",
    )
    slow_headers = Switch(
        "S18",
        0.0,
        "Status and headers of an answer take this many seconds to come, a few bytes at a time.",
        "The same as for a slow body.",
    )
    broken_gzip = Switch(
        "S18",
        False,
        "A multistatus comes compressed and damaged.",
        "An error; nothing is deleted or freed.",
    )
    broken_xml = Switch(
        "S18",
        False,
        "A multistatus ends in the middle.",
        "An error; nothing is deleted or freed.",
    )
    drop_after_write = Switch(
        "S18",
        0,
        "This many writes are stored, and the connection ends without an answer.",
        "The write is looked up before it is repeated; there is one event, not two.",
        level="collection",
    )
    lost_answer = Switch(
        "S18",
        "dropped",
        "What comes in place of the answer to such a write: nothing, or a gateway's 502 or 504.",
        "The same for all.",
        choices=("dropped", "502", "504"),
        level="collection",
    )
    hang_after_write = Switch(
        "S18",
        0.0,
        "A write is stored, then nothing is said for this many seconds, then the connection ends.",
        "After a while it counts as lost and is looked up before it is repeated.",
        level="collection",
    )
