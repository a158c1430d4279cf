"""A body taken apart into its components (RFC 5545, 3.6), by content line."""

import re

from icloud_sync.core.ical.document import UnreadableResource

MARKER = re.compile(r"(BEGIN|END):(.*)", re.IGNORECASE | re.DOTALL)


class Outline:
    """`calendar`: the VCALENDAR's own lines; `events`: each VEVENT's own ones, without those
    of its alarms; `zones`: all within each VTIMEZONE. Raises UnreadableResource."""

    def __init__(self, texts: list[str]) -> None:
        self.calendar: list[str] = []
        self.events: list[list[str]] = []
        self.zones: list[list[str]] = []
        self._elsewhere: list[str] = []
        self._open: list[str] = []
        self._is_read = False
        into = self._elsewhere
        for text in texts:
            # The first look spares most lines the second.
            if text[:1] in "BEbe" and (marker := MARKER.match(text)):
                change = self._begin if marker[1].upper() == "BEGIN" else self._end
                into = change(marker[2].strip().upper())
            else:
                into.append(text)
        if self._open or not self._is_read:
            raise UnreadableResource("It is not a whole calendar.")

    def _begin(self, name: str) -> list[str]:
        depth = len(self._open)
        if depth == 0 and self._is_read:
            raise UnreadableResource("There is more than one calendar in it.")
        if depth == 0 and name != "VCALENDAR":
            raise UnreadableResource("It is not a whole calendar.")
        if (name == "VCALENDAR" and depth) or (name == "VEVENT" and depth != 1):
            raise UnreadableResource("Its events cannot be told apart.")
        self._open.append(name)
        if depth == 1 and name == "VEVENT":
            self.events.append([])
        elif depth == 1 and name == "VTIMEZONE":
            self.zones.append([])
        elif depth > 1 and self._open[1] == "VTIMEZONE":
            self.zones[-1].append(f"BEGIN:{name}")
        return self._place()

    def _end(self, name: str) -> list[str]:
        if not self._open or self._open.pop() != name:
            raise UnreadableResource("Its events cannot be told apart.")
        self._is_read = not self._open
        return self._place()

    def _place(self) -> list[str]:
        """Where the lines at the present depth go."""
        depth = len(self._open)
        if depth == 1:
            return self.calendar
        if depth > 1 and self._open[1] == "VTIMEZONE":
            return self.zones[-1]
        if depth == 2 and self._open[1] == "VEVENT":
            return self.events[-1]
        return self._elsewhere
