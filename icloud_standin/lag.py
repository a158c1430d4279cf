"""What readers do not see yet: news that is not listed, or listed before it can be had (S11)."""

from dataclasses import dataclass

from icloud_standin.rows import Collection, Resource
from icloud_standin.switches import Boards


@dataclass
class News:
    before: Resource | None
    unlisted: int  # listings that still tell of what was there before
    missing: int  # reads that still find nothing
    stale: int  # reads after those that still get what was there before


class Lag:
    """In memory: a restart catches up."""

    def __init__(self, boards: Boards) -> None:
        self._boards = boards
        self._news: dict[tuple[int, str], News] = {}

    def note(self, before: Resource | None, after: Resource) -> None:
        """A resource was stored or deleted, by whomever."""
        switches = self._boards.of_collection(after.collection)
        late, missing = switches.listed_late, switches.listed_but_missing
        news = News(before, late, missing, switches.stale_reads)
        if news.unlisted or news.missing or news.stale:
            self._news[after.collection.id, after.name] = news
        else:
            self._news.pop((after.collection.id, after.name), None)

    def listed(self, now: Resource) -> Resource | None:
        """What a listing tells of it; `now` is what the store has."""
        news = self._news.get((now.collection.id, now.name))
        if news and news.unlisted and self._boards.of_collection(now.collection).listed_late:
            news.unlisted -= 1
            return news.before
        return now

    def read(self, collection: Collection, name: str, now: Resource | None) -> Resource | None:
        """What this read of it gets; `now` is what the store has."""
        news = self._news.get((collection.id, name))
        switches = self._boards.of_collection(collection)
        if news and news.missing and switches.listed_but_missing:
            news.missing -= 1
            return None
        if news and news.before and news.stale and switches.stale_reads:
            news.stale -= 1
            return news.before
        return now
