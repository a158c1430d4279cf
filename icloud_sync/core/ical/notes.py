"""Who is coming, under the notes, after a line of our own (D11)."""

from collections.abc import Sequence

MARKER = "— Referins —"


def with_block(notes: str, block: str) -> str:
    """What we write as DESCRIPTION."""
    if not block and not is_marked(notes):
        return notes
    return f"{notes.rstrip()}\n\n{MARKER}\n{block}".lstrip("\n")


def is_marked(notes: str) -> bool:
    return any(line.strip() == MARKER for line in notes.split("\n"))


def without_block(description: str) -> str:
    """The notes as people wrote them: what stands from the marker on is ours. The last one
    is meant, since people may have typed the line themselves."""
    lines = description.split("\n")
    for index in reversed(range(len(lines))):
        if lines[index].strip() == MARKER:
            return "\n".join(lines[:index]).rstrip()
    return description


def block_of(description: str) -> str:
    """What stands under the marker; "" where there is none."""
    lines = description.split("\n")
    for index in reversed(range(len(lines))):
        if lines[index].strip() == MARKER:
            return "\n".join(lines[index + 1 :])
    return ""


def who_is_coming(attendees: Sequence[tuple[str, str]], seats: int) -> str:
    """`attendees`: (name, phone) each. Seats are said where there are several."""
    lines = [", ".join(part for part in pair if part) for pair in attendees]
    if seats > 1:
        lines.append(f"{len(attendees)} of {seats} seats taken")
    return "\n".join(lines)
