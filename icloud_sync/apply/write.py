"""Actions of a pull, gathered over a batch and written in bulk, with their log entries.

Rows are changed by queries that send no signals: what came from iCloud is not a change
made here, and must not go back (only the other hosts' copies are told, D1).
"""

from icloud_sync.apply.copies import CopyActions
from icloud_sync.apply.slots import SlotActions


class Writer(CopyActions, SlotActions):
    """Takes the actions of a plan, resource by resource; `flush` writes the batch."""
