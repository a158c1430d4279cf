"""Referins to iCloud: work off the outbox of one connection. `drain` claims and decides
what an error means; `send` carries out one plan; `objects` reads rows for the plan."""

from icloud_sync.push.drain import PushResult, drain

__all__ = ["PushResult", "drain"]
