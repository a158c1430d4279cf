"""Connecting accounts, looking after them, and reading what was done."""

from icloud_sync.admin import connections, outbox, resources, runs, synclog

__all__ = ["connections", "outbox", "resources", "runs", "synclog"]
