"""Example rows: made once, in one transaction, so that what you change or delete stays so."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from calendars.models import Appointment, Attendee, BlockedSlot, Calendar, Contact, User
from calendars.types import AppointmentStatus, CalendarType
from referins.demo.people import ANNA, BEN, CHIYO, PASSWORD, STAFF, USERS, Person

WEEKS = (0, 1)  # this one and the next: a demo begun on a Sunday has both sides of it
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
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
        Weeks(users, make_contacts()).make()
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


class Weeks:
    """The five calendars, and what stands in them this week and the next."""

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
        anna, ben = [self.anna], [self.ben]
        for week in WEEKS:
            book(team, "Consultation with Maya", week, MON, "09:30", 45, anna, [self.maya])
            book(team, "Consultation with Jonas", week, TUE, "11:00", 45, anna, [self.jonas])
            book(team, "Consultation with Luca", week, TUE, "16:00", 45, ben, [self.luca])
            book(team, "Second consultation", week, FRI, "10:00", 60, anna, [self.emma])
            book(team, "Weekend consultation", week, SUN, "11:00", 45, anna, [self.priya])
        off = book(team, "Consultation with Noah", 1, THU, "13:00", 45, anna, [self.noah])
        off.status = AppointmentStatus.CANCELLED.value
        off.save()

    def interviews(self) -> None:
        both = [self.anna, self.chiyo]
        panel = calendar("Interviews", CalendarType.COLLECTIVE, both, owner=self.anna)
        for week in WEEKS:
            made = book(panel, "Interview with Priya", week, WED, "09:00", 60, both, [self.priya])
            made.location = "Meeting room 2"
            made.notes = "The portfolio was sent by mail."
            made.save()

    def yoga(self) -> None:
        lesson = calendar(
            "Morning yoga", CalendarType.CLASS_BOOKING, [self.anna], owner=self.anna, seats=8
        )
        some = [self.maya, self.emma, self.luca]
        for week in WEEKS:
            book(lesson, "Morning yoga", week, TUE, "07:30", 60, [self.anna], some)
            book(lesson, "Morning yoga", week, FRI, "07:30", 60, [self.anna], [self.jonas])

    def repairs(self) -> None:
        service = calendar("Bicycle repair", CalendarType.SERVICE, [self.ben, self.anna])
        for week in WEEKS:
            book(service, "Brakes and gears", week, MON, "15:00", 90, [self.anna], [self.noah])
            book(service, "New back wheel", week, WED, "14:00", 120, [self.ben], [self.jonas])

    def office(self) -> None:
        simple = calendar("Office", CalendarType.SIMPLE, [self.anna, self.ben])
        for week in WEEKS:
            book(simple, "Water delivery", week, THU, "08:00", 30, [self.anna], [])

    def blocked(self) -> None:
        for week in WEEKS:
            block(self.anna, "Lunch with the team", week, TUE, "12:30", 60)
            block(self.ben, "School run", week, WED, "15:00", 45)
            block(self.chiyo, "Language course", week, THU, "18:00", 90)


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
    week: int,
    weekday: int,
    at: str,
    minutes: int,
    hosts: list[User],
    contacts: list[Contact],
) -> Appointment:
    starts_at = moment(week, weekday, at, where.time_zone)
    ends_at = starts_at + timedelta(minutes=minutes)
    is_past = ends_at < timezone.now()
    status = AppointmentStatus.SHOWED if is_past else AppointmentStatus.CONFIRMED
    made = Appointment.objects.create(
        calendar=where,
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        status=status.value,
        owner=hosts[0],
    )
    made.hosts.set(hosts)
    for contact in contacts:
        Attendee.objects.create(appointment=made, contact=contact)
    return made


def block(user: User, title: str, week: int, weekday: int, at: str, minutes: int) -> None:
    starts_at = moment(week, weekday, at, user.time_zone)
    BlockedSlot.objects.create(
        user=user, title=title, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes)
    )


def moment(week: int, weekday: int, at: str, zone: str) -> datetime:
    """A wall-clock time in a zone; week 0 is the one that zone's today is in."""
    day = this_monday(zone) + timedelta(weeks=week, days=weekday)
    return datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone))


def this_monday(zone: str) -> date:
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    return today - timedelta(days=today.weekday())
