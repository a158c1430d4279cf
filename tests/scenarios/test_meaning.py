"""D9: every event is a slot, and which of them take time away; three switches and a person's
own word, none of which iCloud ever hears of."""

from datetime import timedelta

import pytest

from calendars.models import BlockedSlot
from calendars.queries import busy_user_ids
from icloud_sync import leases
from icloud_sync.connecting import set_blocking
from icloud_sync.models import OutboxEntry
from icloud_sync.window import roll
from tests.scenarios.world import World, at, slot, vevent
from tests.wire import Reply

HALF = timedelta(minutes=30)
TRAVEL = "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M"
BY_SOMEBODY = "ORGANIZER:mailto:bob@example.com"


def invited(world: World, answer: str, address: str = "") -> tuple[str, str]:
    """Apple spells addresses as people typed them."""
    me = (address or world.account.username).upper()
    return BY_SOMEBODY, f"ATTENDEE;PARTSTAT={answer}:MAILTO:{me}"


def put(world: World, *lines: str, title: str = "Lunch") -> None:
    body = vevent("a", title, at(12), at(13), *lines)
    world.account.phone.put("a.ics", body)
    world.settle()


def put_a_day(world: World, *lines: str) -> None:
    first = at(0).date()
    world.account.phone.put("a.ics", vevent("a", "Fair", first, first + timedelta(1), *lines))
    world.settle()


def lunch() -> BlockedSlot:
    return BlockedSlot.objects.get()


def switch(world: World, **switches: bool) -> None:
    """And looks at what is stored, as the task does that it wakes."""
    set_blocking(world.connection, switches)
    world.account.wire.clear()
    roll(world.connection.pk)
    assert world.account.wire.requests == []
    before = world.state()
    world.settle()
    assert world.state() == before


def say(is_busy: bool) -> None:
    """ "Free this time", or "block it after all"."""
    said = lunch()
    said.is_busy = is_busy
    said.full_clean()
    said.save()


def put_all(world: World, events: dict[str, tuple[str, ...]]) -> None:
    """An hour each, by title."""
    for number, (title, lines) in enumerate(events.items()):
        starts_at = at(8, days=1 + number)
        body = vevent(title, title, starts_at, starts_at + 2 * HALF, *lines)
        world.account.phone.put(f"{number}.ics", body)
    world.settle()


def busy() -> set[str]:
    return set(BlockedSlot.objects.filter(is_busy=True).values_list("title", flat=True))


def test_d9_what_an_event_says_of_itself(apple: World) -> None:
    events: dict[str, tuple[str, ...]] = {
        "plain": (),
        "opaque": ("TRANSP:OPAQUE",),
        "free": ("TRANSP:TRANSPARENT",),
        "tentative": ("STATUS:TENTATIVE",),
        "cancelled": ("STATUS:CANCELLED",),
        "private": ("CLASS:PRIVATE",),
        "confidential and free": ("CLASS:CONFIDENTIAL", "TRANSP:TRANSPARENT"),
    }
    put_all(apple, events)
    assert [one["title"] for one in apple.slots()] == list(events)
    assert busy() == {"plain", "opaque", "tentative", "private"}


def test_d9_the_owners_answer_to_an_invitation(apple: World) -> None:
    answers = ("ACCEPTED", "TENTATIVE", "NEEDS-ACTION", "DECLINED")
    put_all(apple, {answer: invited(apple, answer) for answer in answers})
    assert busy() == {"ACCEPTED", "TENTATIVE", "NEEDS-ACTION"}
    switch(apple, unanswered_blocks=False)
    assert busy() == {"ACCEPTED", "TENTATIVE"}
    switch(apple, unanswered_blocks=True)
    assert busy() == {"ACCEPTED", "TENTATIVE", "NEEDS-ACTION"}


def test_d9_an_answer_under_another_address_of_the_account_is_the_owners(apple: World) -> None:
    apple.connection.addresses = ["anna@work.example"]
    apple.connection.save(update_fields=["addresses"])
    put(apple, *invited(apple, "DECLINED", "anna@work.example"))
    assert lunch().is_busy is False
    put(apple, *invited(apple, "DECLINED", "ben@work.example"))
    assert lunch().is_busy is True


def test_d9_one_declined_occurrence_of_an_invitation_to_a_series_is_free(apple: World) -> None:
    weekly = vevent(
        "a", "Lunch", at(12), at(13), *invited(apple, "ACCEPTED"), "RRULE:FREQ=DAILY;COUNT=3"
    )
    second = at(12) + timedelta(1)
    declined = vevent("a", "Lunch", second, second + 2 * HALF, *invited(apple, "DECLINED"))
    override = declined[declined.index("BEGIN:VEVENT") : declined.index("END:VCALENDAR")]
    named = override.replace("DTSTART:", f"RECURRENCE-ID:{stamp_of(declined)}\r\nDTSTART:", 1)
    apple.account.phone.put("a.ics", weekly.replace("END:VCALENDAR", f"{named}END:VCALENDAR"))
    apple.settle()
    assert [one["busy"] for one in apple.slots()] == [True, False, True]


def stamp_of(body: str) -> str:
    return body.partition("DTSTART:")[2].partition("\r\n")[0]


def test_d9_free_all_day_events_block_where_staff_say_so(apple: World) -> None:
    put_a_day(apple, "TRANSP:TRANSPARENT")
    assert lunch().is_busy is False
    switch(apple, free_all_day_blocks=True)
    assert lunch().is_busy is True
    apple.account.phone.put("b.ics", vevent("b", "Nap", at(12), at(13), "TRANSP:TRANSPARENT"))
    apple.settle()
    assert BlockedSlot.objects.get(title="Nap").is_busy is False
    apple.account.phone.delete(apple.href("Nap"))
    apple.settle()
    BlockedSlot.objects.get(title="Nap").delete()
    switch(apple, free_all_day_blocks=False)
    assert lunch().is_busy is False


def is_free(world: World, minutes_before: int) -> bool:
    """For half an hour, so long before noon."""
    starts_at = at(12) - timedelta(minutes=minutes_before)
    return not busy_user_ids([world.user.pk], starts_at, starts_at + HALF)


def test_d9_the_way_to_an_event_takes_time_and_the_event_starts_when_it_starts(
    apple: World,
) -> None:
    put(apple, TRAVEL)
    assert apple.slots() == [slot("Lunch", at(12), at(13))]
    assert (is_free(apple, 60), is_free(apple, 59), is_free(apple, 30)) == (True, False, False)
    switch(apple, travel_blocks=False)
    assert (lunch().busy_from, is_free(apple, 30)) == (None, True)
    switch(apple, travel_blocks=True)
    assert is_free(apple, 30) is False
    say(False)
    assert is_free(apple, 30) is True


def test_d9_the_way_goes_along_whoever_moves_the_event(apple: World) -> None:
    put(apple, TRAVEL)
    moved = lunch()
    moved.starts_at, moved.ends_at = at(15), at(16)
    moved.save()
    assert lunch().busy_from == at(14, 30)
    apple.settle()
    assert TRAVEL in apple.account.phone.get(apple.href("Lunch"))
    assert (lunch().starts_at, lunch().busy_from) == (at(15), at(14, 30))
    put(apple, TRAVEL)
    assert (lunch().starts_at, lunch().busy_from) == (at(12), at(11, 30))


def test_d9_a_persons_word_outlives_edits_switches_and_the_daily_look(apple: World) -> None:
    put_a_day(apple, "TRANSP:TRANSPARENT")
    say(True)
    for on in (True, False, True):
        switch(apple, free_all_day_blocks=on)
        assert lunch().is_busy is True
    say(False)
    put_a_day(apple, "TRANSP:TRANSPARENT", "LOCATION:Hall 3")
    switch(apple, free_all_day_blocks=False)
    switch(apple, free_all_day_blocks=True)
    assert (lunch().is_busy, lunch().location) == (False, "Hall 3")
    apple.connection.resources.update(reconsider_at=at(0, days=-1))
    roll(apple.connection.pk)
    assert lunch().is_busy is False
    put_a_day(apple)  # now iCloud itself says that it takes the day
    assert lunch().is_busy is False, "it took the day before, by the switch"
    switch(apple, free_all_day_blocks=False)
    put_a_day(apple, "TRANSP:TRANSPARENT")
    put_a_day(apple)
    assert lunch().is_busy is True


def test_d9_a_persons_word_is_allowed_on_what_we_may_not_write_and_never_sent(
    apple: World,
) -> None:
    put(apple, *invited(apple, "NEEDS-ACTION"))
    assert "guests" in lunch().read_only_reason
    apple.account.wire.clear()
    say(False)
    apple.settle()
    put(apple, *invited(apple, "ACCEPTED"), "LOCATION:Canteen")
    assert (lunch().is_busy, lunch().location) == (False, "Canteen")
    say(True)
    apple.settle()
    assert apple.account.wire.writes() == []
    assert not OutboxEntry.objects.exists()


def test_d9_a_switch_is_followed_also_while_icloud_does_not_answer(apple: World) -> None:
    put(apple, *invited(apple, "NEEDS-ACTION"))
    set_blocking(apple.connection, {"unanswered_blocks": False})
    apple.account.wire.faults.append(lambda exchange: Reply(503))
    assert apple.sync().failed
    assert lunch().is_busy is False


def test_d9_whoever_works_on_a_connection_as_a_switch_is_turned_writes_nothing_more(
    apple: World,
) -> None:
    put(apple, *invited(apple, "NEEDS-ACTION"))
    with leases.hold(apple.connection.pk) as lease:
        assert lease is not None
        set_blocking(apple.connection, {"unanswered_blocks": False})
        with pytest.raises(leases.LeaseLost):
            lease.renew()
    apple.settle()
    assert lunch().is_busy is False
