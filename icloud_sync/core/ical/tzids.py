"""Which time zone a TZID means (RFC 5545, 3.2.19).

Names come from IANA's database, from Windows, and from libraries that put a path before
the name; a name of nobody's means what the VTIMEZONE beside it says. One that means nothing
at all is an error: a time in a zone nobody knows is not a time.
"""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from icloud_sync.core.ical import definitions
from icloud_sync.core.ical.decode import shown, text
from icloud_sync.core.ical.document import UnreadableResource

IS_UTC = {"utc", "etc/utc", "z"}
# What the machine is set to, and what says that nobody set it.
NO_PLACE = {"localtime", "Factory"}
WINDOWS = {name.lower(): iana for name, iana in WINDOWS_TO_OLSON.items()}
# IANA keeps them for old data, as offsets that never change; calendars mean a place by them.
ABBREVIATIONS = {"est", "mst", "hst"}
LONGEST_NAME = 200
MOST_OWN = 10


class TimeZones:
    """What the TZIDs of one body mean. `definitions`: the unfolded lines of each VTIMEZONE,
    without its BEGIN and END."""

    def __init__(self, definitions: Sequence[Sequence[str]]) -> None:
        self._definitions = definitions
        self._found: dict[str, tzinfo] = {}
        self._own = self._rules = 0

    def zone(self, tzid: str) -> tzinfo:
        """Raises UnreadableResource."""
        if tzid not in self._found:
            is_defined = tzid.lower() in ABBREVIATIONS and text(tzid) in self._by_tzid
            named = None if is_defined else known(tzid)
            self._found[tzid] = named or self._as_written(tzid)
        return self._found[tzid]

    def _as_written(self, tzid: str) -> tzinfo:
        definition = self._by_tzid.get(text(tzid))
        if definition is None:
            raise UnreadableResource(f"The time zone “{shown(tzid)}” is unknown.")
        named = known(definitions.location(definition))
        if named:
            return named
        self._own += 1
        self._rules += definitions.count_rules(definition)
        if self._own > MOST_OWN:
            raise UnreadableResource(f"It has more than {MOST_OWN} time zones of its own.")
        if self._rules > definitions.MOST_RULES:
            raise UnreadableResource("Its time zones have too many rules.")
        return definitions.zone(tzid, definition)

    @cached_property
    def _by_tzid(self) -> dict[str, Sequence[str]]:
        return {definitions.tzid(one): one for one in reversed(self._definitions)}


def known(tzid: str) -> tzinfo | None:
    """The zone of this name, whatever a body says about it."""
    return _known(tzid.lower()) if len(tzid) <= LONGEST_NAME else None


@lru_cache(maxsize=1024)
def _known(tzid: str) -> tzinfo | None:
    if tzid in IS_UTC:
        return UTC
    name = _iana().get(tzid) or WINDOWS.get(tzid) or _after_a_path(tzid)
    return ZoneInfo(name) if name else None


@lru_cache(maxsize=1)
def _iana() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - NO_PLACE}


def _after_a_path(tzid: str) -> str | None:
    """/freeassociation.sourceforge.net/Europe/Berlin: a globally unique name (3.8.3.1)."""
    if not tzid.startswith("/"):
        return None
    segments = tzid.split("/")
    tails = ("/".join(segments[-count:]) for count in (3, 2, 1))
    return next((_iana()[tail] for tail in tails if tail in _iana()), None)
