"""iCloud to Referins: `run` looks which collections changed and takes each one's changes
in; `listing` says what changed in one."""

from icloud_sync.pull.run import PullResult, pull

__all__ = ["PullResult", "pull"]
