"""Events that could not be read are put on record, and asked for again less and less often."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from icloud_sync.core.retry import MOST_LOOKS, next_look
from icloud_sync.models import ICloudConnection, RemoteCollection, RemoteResource
from icloud_sync.pull.work import Pull
from icloud_sync.synclog import Outcome

State = RemoteResource.State
MOST_AT_ONCE = 50
NOT_THERE = "iCloud lists this event, but does not show it."
# On record, and never read: nothing is known of it but where it is said to be.
NEVER_READ = Q(state=State.NEEDS_ATTENTION, uid="", base="", unread_body="")


def due_again(connection: ICloudConnection, now: datetime) -> dict[int, list[str]]:
    """What could not be read may be readable by now, though nobody touched it: hrefs by
    collection."""
    rows = connection.resources.filter(
        state=State.NEEDS_ATTENTION,
        looks__lt=MOST_LOOKS,
        updated_at__lt=now - timedelta(hours=1),
    )
    found: dict[int, list[str]] = {}
    for href, collection_id, looks, last in rows.values_list(
        "href", "collection_id", "looks", "updated_at"
    ):
        if next_look(looks, last) <= now:
            found.setdefault(collection_id, []).append(href)
    return {collection_id: hrefs[:MOST_AT_ONCE] for collection_id, hrefs in found.items()}


def count_looks(work: Pull, collection: RemoteCollection) -> None:
    """Before it is asked for: should we fall over it, it is not asked for at once again."""
    if hrefs := work.again.get(collection.pk):
        rows = work.connection.resources.filter(href__in=hrefs)
        rows.update(looks=F("looks") + 1, updated_at=work.now)


def record_unread(work: Pull, collection: RemoteCollection, unread: Mapping[str, str]) -> None:
    """`unread`: href -> why. What was agreed on stays; each is told of once."""
    if not unread:
        return
    with transaction.atomic():
        work.session.lease.check()
        for href, why in unread.items():
            record_one(work, collection, href, why)


def record_one(work: Pull, collection: RemoteCollection, href: str, why: str) -> None:
    known = work.connection.resources.filter(href=href).first()
    if known and known.state == State.NEEDS_ATTENTION:
        return
    resource = known or RemoteResource(connection=work.connection, collection=collection, href=href)
    resource.state, resource.state_reason = State.NEEDS_ATTENTION, why[:500]
    resource.etag, resource.looks = "", 0
    resource.save()
    about = {"resource": resource, "appointment_id": resource.appointment_id}
    work.journal.write("set aside", Outcome.NEEDS_ATTENTION, f"set aside {href}: {why}", **about)


def forget_never_read(work: Pull, hrefs: Collection[str]) -> None:
    """It can be read after all, as if it were new; or it is not even listed any more."""
    if hrefs:
        work.connection.resources.filter(NEVER_READ, href__in=hrefs).delete()
