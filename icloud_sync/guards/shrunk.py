"""A series that loses many occurrences at once, on a connection that frees what iCloud deletes
by itself (D5): a person says whether they go (D21)."""

from collections.abc import Mapping, Sequence

from icloud_sync.core.guard import judge
from icloud_sync.core.pull_actions import Action, RemoveSlot
from icloud_sync.guards.holds import Kind, State, keep_waiting, names_of, no_longer
from icloud_sync.models import Hold, RemoteResource
from icloud_sync.synclog import Journal


def hold_back(
    actions: Sequence[Action],
    resource: RemoteResource,
    slots: Mapping[int, str],
    journal: Journal,
) -> list[Action]:
    """The plan without the removals that wait for a person. `slots`: of this series, id ->
    recurrence-id as it is called by now."""
    going = {slots[one.slot_id] for one in actions if isinstance(one, RemoveSlot)}
    latest = Hold.objects.filter(resource=resource, kind=Kind.SHRUNK).first()
    if not going and latest is None:
        return list(actions)
    approved = names_of(latest) if latest and latest.state == State.APPROVED else []
    held = judge(going, len(slots), approved=approved).held
    if held:
        message = (
            f"{len(held)} of {len(slots)} occurrences of a series left it in iCloud at once. Their "
            "time stays taken: approve that they go, or keep their Blocked Slots."
        )
        keep_waiting(resource.connection, Kind.SHRUNK, held, len(slots), message, journal, resource)
    else:
        no_longer(resource.connection, Kind.SHRUNK, journal, resource)
    return [one for one in actions if not is_held(one, slots, held)]


def is_held(action: Action, slots: Mapping[int, str], held: frozenset[str]) -> bool:
    return isinstance(action, RemoveSlot) and slots[action.slot_id] in held
