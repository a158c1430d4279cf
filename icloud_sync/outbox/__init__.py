"""What must still reach iCloud, as rows; the task queue only says *look now*.

`enqueue` says that something must be sent, `claim` works the rows off.
"""

from icloud_sync.outbox.claim import (
    CLAIM_TTL,
    claim,
    due,
    finish,
    park,
    put_off,
    release,
    release_stuck,
    retry_now,
    retry_these,
    same_object,
    stuck,
    take_over,
)
from icloud_sync.outbox.enqueue import (
    enqueue,
    enqueue_appointment,
    enqueue_copies,
    enqueue_many,
    enqueue_objects,
    enqueue_slot,
    enqueue_unpushed,
    leave_unserved,
    live,
    nudge,
    served_copies,
    try_parked_again,
    without_copy,
)
from icloud_sync.outbox.put_back import put_back

__all__ = [
    "CLAIM_TTL",
    "claim",
    "due",
    "enqueue",
    "enqueue_appointment",
    "enqueue_copies",
    "enqueue_many",
    "enqueue_objects",
    "enqueue_slot",
    "enqueue_unpushed",
    "finish",
    "leave_unserved",
    "live",
    "nudge",
    "park",
    "put_back",
    "put_off",
    "release",
    "release_stuck",
    "retry_now",
    "retry_these",
    "same_object",
    "served_copies",
    "stuck",
    "take_over",
    "try_parked_again",
    "without_copy",
]
