"""What each account was asked, the newest last (S21)."""

from collections import Counter, deque

from icloud_standin.messages import RecordedRequest

REMEMBERED = 20_000


class Records:
    def __init__(self) -> None:
        self._accounts: dict[str, deque[RecordedRequest]] = {}

    def of(self, dsid: str) -> deque[RecordedRequest]:
        return self._accounts.setdefault(dsid, deque(maxlen=REMEMBERED))

    def counts(self, dsid: str) -> dict[str, int]:
        """By method, the most frequent first."""
        return dict(Counter(each.method for each in list(self.of(dsid))).most_common())
