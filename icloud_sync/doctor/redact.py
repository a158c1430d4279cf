"""What leaves this machine in a support bundle: nothing that opens or tells anything.

Two fences: only named things are put in, and each text that goes in passes `Veil`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

REMOVED = "[removed]"
# “Home” in a sentence is a title or a calendar's name. From the first mark to the last one
# of a line: a title may hold such marks itself.
QUOTED = re.compile(r"“.*”")
# An account's number, at the beginning of a path or after a host.
DSID = re.compile(r"(?<=/)\d{5,}(?=/|$)")
# A file name that is no UUID was made by a person's program, and may say what it holds.
NAME = re.compile(r"(?<=/)(?![0-9A-Fa-f-]{36}\.ics)[^/\s]+(?=\.ics\b)")
ADDRESS = re.compile(r"([\w.%+-])[\w.%+-]*@([\w-]+(?:\.[\w-]+)+)")


@dataclass(frozen=True)
class Veil:
    """`secrets`: never shown, whatever they stand in. `account_paths`: the part of an
    account's hrefs that names the account."""

    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    account_paths: frozenset[str] = frozenset()
    with_titles: bool = False

    def text(self, words: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            words = words.replace(secret, REMOVED)
        if not self.with_titles:
            words = QUOTED.sub("“…”", words)
        for path in self.account_paths:
            words = words.replace(path, "/…/")
        words = NAME.sub("…", DSID.sub("…", words))
        return ADDRESS.sub(r"\1…@\2", words)

    def all(self, value: Any) -> Any:
        """The same JSON value with every string in it veiled, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.all(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.all(one) for one in value]
        return value


def account_paths(hrefs: Iterable[str]) -> frozenset[str]:
    """/anna@example.com/ in front of everything of Anna's, as spelled and as decoded."""
    firsts = {urlsplit(href).path.strip("/").partition("/")[0] for href in hrefs if href}
    return frozenset(f"/{form}/" for one in firsts if one for form in (one, unquote(one)))
