"""The sync log as history: an earlier version restored, a whole run undone (D6, D8).

Both are ordinary edits of our rows, or of iCloud through the outbox, and entries of the log
themselves. `look` says what one would do, `restore` does it; `look_at_run` and `undo` the same
for all that a run did.
"""

from icloud_sync.history.preview import CannotRestore, Preview, look, may_restore, offers
from icloud_sync.history.restore import restore
from icloud_sync.history.rows import NEEDED
from icloud_sync.history.runs import RunPreview, Undone, look_at_run, may_undo, query_changes, undo

__all__ = [
    "NEEDED",
    "CannotRestore",
    "Preview",
    "RunPreview",
    "Undone",
    "look",
    "look_at_run",
    "may_restore",
    "may_undo",
    "offers",
    "query_changes",
    "restore",
    "undo",
]
