"""iCloud to Referins: `run` looks which collections changed, `listing` says what changed in
one, `intake` takes it in, `aside` keeps what could not be read."""

from icloud_sync.pull.run import pull
from icloud_sync.pull.work import PullResult

__all__ = ["PullResult", "pull"]
