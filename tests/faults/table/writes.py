"""Etags, bodies, and what becomes of a write (S12 to S14)."""

from icloud_sync.models import SyncLogEntry
from tests.faults.day import Day, Seen
from tests.faults.table.row import (
    Row,
    all_wait_for_a_person,
    copes,
    doubted,
    in_the_end,
    parked,
    try_again,
)

REFUSALS = {
    "400": "refused the request (400)",
    "404": "would not store this event (404)",
    "409": "refused the request (409)",
    "413": "kB is too large",
    "415": "refused the request (415)",
    "507": "the account is full",
}


def two_changes_are_told(day: Day, seen: Seen) -> None:
    """What people changed, and nothing else, came in as a change and went out as one."""
    made = SyncLogEntry.objects.filter(connection=day.world.connection)
    changed = made.filter(action__in=("update slot", "update appointment", "updated"))
    assert sorted(changed.values_list("action", flat=True)) == [
        "update appointment",
        "update slot",
        *["updated"] * 3,
    ]


def read_with_an_alarm(day: Day) -> None:
    day.account.switches.default_alarm = True
    day.phone.edit(day.dinner, "SEQUENCE:0", "SEQUENCE:1")
    assert not day.world.sync().failed


def the_alarm_stays(day: Day, seen: Seen) -> None:
    assert "X-APPLE-DEFAULT-ALARM:TRUE" in day.phone.get(day.dinner)
    two_changes_are_told(day, seen)


ETAGS = [
    copes("no etag after a write", put_without_etag=True),
    copes("etags change at each poll", restless_etags="at each poll").but(
        also=two_changes_are_told
    ),
    copes("etags change after each write", restless_etags="after each write"),
    copes("weak etags on GET", weak_etags="on GET", put_without_etag=True),
    Row(
        "weak etags everywhere",
        {"weak_etags": "everywhere"},
        logs=frozenset({("retry", "retrying")}),
        most_requests=24,
        then=try_again,
    ),
    copes("encoded etags after a write", encoded_etags="after a write"),
    copes("encoded etags everywhere", encoded_etags="everywhere"),
]
STORED = [
    copes("a write vanishes", vanishing_writes=1, looks=5),
    *(
        copes(name, drop_after_write=1, **how)
        for name, how in (
            ("a write's answer is lost", {}),
            ("a write's answer is a gateway's 502", {"lost_answer": "502"}),
            ("a write's answer is a gateway's 504", {"lost_answer": "504"}),
        )
    ),
]
BODIES = [
    copes(
        "fresh stamps and etags in every body", restless_etags="at each poll", insert_dtstamp=True
    ).but(also=two_changes_are_told),
    copes("an alarm in every body", default_alarm=True).but(
        first=read_with_an_alarm, also=the_alarm_stays
    ),
    copes("timezones dropped", drops_vtimezone=True),
]
REFUSED = [
    *(
        parked(f"writes refused, {number}", says, refused_writes=number)
        for number, says in REFUSALS.items()
    ),
    doubted(
        "writes refused, 403",
        "did not say why",
        "iCloud refused this event",
        refused_writes="403",
    ),
    # An event that is new may be in another calendar; of one that is there, somebody may have
    # changed it just now.
    Row(
        "writes refused, 412",
        {"refused_writes": "412"},
        logs=frozenset({("park", "needs_attention"), ("retry", "retrying")}),
        also=in_the_end(all_wait_for_a_person("another calendar", "the event has changed")),
        then=try_again,
    ),
    parked("events too large, 413", "kB is too large", largest_body=100, too_large="413"),
    parked("events too large, 403", "kB is too large", largest_body=100, too_large="403"),
]
ROWS = [*ETAGS, *STORED, *BODIES, *REFUSED]
