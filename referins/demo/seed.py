"""Example rows: made once, in one transaction, so that what you change or delete stays so."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from calendars.models import Appointment, Attendee, BlockedSlot, Calendar, Contact, User
from calendars.types import AppointmentStatus, CalendarType
from referins.demo.people import ANNA, BEN, CHIYO, PASSWORD, STAFF, USERS, Person

CONTACTS = (
    ("Maya Fischer", "+49 30 5550101"),
    ("Jonas Keller", "+49 30 5550102"),
    ("Priya Nair", "+44 20 55501030"),
    ("Luca Rossi", "+39 06 5550104"),
    ("Emma Dubois", "+33 1 55501050"),
    ("Noah Larsen", "+47 22 555106"),
)


def seed() -> bool:
    """True where rows were made; False where the database has calendars already."""
    with transaction.atomic():
        users = {person.username: make_user(person) for person in USERS}
        make_staff()
        if Calendar.objects.exists():
            return False
        Week(users, make_contacts()).make()
    return True


def make_staff() -> None:
    if not User.objects.filter(username=STAFF).exists():
        User.objects.create_superuser(
            STAFF, f"{STAFF}@example.com", PASSWORD, time_zone="Europe/Berlin"
        )


def make_user(person: Person) -> User:
    found = User.objects.filter(username=person.username).first()
    if found:
        return found
    first, last = person.full_name.split()
    return User.objects.create_user(
        person.username,
        f"{person.username}@example.com",
        PASSWORD,
        first_name=first,
        last_name=last,
        time_zone=person.time_zone,
    )


def make_contacts() -> list[Contact]:
    return [
        Contact.objects.create(
            name=name, phone=phone, email=f"{name.split()[0].lower()}@example.net"
        )
        for name, phone in CONTACTS
    ]


class Week:
    """The five calendars and what stands in them around today."""

    def __init__(self, users: dict[str, User], contacts: list[Contact]) -> None:
        self.anna, self.ben, self.chiyo = (users[p.username] for p in (ANNA, BEN, CHIYO))
        self.maya, self.jonas, self.priya, self.luca, self.emma, self.noah = contacts

    def make(self) -> None:
        self.consultations()
        self.interviews()
        self.yoga()
        self.repairs()
        self.office()
        self.blocked()

    def consultations(self) -> None:
        team = calendar("Consultations", CalendarType.ROUND_ROBIN, [self.anna, self.ben])
        book(team, "Consultation with Maya", 0, "09:30", 45, [self.anna], [self.maya])
        book(team, "Consultation with Jonas", 1, "11:00", 45, [self.anna], [self.jonas])
        book(team, "Consultation with Luca", 1, "16:00", 45, [self.ben], [self.luca])
        book(team, "Second consultation", 3, "10:00", 60, [self.anna], [self.emma])
        past = book(team, "First consultation", -1, "14:00", 45, [self.anna], [self.emma])
        set_status(past, AppointmentStatus.SHOWED)
        off = book(team, "Consultation with Noah", 2, "13:00", 45, [self.anna], [self.noah])
        set_status(off, AppointmentStatus.CANCELLED)

    def interviews(self) -> None:
        both = [self.anna, self.chiyo]
        panel = calendar("Interviews", CalendarType.COLLECTIVE, both, owner=self.anna)
        made = book(panel, "Interview with Priya", 2, "09:00", 60, both, [self.priya])
        made.location = "Meeting room 2"
        made.notes = "Second round; the portfolio was sent by mail."
        made.save()

    def yoga(self) -> None:
        lesson = calendar(
            "Morning yoga", CalendarType.CLASS_BOOKING, [self.anna], owner=self.anna, seats=8
        )
        book(lesson, "Morning yoga", 1, "07:30", 60, [self.anna], [self.maya, self.emma, self.luca])
        book(lesson, "Morning yoga", 4, "07:30", 60, [self.anna], [self.jonas, self.priya])

    def repairs(self) -> None:
        service = calendar("Bicycle repair", CalendarType.SERVICE, [self.ben, self.chiyo])
        book(service, "Brakes and gears", 0, "15:00", 90, [self.ben], [self.noah])
        book(service, "New back wheel", 2, "12:00", 120, [self.chiyo], [self.jonas])

    def office(self) -> None:
        simple = calendar("Office", CalendarType.SIMPLE, [self.anna, self.ben])
        book(simple, "Water delivery", 1, "08:00", 30, [self.anna], [])

    def blocked(self) -> None:
        block(self.anna, "Lunch with the team", 1, "12:30", 60)
        block(self.ben, "School run", 1, "15:00", 45)
        block(self.chiyo, "Language course", 2, "18:00", 90)


def calendar(
    name: str, kind: CalendarType, members: list[User], owner: User | None = None, seats: int = 1
) -> Calendar:
    made = Calendar(name=name, type=kind.value, time_zone=ANNA.time_zone, owner=owner, seats=seats)
    made.full_clean()
    made.save()
    for priority, user in enumerate(reversed(members), start=1):
        made.memberships.create(user=user, priority=priority)
    return made


def book(
    where: Calendar,
    title: str,
    in_days: int,
    at: str,
    minutes: int,
    hosts: list[User],
    contacts: list[Contact],
) -> Appointment:
    starts_at = moment(in_days, at, where.time_zone)
    made = Appointment.objects.create(
        calendar=where,
        title=title,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        status=AppointmentStatus.CONFIRMED.value,
        owner=hosts[0],
    )
    made.hosts.set(hosts)
    for contact in contacts:
        Attendee.objects.create(appointment=made, contact=contact)
    return made


def set_status(appointment: Appointment, status: AppointmentStatus) -> None:
    appointment.status = status.value
    appointment.save()


def block(user: User, title: str, in_days: int, at: str, minutes: int) -> None:
    starts_at = moment(in_days, at, user.time_zone)
    BlockedSlot.objects.create(
        user=user, title=title, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes)
    )


def moment(in_days: int, at: str, zone: str) -> datetime:
    """A wall-clock time in a zone, so many days from that zone's today."""
    return datetime.combine(
        today(zone) + timedelta(days=in_days), time.fromisoformat(at), ZoneInfo(zone)
    )


def today(zone: str) -> date:
    return timezone.now().astimezone(ZoneInfo(zone)).date()
