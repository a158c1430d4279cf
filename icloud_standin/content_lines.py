"""iCalendar as content lines (RFC 5545, 3.1) with their place in the bytes.

Nothing is ever rendered again from a parsed form: a change is cut into the stored bytes,
so everything else survives as it came, however odd.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

PHYSICAL = re.compile(rb"[^\n]*\n|[^\n]+$")
CONTENT = re.compile(r'([\w.-]+)((?:;(?:[^:;"]|"[^"]*")*)*):(.*)', re.DOTALL)


class UnparseableError(ValueError):
    """Not an iCalendar object."""


@dataclass(frozen=True)
class Line:
    name: str  # in upper case
    parameters: str  # with the leading semicolon, or ""
    value: str
    start: int
    end: int  # after the line break

    @property
    def is_date(self) -> bool:
        return re.fullmatch(r"\d{8}", self.value) is not None

    def parameter(self, name: str) -> str:
        found = re.search(rf';{name}=("[^"]*"|[^;]*)', self.parameters, re.IGNORECASE)
        return found.group(1).strip('"') if found else ""


@dataclass
class Component:
    name: str
    start: int  # where its BEGIN line starts
    lines: list[Line] = field(default_factory=list)
    children: list["Component"] = field(default_factory=list)
    end: int = 0  # where its END line starts
    stop: int = 0  # after its END line

    def line(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def value(self, name: str) -> str:
        line = self.line(name)
        return line.value if line else ""

    def named(self, *names: str) -> list["Component"]:
        return [child for child in self.children if child.name in names]


def content_lines(body: bytes) -> Iterator[Line]:
    start, end, text = 0, 0, b""
    for match in PHYSICAL.finditer(body):
        physical = match.group()
        if physical[:1] in (b" ", b"\t") and text:
            text += physical.rstrip(b"\r\n")[1:]
        else:
            if text:
                yield _line(text, start, end)
            start, text = match.start(), physical.rstrip(b"\r\n")
        end = match.end()
    if text:
        yield _line(text, start, end)


def _line(text: bytes, start: int, end: int) -> Line:
    try:
        logical = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnparseableError("the body is not UTF-8") from error
    match = CONTENT.fullmatch(logical)
    if match:
        return Line(match[1].upper(), match[2], match[3], start, end)
    # Quotes inside quoted parameters are broken by some writers; keep such lines as well.
    name, colon, value = logical.partition(":")
    if not colon:
        raise UnparseableError("a line has no colon")
    bare, _, parameters = name.partition(";")
    return Line(bare.upper(), f";{parameters}" if parameters else "", value, start, end)


def parse(body: bytes) -> Component:
    """The VCALENDAR, or UnparseableError."""
    outside = Component("", 0)
    path = [outside]
    for line in content_lines(body):
        if line.name == "BEGIN":
            child = Component(line.value.strip().upper(), line.start)
            path[-1].children.append(child)
            path.append(child)
        elif line.name == "END":
            if path[-1].name != line.value.strip().upper() or len(path) == 1:
                raise UnparseableError("BEGIN and END do not match")
            path[-1].end, path[-1].stop = line.start, line.end
            path.pop()
        else:
            path[-1].lines.append(line)
    calendars = outside.named("VCALENDAR")
    if len(path) > 1 or outside.lines or len(outside.children) != 1 or not calendars:
        raise UnparseableError("not exactly one VCALENDAR")
    return calendars[0]


def line_break(body: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in body else b"\n"


def fold(line: str, ending: bytes = b"\r\n") -> bytes:
    """One content line, folded at 75 octets and never inside a character."""
    pieces: list[bytes] = []
    piece = b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > (75 if not pieces else 74):
            pieces.append(piece)
            piece = b""
        piece += octets
    return (ending + b" ").join([*pieces, piece]) + ending


def splice(body: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """The bytes with each (start, end) replaced; everything else as it was.

    Back to front, so that places stay true; where an insertion meets a replacement, the
    replacement goes first, or it would eat what was inserted.
    """
    for start, end, replacement in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        body = body[:start] + replacement + body[end:]
    return body


def escape(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\\", "\\\\")
    return text.replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
