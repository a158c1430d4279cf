"""Bodies read once each, and before the transaction that needs them: reading takes the
longest, and nobody's rows need be locked for it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from icloud_sync.core.ical.document import Document, UnreadableResource
from icloud_sync.core.ical.read import read
from icloud_sync.core.values import Fetched
from icloud_sync.models import ICloudConnection

# NUL and half a character: no database takes them in a text.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Bodies:
    """body -> what it says, or why it cannot be read."""

    def __init__(self, bodies: Iterable[str] = ()) -> None:
        self.known: dict[str, Document | UnreadableResource] = {}
        for body in bodies:
            self.look(body)

    def document(self, body: str) -> Document:
        """Raises UnreadableResource."""
        found = self.look(body)
        if isinstance(found, UnreadableResource):
            raise found
        return found

    def look(self, body: str) -> Document | UnreadableResource:
        if body not in self.known:
            self.known[body] = attempt(body)
        return self.known[body]


def attempt(body: str) -> Document | UnreadableResource:
    if UNSTORABLE.search(body):
        return UnreadableResource("It holds characters that no text may hold.")
    try:
        return read(body)
    except UnreadableResource as error:
        return error


def read_ahead(
    connection: ICloudConnection, fetched: Sequence[Fetched], moved: Mapping[str, int]
) -> Bodies:
    """What was fetched, and what was agreed about the same resources."""
    resources = connection.resources.all()
    here = resources.filter(href__in=[one.href for one in fetched])
    bases = {*here.values_list("base", flat=True)}
    if moved:
        bases |= {*resources.filter(pk__in=moved.values()).values_list("base", flat=True)}
    return Bodies([*(one.body for one in fetched), *(base for base in bases if base)])


def storable(text: str) -> str:
    """As much of it as can be kept, for people to read."""
    return UNSTORABLE.sub("\ufffd", text)
