"""Referins to iCloud: work off the outbox of one connection. `drain` claims the rows, `attempt`
tries one, `send` carries out its plan, `objects` reads rows for it; what iCloud does not take is
judged by `judge`, with `rights` asked where nobody says why."""

from icloud_sync.push.drain import Looked, PushResult, drain

__all__ = ["Looked", "PushResult", "drain"]
