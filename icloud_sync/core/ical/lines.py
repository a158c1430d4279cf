"""Content lines (RFC 5545, 3.1) that keep their original text, folds and all.

An edit replaces whole content lines; every other one goes back out as it came in. Only
the line ends are made CRLF, since XML has already turned them into LF on the way here.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z0-9-]+")
LINE_END = re.compile(r"\r\n|\n|\r")
# Neither iCalendar (RFC 5545, 3.1) nor XML can hold them; pasted text does.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# The first colon outside of double quotes ends the parameters.
HEAD = re.compile(r'(?:[^":]|"[^"]*")*')
PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)')


@dataclass(frozen=True, slots=True)
class Line:
    """One content line. `raw` keeps the folds (as CRLF + blank), without the last CRLF."""

    raw: str
    name: str
    text: str  # unfolded

    @property
    def value(self) -> str:
        head = HEAD.match(self.text)
        return self.text[head.end() + 1 :] if head else ""

    @property
    def params(self) -> dict[str, str]:
        """Upper-case name -> value, quotes removed."""
        head = HEAD.match(self.text)
        found = PARAM.findall(self.text[: head.end()]) if head else []
        return {name.upper(): value.strip('"') for name, value in found}


def split(body: str) -> list[Line]:
    lines: list[Line] = []
    for physical in LINE_END.split(body):
        if physical[:1] in (" ", "\t") and lines:
            last = lines[-1]
            lines[-1] = Line(f"{last.raw}\r\n{physical}", last.name, last.text + physical[1:])
        elif physical:
            lines.append(Line(physical, name_of(physical), physical))
    return lines


def make(text: str) -> Line:
    """A line of our own, folded."""
    return Line(fold(text), name_of(text), text)


def name_of(text: str) -> str:
    name = NAME.match(text)
    return name[0].upper() if name else ""


def join(lines: Iterable[Line]) -> str:
    return "".join(f"{line.raw}\r\n" for line in lines)


def fold(text: str) -> str:
    """At 75 octets, never inside a character (RFC 5545, 3.1)."""
    out, octets = [], 0
    for character in text:
        size = len(character.encode("utf-8", "surrogatepass"))
        if octets + size > 75:
            out.append("\r\n ")
            octets = 1
        out.append(character)
        octets += size
    return "".join(out)


def escape(text: str) -> str:
    """TEXT as RFC 5545, 3.3.11 wants it."""
    escaped = CONTROL.sub("", text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return LINE_END.sub(r"\\n", escaped)


def events(lines: list[Line]) -> list[tuple[int, int]]:
    """(index of BEGIN:VEVENT, index just past its END) of every event, in order."""
    found, begin = [], None
    for index, line in enumerate(lines):
        marker = line.text.strip().upper()
        if marker == "BEGIN:VEVENT":
            begin = index
        elif marker == "END:VEVENT" and begin is not None:
            found.append((begin, index + 1))
            begin = None
    return found


def own_level(lines: list[Line]) -> list[bool]:
    """For the lines of one component, BEGIN and END included: is it the component's own
    property, and not one of an alarm inside it?"""
    depth, own = 0, []
    for line in lines:
        if line.name == "BEGIN":
            depth += 1
        own.append(depth == 1 and line.name not in ("BEGIN", "END"))
        if line.name == "END":
            depth -= 1
    return own


def replace_property(
    component: list[Line], name: str, new: list[Line], keep: Callable[[Line], bool] | None = None
) -> list[Line]:
    """The component with its own `name` properties replaced by `new`, at the place of the
    first, or before the alarms and the END where there was none."""
    own = own_level(component)
    doomed = [
        index
        for index, line in enumerate(component)
        if own[index] and line.name == name and not (keep and keep(line))
    ]
    place = doomed[0] if doomed else end_of_own(component)
    before = [line for index, line in enumerate(component[:place]) if index not in doomed]
    after = [line for index, line in enumerate(component[place:], place) if index not in doomed]
    return before + new + after


def end_of_own(component: list[Line]) -> int:
    """Index of the first nested component, or of the END."""
    for index, line in enumerate(component[1:], 1):
        if line.name in ("BEGIN", "END"):
            return index
    return len(component)


def find(component: list[Line], name: str) -> Line | None:
    """The component's own first property of this name."""
    own = own_level(component)
    return next(
        (line for index, line in enumerate(component) if own[index] and line.name == name), None
    )
