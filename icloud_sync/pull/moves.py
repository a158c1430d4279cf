"""An event that turns up at another href of the account: moved, or doubled? (D17)"""

import re
from collections.abc import Iterable, Mapping, Sequence

from icloud_sync.core.ical import lines
from icloud_sync.core.values import Fetched
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.pull.work import Pull
from icloud_sync.remote.errors import Refused, ResourceNotFound, UnreadableAnswer
from icloud_sync.session import Session
from icloud_sync.synclog import Outcome

State = RemoteResource.State
UID = re.compile(r"^UID[;:]", re.MULTILINE | re.IGNORECASE)


def find_moves(
    session: Session, found: Iterable[Fetched], vanished: Sequence[str]
) -> dict[str, int]:
    """href -> pk of the resource that lay elsewhere and is not there any more."""
    uids = {one.href: uid_of(one.body) for one in found}
    resources = session.connection.resources.select_related("collection")
    elsewhere = resources.filter(uid__in=[uid for uid in uids.values() if uid])
    candidates = {one.uid: one for one in elsewhere.exclude(href__in=uids)}
    known = set(resources.filter(href__in=uids).values_list("href", flat=True))
    return {
        href: candidates[uid].pk
        for href, uid in uids.items()
        if uid in candidates and href not in known and has_left(session, candidates[uid], vanished)
    }


def has_left(session: Session, resource: RemoteResource, vanished: Sequence[str]) -> bool:
    if resource.state == State.DELETED_IN_ICLOUD or resource.href in vanished:
        return True
    try:
        session.remote.get(resource.href)
    except ResourceNotFound:
        return True
    except (Refused, UnreadableAnswer):
        pass  # something is there
    return False


def uid_of(body: str) -> str:
    """The resource's UID, read without parsing all of it; "" where it has none."""
    if not UID.search(body):
        return ""
    return next((line.value for line in lines.split(body) if line.name == "UID"), "")


def tell_moves(work: Pull, collection: RemoteCollection, moved: Mapping[str, int]) -> None:
    """`moved`: as absorbed, href -> pk of the resource that lies there now."""
    known = work.connection.resources.filter(pk__in=moved.values(), href__in=moved)
    for resource in known.order_by("pk"):
        about = {"resource": resource, "appointment_id": resource.appointment_id}
        what = f"{resource.uid} lies in “{collection}” by now; the link follows"
        work.journal.write("follow", Outcome.DONE, what, **about)
