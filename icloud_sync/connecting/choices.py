"""Which collections a connection reads and writes, and which calendars it serves."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from calendars.models import Calendar, User
from icloud_sync import outbox
from icloud_sync.connecting import errors
from icloud_sync.connecting.errors import ConnectError
from icloud_sync.connecting.keep import refuse_disconnected, sync_soon
from icloud_sync.connecting.slots import remove_slots
from icloud_sync.connecting.story import tell
from icloud_sync.connecting.withdraw import end_withdrawals
from icloud_sync.core.policy import SIMPLE_REFUSED, is_synced_type
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteCollection, RemoteResource

Role, Serves = RemoteCollection.Role, ICloudConnection.Serves
NOT_READ = "its calendar in iCloud is read no longer"


def set_collections(
    connection: ICloudConnection,
    target: str,
    mirrored: Collection[str],
    *,
    actor: User | None = None,
) -> None:
    """hrefs -> roles (D17). Copies stay where they are; slots of a collection that is no
    longer read leave, those still to come only, and nothing is written about it."""
    refuse_disconnected(connection)
    found = {collection.href: collection for collection in connection.collections.all()}
    refuse_target(found, target)
    read = {*mirrored, target}
    with transaction.atomic():
        stop_who_works_on(connection)
        ours = connection.collections
        changed = {
            href for href, collection in found.items() if collection.is_read != (href in read)
        }
        ours.filter(role=Role.TARGET).exclude(href=target).update(role=Role.MIRRORED)
        ours.exclude(href__in=read).update(role=Role.IGNORED)
        ours.filter(href__in=read - {target}).update(role=Role.MIRRORED)
        ours.filter(href=target).update(role=Role.TARGET)
        forget_what_was_read(connection, ours.filter(href__in=changed), actor)
        tell(connection, "choose calendars", f"New events go to “{found[target]}”.", actor)
        outbox.try_parked_again(connection.pk, kind=OutboxEntry.Kind.APPOINTMENT)
        outbox.retry_now(connection.pk)
        sync_soon(connection)


def stop_who_works_on(connection: ICloudConnection) -> None:
    """A pull that is under way read the old roles: it loses the lease and writes no more."""
    ICloudConnection.objects.filter(pk=connection.pk).update(lease_owner="", lease_until=None)


def refuse_target(found: dict[str, RemoteCollection], target: str) -> None:
    if target not in found:
        raise ConnectError(errors.NO_TARGET, "target")
    if not found[target].can_write:
        raise ConnectError(errors.READ_ONLY_TARGET.format(name=found[target]), "target")


def forget_what_was_read(
    connection: ICloudConnection, collections: QuerySet[RemoteCollection], actor: User | None
) -> None:
    """So that a collection that is read again later comes in whole."""
    hrefs = list(collections.values_list("href", flat=True))
    ignored = connection.resources.filter(collection__href__in=hrefs, appointment=None)
    remove_slots(ignored, timezone.now(), NOT_READ, actor)
    ignored.update(etag="", base="")
    collections.update(sync_token="", ctag="")


def set_served(
    connection: ICloudConnection,
    serves: str,
    calendars: Iterable[Calendar],
    *,
    actor: User | None = None,
) -> int:
    """D19; returns how many appointments that begins to send (D20)."""
    refuse_disconnected(connection)
    chosen = list(calendars) if serves == Serves.CHOSEN else []
    refuse_choice(serves, chosen)
    with transaction.atomic():
        before = calendars_with_copies(connection)
        connection.calendars.set(chosen)
        ICloudConnection.objects.filter(pk=connection.pk).update(serves=serves)
        connection.refresh_from_db()
        end_withdrawals(connection.resources.all())
        catch_up(connection, calendars_with_copies(connection) - before)
        unpushed = outbox.enqueue_unpushed(connection)
        tell(connection, "choose served", served_message(connection, chosen), actor)
    return unpushed


def calendars_with_copies(connection: ICloudConnection) -> set[int]:
    """Those that are served."""
    copies = connection.resources.filter(outbox.served_copies(), appointment__isnull=False)
    return set(copies.values_list("appointment__calendar", flat=True))


def catch_up(connection: ICloudConnection, calendar_ids: Collection[int]) -> None:
    """These are served again: what was edited meanwhile is told here, and what was edited in
    iCloud is found by comparing etags, since the reports have passed it by."""
    if not calendar_ids:
        return
    stop_who_works_on(connection)
    outbox.enqueue_copies(calendar_ids)
    copies = connection.resources.filter(appointment__calendar__in=calendar_ids)
    holding = copies.values("collection")
    connection.collections.filter(pk__in=holding).update(sync_token="", ctag="")
    sync_soon(connection)


def set_who_is_coming(
    connection: ICloudConnection, switched_on: bool, *, actor: User | None = None
) -> None:
    """D11: the events that are still to come are rewritten with it, or without it. One that
    was deleted in iCloud stays deleted: the appointment has not changed (R6, D4)."""
    refuse_disconnected(connection)
    copies = connection.resources.filter(
        appointment__ends_at__gt=timezone.now(), own_occurrence_gone=False
    ).exclude(state=RemoteResource.State.DELETED_IN_ICLOUD)
    with transaction.atomic():
        connection.write_who_is_coming = switched_on
        connection.save(update_fields=["write_who_is_coming"])
        for appointment_id in copies.values_list("appointment", flat=True):
            outbox.enqueue(connection.pk, OutboxEntry.Kind.APPOINTMENT, appointment_id)
        message = f"Who is coming is {'written' if switched_on else 'left out'} from now on."
        tell(connection, "choose who is coming", message, actor)


def refuse_choice(serves: str, chosen: list[Calendar]) -> None:
    if not all(is_synced_type(calendar.type) for calendar in chosen):
        raise ConnectError(SIMPLE_REFUSED, "calendars")  # R2
    if serves == Serves.CHOSEN and not chosen:
        raise ConnectError(errors.NO_CALENDARS_CHOSEN, "calendars")


def served_message(connection: ICloudConnection, chosen: list[Calendar]) -> str:
    if connection.serves == Serves.ALL:
        return "Serves all calendars the user is host in."
    return "Serves only: " + ", ".join(sorted(str(calendar) for calendar in chosen)) + "."
