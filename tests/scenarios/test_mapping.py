"""D11: what is written, what is read back, and what is left alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar as Document

from calendars.models import Attendee, BlockedSlot
from icloud_sync.connecting import set_who_is_coming
from tests.factories import CalendarFactory, ContactFactory
from tests.scenarios.world import BERLIN, World, at, event, slot, spell, vevent

TEXTS = {
    "punctuation": 'Yes, no; maybe: 50 % \\ back\\nslash "quoted" <b>&amp;</b>',
    "lines": "first\nsecond\n\nfourth",
    "emoji": "👩‍👩‍👧 Ärger mit Größe — 東京 ‏שלום",
    "long": "x" * 2_000 + " " + "ü" * 500,
    "blanks around": "  two before, three after   ",
    "colon first": ":;,\\",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_goes_out_and_stays_what_it_was(world: World, text: str) -> None:
    appointment = world.book(title=text[:900].replace("\n", " "), location=text, notes=text)
    world.settle()
    [remote] = world.remote()
    assert [remote[name].strip() for name in ("title", "place", "notes")] == [
        text[:900].replace("\n", " ").strip(),
        text.strip(),
        text.strip(),
    ]
    appointment.refresh_from_db()
    assert (appointment.location, appointment.notes) == (text, text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_comes_in_and_goes_back_with_a_change_of_another_field(
    world: World, text: str
) -> None:
    from icloud_sync.core.ical.lines import escape

    world.account.phone.put(
        "a.ics", vevent("a", "Lunch", at(12), at(13), f"DESCRIPTION:{escape(text)}")
    )
    world.settle()
    lunch = BlockedSlot.objects.get()
    assert lunch.notes.strip() == text.strip()
    lunch.title = "Brunch"
    lunch.save()
    world.settle()
    [remote] = world.remote()
    assert (remote["title"], remote["notes"].strip()) == ("Brunch", text.strip())


def test_characters_that_no_calendar_can_hold_are_left_out_and_stop_nothing(
    world: World,
) -> None:
    world.book(title="Pasted\x0b from \x08Word", notes="a\x1fc\td")
    world.book(title="Innocent", starts_at=at(15))
    world.settle()
    assert [(one["title"], one["notes"]) for one in world.remote()] == [
        ("Pasted from Word", "ac\td"),
        ("Innocent", ""),
    ]


def test_every_field_comes_in_from_icloud_with_commas_and_line_breaks(world: World) -> None:
    world.account.phone.put(
        "a.ics",
        vevent(
            "a", "One\\, two\\; three", at(12), at(13), "LOCATION:A\\nB", "DESCRIPTION:x\\\\y\\nz"
        ),
    )
    world.settle()
    assert world.slots() == [slot("One, two; three", at(12), at(13), place="A\nB", notes="x\\y\nz")]


def test_d4_switching_who_is_coming_puts_no_event_back_that_was_deleted_in_icloud(
    apple: World,
) -> None:
    apple.book(title="Deleted", contact=ContactFactory(name="Mia"))
    apple.book(title="Kept", starts_at=at(14), contact=ContactFactory(name="Ben"))
    apple.settle()
    apple.account.phone.delete(apple.href("Deleted"))
    apple.settle()
    set_who_is_coming(apple.connection, False)
    apple.settle()
    assert [one["title"] for one in apple.remote()] == ["Kept"]
    assert "Ben" not in apple.account.phone.get(apple.href("Kept"))


def test_who_is_coming_follows_the_seats_and_the_contacts_name(world: World) -> None:
    yoga = CalendarFactory(type="class_booking", seats=10)
    people = [ContactFactory(name=name, phone="") for name in ("Ada", "Bea", "Cleo")]
    appointment = world.book(yoga, title="Yoga", notes="Mat", contact=people[0])
    for contact in people[1:]:
        Attendee.objects.create(appointment=appointment, contact=contact)
    world.settle()
    assert block_of(world) == "Ada\nBea\nCleo\n3 of 10 seats taken"
    people[1].name = "Beatrix"
    people[1].save()
    world.settle()
    assert block_of(world) == "Ada\nBeatrix\nCleo\n3 of 10 seats taken"
    Attendee.objects.filter(contact=people[0]).delete()
    world.settle()
    assert block_of(world) == "Beatrix\nCleo\n2 of 10 seats taken"
    yoga.seats = 12
    yoga.save()
    world.settle()
    assert block_of(world) == "Beatrix\nCleo\n2 of 12 seats taken"
    appointment.refresh_from_db()
    assert appointment.notes == "Mat"


def test_what_is_typed_below_our_line_in_icloud_is_rewritten_and_never_comes_back(
    world: World,
) -> None:
    appointment = world.book(notes="Mat", contact=ContactFactory(name="Ada", phone=""))
    world.settle()
    [href] = world.account.phone.resources()
    world.account.phone.edit(href, "Ada", "Somebody")
    world.account.phone.edit(href, "DESCRIPTION:Mat", "DESCRIPTION:Two mats")
    world.settle()
    appointment.refresh_from_db()
    assert appointment.notes == "Two mats"
    appointment.notes = "Three mats"
    appointment.save()
    world.settle()
    assert description(world) == "Three mats\n\n— Referins —\nAda"


def test_a_marker_typed_by_a_person_here_costs_no_text(world: World) -> None:
    notes = "above\n— Referins —\nbelow"
    appointment = world.book(notes=notes, contact=ContactFactory(name="Ada", phone=""))
    plain = world.book(title="No attendee", notes=notes, starts_at=at(15))
    world.settle()
    href = world.href("No attendee")
    world.account.phone.edit(href, "SUMMARY:No attendee", "SUMMARY:Still none")
    world.settle()
    for one in (appointment, plain):
        one.refresh_from_db()
        assert one.notes == notes
    assert plain.title == "Still none"
    world.account.phone.edit(world.href("Still none"), "above", "far above")
    world.account.phone.edit(world.href(appointment.title), "below", "far below")
    world.settle()
    for one in (appointment, plain):
        one.refresh_from_db()
    assert plain.notes == notes.replace("above", "far above")
    assert appointment.notes == notes.replace("below", "far below")
    assert not world.connection.log.filter(outcome="conflict").exists()
    assert "Ada" in "".join(world.account.phone.resources().values())


def test_the_switch_leaves_out_who_is_coming_and_puts_it_back(world: World) -> None:
    world.book(notes="Mat", contact=ContactFactory(name="Ada", phone=""))
    world.settle()
    set_who_is_coming(world.connection, False)
    world.settle()
    assert description(world) == "Mat"
    set_who_is_coming(world.connection, True)
    world.settle()
    assert description(world) == "Mat\n\n— Referins —\nAda"


def test_a_link_back_to_the_appointment_is_written(apple: World) -> None:
    appointment = apple.book()
    apple.settle()
    [body] = apple.account.phone.resources().values()
    assert f"/admin/calendars/appointment/{appointment.pk}/change/" in unfold(body)


@pytest.mark.parametrize("day", [datetime(2027, 1, 15), datetime(2027, 7, 15)])  # noqa: DTZ001
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland"])
def test_a_new_event_is_in_its_calendars_zone_with_a_definition(
    apple: World, day: datetime, zone: str
) -> None:
    starts = day.replace(hour=9, tzinfo=ZoneInfo(zone))
    apple.book(CalendarFactory(time_zone=zone), title="Winter or summer", starts_at=starts)
    apple.settle()
    [body] = apple.account.phone.resources().values()
    assert f"DTSTART;TZID={zone}:{day:%Y%m%d}T090000" in body
    document = Document.from_ical(body)
    [definition] = document.walk("VTIMEZONE")
    said = definition.to_tz(lookup_tzid=False)
    naive = day.replace(hour=9)
    assert naive.replace(tzinfo=said).astimezone(UTC) == starts.astimezone(UTC)


@pytest.mark.parametrize("hour", ["00:30", "01:30"])
def test_an_appointment_in_the_hour_that_comes_twice_stays_at_its_instant(
    world: World, hour: str
) -> None:
    starts = datetime.fromisoformat(f"2027-10-31T{hour}:00+00:00")  # both are 02:30 in Berlin
    world.book(title="Night shift", starts_at=starts)
    world.settle()
    assert [one["starts"] for one in world.remote()] == [starts]
    world.account.phone.edit(world.href("Night shift"), "Night shift", "Late shift")
    world.settle()
    assert [(one["title"], one["starts"]) for one in world.appointments()] == [
        ("Late shift", starts)
    ]


FORMS = {
    "UTC": (":20270115T080000Z", ":20270115T090000Z", ":20270116T080000Z"),
    "a zone": (
        ";TZID=America/New_York:20270115T030000",
        ";TZID=America/New_York:20270115T040000",
        ";TZID=America/New_York:20270116T030000",
    ),
    "floating": (":20270115T090000", ":20270115T100000", ":20270116T090000"),
    "all day": (
        ";VALUE=DATE:20270115",
        ";VALUE=DATE:20270116",
        ";VALUE=DATE:20270116",
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_existing_event_keeps_the_form_its_times_have(
    apple: World, form: tuple[str, str, str]
) -> None:
    starts, ends, moved = form
    body = vevent("f", "Form", at(9), at(10))
    body = body.replace(f"DTSTART{spell(at(9))}", f"DTSTART{starts}")
    href = apple.account.phone.put("f.ics", body.replace(f"DTEND{spell(at(10))}", f"DTEND{ends}"))
    apple.settle()
    one = BlockedSlot.objects.get()
    assert one.starts_at == datetime(2027, 1, 15, 0 if one.is_all_day else 9, tzinfo=BERLIN)
    day = one.ends_at - one.starts_at if one.is_all_day else None
    if one.is_all_day:
        one.starts_on, one.ends_on = date(2027, 1, 16), date(2027, 1, 17)
    else:
        one.starts_at = one.starts_at.replace(day=16)
        one.ends_at = one.ends_at.replace(day=16)
    one.save()
    apple.settle()
    assert f"DTSTART{moved}\r\n" in apple.account.phone.get(href)
    assert day is None or "VALUE=DATE:20270117" in apple.account.phone.get(href)


def test_a_pushed_event_made_all_day_in_icloud_keeps_its_dates(world: World) -> None:
    """In the CALENDAR's zone, whatever the host's is."""
    tokyo = CalendarFactory(time_zone="Asia/Tokyo")
    appointment = world.book(
        tokyo, title="Fair", starts_at=datetime(2027, 1, 15, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
    )
    world.settle()
    phone, href = world.account.phone, world.href("Fair")
    body = phone.get(href).replace(
        "DTSTART;TZID=Asia/Tokyo:20270115T090000", "DTSTART;VALUE=DATE:20270115"
    )
    body = body.replace("DTEND;TZID=Asia/Tokyo:20270115T100000", "DTEND;VALUE=DATE:20270117")
    phone.put(href.rpartition("/")[2], body)
    world.settle()
    appointment.refresh_from_db()
    assert appointment.starts_at == datetime(2027, 1, 15, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert appointment.ends_at == datetime(2027, 1, 17, tzinfo=ZoneInfo("Asia/Tokyo"))
    appointment.title = "Trade fair"
    appointment.save()
    world.settle()
    assert world.remote() == [event("Trade fair", date(2027, 1, 15), date(2027, 1, 17))]
    appointment.starts_at = datetime(2027, 1, 16, tzinfo=ZoneInfo("Asia/Tokyo"))
    appointment.save()
    world.settle()
    assert world.remote() == [event("Trade fair", date(2027, 1, 16), date(2027, 1, 17))]


# --- What iCloud holds besides ---

APPLE = (
    'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-APPLE-RADIUS=100;X-TITLE="Mitte;\r\n  Berlin":'
    "geo:52.5,13.4"
)
OTHERS = (
    "X-ALT-DESC;FMTTYPE=text/html:<b>Bring a hat</b>",
    "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M",
    "ATTACH;FMTTYPE=application/pdf:https://example.com/a.pdf",
    "CATEGORIES:Work,Hair",
    'NEW-PROPERTY;ODD="a:b":left as it is',
    "COMMENT:folded in a place\r\n  nobody else would\r\n\t fold",
)
ALARM = (
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Reminder\r\nTRIGGER:-PT15M\r\n"
    "UID:ALARM-1\r\nX-WR-ALARMUID:ALARM-1\r\nEND:VALARM"
)
OURS = ("SUMMARY", "LOCATION", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND")


def decorate(world: World) -> str:
    """Our event as it looks once its owner has been at it."""
    href = world.href("Haircut")
    if world.account.standin:  # what Apple adds by itself is not the point here
        world.account.standin.switches.insert_dtstamp = False
    extra = "\r\n".join([APPLE, *OTHERS, ALARM])
    world.account.phone.edit(href, "END:VEVENT", f"{extra}\r\nEND:VEVENT")
    world.settle()
    return href


CHANGES: dict[str, tuple[Callable[..., None], set[str]]] = {
    "title": (lambda one: setattr(one, "title", "Shave"), set()),
    "place": (lambda one: setattr(one, "location", "Here"), {"X-APPLE-STRUCTURED-LOCATION"}),
    "notes": (lambda one: setattr(one, "notes", "No hat"), {"X-ALT-DESC"}),
    "time": (lambda one: setattr(one, "ends_at", at(12)), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_everything_else_survives_our_write_by_property(world: World, name: str) -> None:
    change, goes = CHANGES[name]
    appointment = world.book(title="Haircut", location="Mitte", notes="Bring a hat")
    world.settle()
    href = decorate(world)
    before = properties(world.account.phone.get(href))
    change(appointment)
    appointment.save()
    world.settle()
    after = properties(world.account.phone.get(href))
    touched = {*OURS, "DESCRIPTION"} if name == "notes" else set(OURS)
    assert {k: v for k, v in after.items() if k not in touched} == {
        k: v for k, v in before.items() if k not in touched | goes
    }


def test_everything_else_survives_our_write_byte_for_byte(apple: World) -> None:
    appointment = apple.book(title="Haircut", location="Mitte", notes="Bring a hat")
    apple.settle()
    href = decorate(apple)
    before = apple.account.phone.get(href)
    appointment.title = "Shave"
    appointment.save()
    apple.settle()
    assert foreign(apple.account.phone.get(href)) == foreign(before)


def foreign(body: str) -> list[str]:
    """The physical lines that are not about the title or the version."""
    ours = ("SUMMARY", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE")
    return [line for line in body.split("\r\n") if not line.startswith(ours)]


def properties(body: str) -> dict[str, list[str]]:
    """Of the event and its alarms, by name, whatever their order and folds."""
    found: dict[str, list[str]] = {}
    for one in Document.from_ical(body).walk():
        if one.name in ("VEVENT", "VALARM"):
            for name, value in one.property_items(recursive=False):
                if name not in ("BEGIN", "END"):
                    key = name if one.name == "VEVENT" else f"alarm {name}"
                    text = value.to_ical() if hasattr(value, "to_ical") else value
                    found.setdefault(key, []).append(str(text))
    return found


def unfold(body: str) -> str:
    return body.replace("\r\n ", "")


def description(world: World) -> str:
    [body] = world.account.phone.resources().values()
    [one] = Document.from_ical(body).walk("VEVENT")
    return str(one.get("DESCRIPTION", ""))


def block_of(world: World) -> str:
    return description(world).partition("— Referins —\n")[2]
