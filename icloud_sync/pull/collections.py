"""The account's collections as they are now: names and rights, those that are new, gone, or
back."""

from collections.abc import Iterator

from icloud_sync import outbox
from icloud_sync.core.values import CollectionInfo
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.pull.work import Pull
from icloud_sync.synclog import Outcome


def known_collections(work: Pull, infos: dict[str, CollectionInfo]) -> Iterator[RemoteCollection]:
    """Those we read and that are there; new ones are kept as ignored until staff choose
    them."""
    rows = {row.href: row for row in work.collections}
    for href, info in infos.items():
        row = rows.get(href) or new_collection(work, info)
        changed = freshen(row, info)
        if "can_write" in changed:
            tell_slots(work, row)
            if row.can_write:
                outbox.try_parked_again(work.connection.pk)
        if "missing_since" in changed:
            welcome_back(work, row)
        if row.is_read:
            yield row
    for href, row in rows.items():
        if href not in infos and row.is_read:
            miss(work, row)


def new_collection(work: Pull, info: CollectionInfo) -> RemoteCollection:
    return RemoteCollection.objects.create(connection=work.connection, href=info.href)


def freshen(row: RemoteCollection, info: CollectionInfo) -> list[str]:
    """The names of what changed."""
    fresh = {
        "name": info.name[:500],
        "color": info.color[:20],
        "can_write": info.can_write,
        "missing_since": None,
    }
    changed = [name for name, value in fresh.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fresh[name])
    if changed:
        row.save(update_fields=changed)
    return changed


def tell_slots(work: Pull, row: RemoteCollection) -> None:
    """We may write there now, or may not any more: its slots will say so (D17), once what
    is stored is looked at again (window.py)."""
    stored = row.resources.filter(state=RemoteResource.State.SYNCED)
    work.result.look_again |= bool(stored.update(reconsider_at=work.now))


def miss(work: Pull, row: RemoteCollection) -> None:
    """Not listed: said once, and nothing of it is taken for deleted (rule 5)."""
    work.trouble(
        "miss collection",
        f"The calendar “{row}” is not in the account any more: deleted, or no longer shared. "
        "Its Blocked Slots stay, and what would be written to it waits.",
    )
    if row.missing_since is None:
        row.missing_since = work.now
        row.save(update_fields=["missing_since"])


def welcome_back(work: Pull, row: RemoteCollection) -> None:
    outbox.retry_now(work.connection.pk)
    work.journal.write(
        "find collection again", Outcome.DONE, f"the calendar “{row}” is in the account again"
    )
