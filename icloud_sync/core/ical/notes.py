"""Who is coming, under the notes, after a line of our own (D11)."""

from collections.abc import Sequence

MARKER = "— Referins —"


def with_block(notes: str, block: str) -> str:
    """What we write as DESCRIPTION."""
    if not block:
        return notes
    return f"{notes.rstrip()}\n\n{MARKER}\n{block}".lstrip("\n")


def without_block(description: str) -> str:
    """The notes as people wrote them: what stands from the marker on is ours."""
    kept: list[str] = []
    for line in description.split("\n"):
        if line.strip() == MARKER:
            return "\n".join(kept).rstrip()
        kept.append(line)
    return description


def who_is_coming(attendees: Sequence[tuple[str, str]], seats: int) -> str:
    """`attendees`: (name, phone) each. Seats are said where there are several."""
    lines = [", ".join(part for part in pair if part) for pair in attendees]
    if seats > 1:
        lines.append(f"{len(attendees)} of {seats} seats taken")
    return "\n".join(lines)
