"""App-specific passwords as people type, dictate and paste them.

Apple gives out sixteen small letters in four groups, `abcd-efgh-ijkl-mnop`, and shows them
only once (icloud-behaviour.md, 2.8). On the way here they lose their dashes, get those of a
word processor, begin with the capital of a telephone's keyboard, and bring along what nobody
sees. A password of another form keeps its letters: another server may have any.
"""

import re
import unicodedata

FORM = re.compile(r"[a-z]{4}(-[a-z]{4}){3}")
LETTERS = re.compile(r"[a-z]{16}", re.IGNORECASE | re.ASCII)
MORE_DASHES = "\N{MINUS SIGN}\N{HYPHEN BULLET}\N{MODIFIER LETTER MINUS SIGN}"
UNSEEN = ("Cf", "Cc")  # zero-width spaces and joiners, soft hyphens, byte order marks


def normalized(typed: str) -> str:
    """As Apple writes it where it can be one of Apple's; else without what surrounds it."""
    plain = visible(typed)
    letters = "".join(plain.split()).replace("-", "")
    if LETTERS.fullmatch(letters):
        return "-".join(letters[at : at + 4] for at in range(0, 16, 4)).lower()
    return plain


def is_app_specific(password: str) -> bool:
    """Whether it is of the form that Apple gives out, however it was typed."""
    return FORM.fullmatch(normalized(password)) is not None


def visible(typed: str) -> str:
    """Without what nobody sees, within or around; every dash the one of a keyboard."""
    spaced = "".join(" " if one.isspace() else one for one in typed)
    seen = "".join(one for one in spaced if unicodedata.category(one) not in UNSEEN)
    return "".join("-" if is_dash(one) else one for one in seen).strip()


def is_dash(character: str) -> bool:
    return unicodedata.category(character) == "Pd" or character in MORE_DASHES
