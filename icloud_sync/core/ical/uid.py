"""The UIDs in a resource, also in one that cannot be read (RFC 5545, 3.8.4.7)."""

import re

from icloud_sync.core.ical import lines

UID = re.compile(r"^UID[;:]", re.MULTILINE | re.IGNORECASE)


def uids_of(body: str) -> list[str]:
    """In order, doubles too; without parsing more than its lines."""
    if not UID.search(body):
        return []
    return [line.value.strip() for line in lines.split(body) if line.name == "UID"]


def is_another(body: str, uid: str) -> bool:
    """It holds an event, and not the one of this UID."""
    found = uids_of(body)
    return bool(found) and uid not in found
