"""Content lines (RFC 5545, 3.1) that keep their original text, folds and all.

An edit replaces whole content lines; every other one goes back out as it came in, blank ones
too. Only the line ends are made CRLF, since XML has already turned them into LF on the way
here.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

LINE_END = re.compile(r"\r\n|\n|\r")
# A line end that no fold follows. Where line ends were doubled on the way (CR CR LF), blank
# lines lie within the folds. How many is bounded: looking further would be quadratic.
BREAK = re.compile(r"\n(?!\n{0,3}[ \t])")
FOLD = re.compile(r"\n+[ \t]")
# A fold between the octets of one character (RFC 5545, 3.1 allows it).
SPLIT_CHARACTER = re.compile(rb"(?<=[\x80-\xff])(?:\r\n|\n)[ \t](?=[\x80-\xbf])")
# Neither iCalendar (RFC 5545, 3.1) nor XML can hold them; pasted text does.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# The first colon outside of double quotes ends the parameters.
HEAD = re.compile(r'(?:[^":]|"[^"]*")*')
PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)')


class Line(NamedTuple):
    """One content line. `raw` keeps the folds (as CRLF + blank), without the last CRLF."""

    raw: str
    name: str
    text: str  # unfolded

    @property
    def value(self) -> str:
        return halves(self.text)[1]

    @property
    def params(self) -> dict[str, str]:
        return params_of(halves(self.text)[0])


def decoded(content: bytes) -> str:
    """A body's text. Raises UnicodeDecodeError where it is no UTF-8 even without its folds."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return SPLIT_CHARACTER.sub(b"", content).decode()


def split(body: str) -> list[Line]:
    return [
        Line(piece.replace("\n", "\r\n"), name_of(text), text)
        for piece, text in zip(_pieces(body), unfold(body), strict=True)
    ]


def unfold(body: str) -> list[str]:
    """The texts of `split`, for who only reads."""
    return [FOLD.sub("", piece) if "\n" in piece else piece for piece in _pieces(body)]


def _pieces(body: str) -> list[str]:
    """Each content line with its folds, their line ends as LF."""
    found = BREAK.split(body.replace("\r\n", "\n").replace("\r", "\n"))
    return found if found[-1] else found[:-1]


def halves(text: str) -> tuple[str, str]:
    """Name with parameters, and value."""
    head, _, value = text.partition(":")
    if '"' in head:
        match = HEAD.match(text)
        end = match.end() if match else 0
        # Quotes that never close are no quotes.
        if text[end : end + 1] == ":":
            return text[:end], text[end + 1 :]
    return head, value


def params_of(head: str) -> dict[str, str]:
    """Upper-case name -> value, quotes removed."""
    return {name.upper(): value.strip('"') for name, value in PARAM.findall(head)}


def make(text: str) -> Line:
    """A line of our own, folded."""
    return Line(fold(text), name_of(text), text)


def with_value(line: Line, value: str) -> Line:
    """The same name and parameters; `value` as it is to stand there."""
    return make(f"{head(line)}:{value}")


def head(line: Line) -> str:
    """Name and parameters as written; the name alone where their quotes never close."""
    found = halves(line.text)[0]
    return found if found.count('"') % 2 == 0 else line.name


def name_of(text: str) -> str:
    return text.partition(":")[0].partition(";")[0].upper()


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
        if line.name not in ("BEGIN", "END") or line.value.strip().upper() != "VEVENT":
            continue
        if line.name == "BEGIN":
            begin = index
        elif begin is not None:
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
    doomed = {
        index
        for index, line in enumerate(component)
        if own[index] and line.name == name and not (keep and keep(line))
    }
    place = min(doomed) if doomed else end_of_own(component)
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
