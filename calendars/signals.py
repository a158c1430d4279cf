"""What the product tells those who listen, beyond Django's own model signals."""

from django.dispatch import Signal

# Sent with `slot` while its row still stands, in the transaction that deletes it, and only
# for a slot that somebody deleted: never for one that goes with its user or calendar (D6).
slot_deleted = Signal()
