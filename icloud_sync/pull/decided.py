"""Events that were gone all at once, and of which a person has decided (D21)."""

from collections.abc import Sequence

from icloud_sync import outbox
from icloud_sync.apply import absorb, absorb_removed
from icloud_sync.core.values import Fetched
from icloud_sync.guards.vanished import ALIVE
from icloud_sync.models import Hold
from icloud_sync.pull.intake import look_for
from icloud_sync.pull.work import Pull


def carry_out_decided(work: Pull) -> None:
    """Approved: marked as deleted in iCloud, as a few would have been. Kept: marked as well,
    for they are gone; but their time stays taken, and our own events go there again."""
    states = (Hold.State.APPROVED, Hold.State.KEPT)
    holds = work.connection.holds.filter(kind=Hold.Kind.VANISHED, state__in=states)
    for hold in holds.exclude(what=[]).order_by("pk"):
        names = [str(href) for href in hold.what]
        for batch in work.in_time(names):
            settle(work, hold, batch)
            names = [href for href in names if href not in batch]
            Hold.objects.filter(pk=hold.pk).update(what=names)


def settle(work: Pull, hold: Hold, hrefs: Sequence[str]) -> None:
    known = work.connection.resources.filter(href__in=hrefs, state__in=ALIVE)
    there = {one.href: one for one in known.select_related("collection", "appointment")}
    found, gone = look_for(work, list(there))
    for one in found:
        take_back(work, one, there[one.href].collection_id)
    kept = hold.state == Hold.State.KEPT
    absorb_removed(work.connection, gone, work.now, work.journal, frees=False if kept else None)
    work.result.vanished += len(gone)
    for resource in work.connection.resources.filter(href__in=gone if kept else []):
        if resource.appointment_id:
            outbox.put_back(resource)


def take_back(work: Pull, one: Fetched, collection_id: int) -> None:
    collection = next(each for each in work.collections if each.pk == collection_id)
    absorb(work.connection, collection, [one], work.now, work.journal)
