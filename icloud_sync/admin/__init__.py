"""Connecting accounts, looking after them, and reading what was done."""

from icloud_sync.admin import (
    connections,
    deleted,
    holds,
    outbox,
    resources,
    runs,
    stopping,
    synclog,
)

__all__ = [
    "connections",
    "deleted",
    "holds",
    "outbox",
    "resources",
    "runs",
    "stopping",
    "synclog",
]
