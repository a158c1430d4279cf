"""SUMMARY, LOCATION, DESCRIPTION and what only we write, changed in place (D11)."""

import re
from datetime import datetime

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import Event
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.notes import block_of, with_block, without_block
from icloud_sync.core.ical.render import Written
from icloud_sync.core.ical.zones import utc_stamp
from icloud_sync.core.merge import same
from icloud_sync.core.values import EventFields

# They restate what we changed, and would contradict it (D11).
RESTATES = {
    "location": ("X-APPLE-STRUCTURED-LOCATION",),
    "notes": ("X-ALT-DESC",),
}
# ALTREP points at the old text in another form; the others say how the old one is spelled.
OF_THE_OLD_TEXT = re.compile(r';(?:ALTREP|ENCODING|CHARSET)=(?:"[^"]*"|[^";:]*)', re.IGNORECASE)


def set_texts(
    component: list[Line],
    event: Event,
    after: EventFields,
    changed: tuple[str, ...],
    written: Written | None,
) -> list[Line]:
    """`event`: what the component says until now. `written`: rewrite what is only ours too."""
    if "title" in changed:
        component = set_text(component, "SUMMARY", event.title, after.title)
    if "location" in changed:
        component = without(component, RESTATES["location"])
        component = set_text(component, "LOCATION", event.location, after.location)
    if "notes" in changed:
        component = without(component, RESTATES["notes"])
    if "notes" in changed or written:
        notes = after.notes if "notes" in changed else without_block(event.description)
        # In a copy that somebody made of an event of ours the block is theirs.
        notes = with_block(notes, written.block if written else block_of(event.description))
        component = set_text(component, "DESCRIPTION", event.description, notes)
    if written:
        component = set_value(component, "STATUS", written.status)
        component = set_value(component, "URL", written.url)
    return component


def set_text(component: list[Line], name: str, before: str, after: str) -> list[Line]:
    """Its parameters stay (LANGUAGE), but for those that only fit the old text."""
    if same(name, before, after):
        return component
    there = lines.find(component, name)
    head = OF_THE_OLD_TEXT.sub("", lines.head(there)) if there else name
    new = [lines.make(f"{head}:{lines.escape(after)}")] if after else []
    return lines.replace_property(component, name, new)


def set_value(component: list[Line], name: str, value: str) -> list[Line]:
    there = lines.find(component, name)
    if there and there.value == value:
        return component
    return lines.replace_property(component, name, [lines.make(f"{name}:{value}")])


def without(component: list[Line], names: tuple[str, ...]) -> list[Line]:
    for name in names:
        component = lines.replace_property(component, name, [])
    return component


def touch(component: list[Line], now: datetime) -> list[Line]:
    """DTSTAMP, LAST-MODIFIED and SEQUENCE say that this is a newer version."""
    stamp = utc_stamp(now)
    sequence = lines.find(component, "SEQUENCE")
    digits = sequence.value.strip() if sequence else ""
    number = int(digits) if digits.isdecimal() and len(digits) < 10 else 0
    for name, value in (
        ("DTSTAMP", stamp),
        ("LAST-MODIFIED", stamp),
        ("SEQUENCE", str(number + 1)),
    ):
        component = lines.replace_property(component, name, [lines.make(f"{name}:{value}")])
    return component
