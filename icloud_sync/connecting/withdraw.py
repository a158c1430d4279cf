"""Events of ours that stay in iCloud once their calendar is served no longer, and taking
them out before (D19): afterwards nothing more is written about them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from calendars.models import Appointment, Calendar, User
from icloud_sync import outbox
from icloud_sync.connecting.story import counted, tell
from icloud_sync.models import ICloudConnection, RemoteResource

State, Serves = RemoteResource.State, ICloudConnection.Serves
SHOWN = 10


def copies_staying(
    connection: ICloudConnection | None = None, calendar: Calendar | None = None
) -> QuerySet[RemoteResource]:
    """Copies of appointments that lie in iCloud, in accounts that are connected."""
    copies = RemoteResource.objects.filter(
        connection__in=outbox.live(ICloudConnection.objects.all()),
        appointment__in=Appointment.objects.filter(**({"calendar": calendar} if calendar else {})),
        own_occurrence_gone=False,
    ).exclude(state__in=[State.REMOVED, State.DELETED_IN_ICLOUD])
    return copies.filter(connection=connection) if connection else copies


def copies_served(
    connection: ICloudConnection | None = None, calendar: Calendar | None = None
) -> QuerySet[RemoteResource]:
    """Those that can still be written, and so be taken out."""
    return copies_staying(connection, calendar).filter(outbox.served_copies())


def copies_leaving(
    connection: ICloudConnection, serves: str, calendars: Iterable[Calendar]
) -> QuerySet[RemoteResource]:
    """What is served as yet, and will not be by this choice."""
    served = copies_served(connection)
    if serves == Serves.ALL:
        return served.none()
    return served.exclude(appointment__calendar__in=list(calendars))


@dataclass(frozen=True, slots=True)
class Staying:
    """Copies, to be shown before anybody decides. `on_their_way`: asked to be taken out, not
    gone yet; `stuck`: cannot be taken out, because we may not write them (D7)."""

    total: int
    calendars: list[tuple[str, int]]
    first: list[RemoteResource]
    on_their_way: int
    stuck: int

    @property
    def more(self) -> int:
        return self.total - len(self.first)


def what_stays(copies: QuerySet[RemoteResource]) -> Staying:
    stuck = Q(has_guests=True) | Q(collection__can_write=False) | Q(state=State.NEEDS_ATTENTION)
    numbers = copies.aggregate(
        total=Count("pk"),
        on_their_way=Count("pk", filter=Q(withdrawn=True) & ~stuck),
        stuck=Count("pk", filter=stuck),
    )
    calendars = copies.order_by("appointment__calendar__name", "appointment__calendar")
    named = calendars.values("appointment__calendar", "appointment__calendar__name")
    related = copies.select_related("appointment__calendar", "connection__user").defer("base")
    return Staying(
        calendars=[
            (row["appointment__calendar__name"], row["number"])
            for row in named.annotate(number=Count("pk"))
        ],
        first=list(related.order_by("appointment__starts_at", "pk")[:SHOWN]),
        **numbers,
    )


def take_out(copies: QuerySet[RemoteResource], actor: User | None = None) -> int:
    """Sends their DELETEs; the appointments live on. Returns how many were asked for: what
    nothing may be written about (not served any more) is left out."""
    return withdraw(copies_served().filter(pk__in=copies.values("pk")), True, actor)


def put_back(copies: QuerySet[RemoteResource], actor: User | None = None) -> int:
    """What was taken out comes back, where its calendar is served and it is still to come."""
    withdrawn = RemoteResource.objects.filter(
        outbox.served_copies(),
        connection__in=outbox.live(ICloudConnection.objects.all()),
        pk__in=copies.values("pk"),
        withdrawn=True,
        appointment__ends_at__gt=timezone.now(),
    )
    return withdraw(withdrawn, False, actor)


def withdraw(copies: QuerySet[RemoteResource], withdrawn: bool, actor: User | None) -> int:
    with transaction.atomic():
        found = list(copies.values_list("pk", "connection", "appointment"))
        concerned = RemoteResource.objects.filter(pk__in=[pk for pk, _, _ in found])
        concerned.update(withdrawn=withdrawn)
        by_connection: dict[int, list[int]] = {}
        for _, connection_id, appointment_id in found:
            by_connection.setdefault(connection_id, []).append(appointment_id)
        for connection in ICloudConnection.objects.filter(pk__in=by_connection):
            ids = by_connection[connection.pk]
            calendars = Appointment.objects.filter(pk__in=ids).values_list("pk", "calendar")
            outbox.enqueue_many(connection.pk, dict(calendars))
            tell_withdrawal(connection, len(ids), withdrawn, actor)
    return len(found)


def tell_withdrawal(
    connection: ICloudConnection, number: int, withdrawn: bool, actor: User | None
) -> None:
    events = counted(number, "event")
    if withdrawn:
        message = f"Asked for {events} to be taken out of iCloud; the appointments stay here."
        tell(connection, "take out", message, actor)
    else:
        tell(connection, "put back", f"Asked for {events} to be put back into iCloud.", actor)


def end_withdrawals(copies: QuerySet[RemoteResource]) -> None:
    """Of a calendar that is served no longer nothing is left to take out, and its events
    come back when it is served again."""
    withdrawn = copies.filter(withdrawn=True)
    served = withdrawn.filter(outbox.served_copies()).values_list("pk", flat=True)
    withdrawn.exclude(pk__in=list(served)).update(withdrawn=False)
