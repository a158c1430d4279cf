"""How one account deviates from Apple's everyday manners, settable while the server runs."""

from dataclasses import dataclass
from typing import Literal

ExpiredToken = Literal["bare 403", "valid-sync-token", "410", "412", "507", "everything again"]


@dataclass
class Switches:
    # S14: a fresh DTSTAMP (and X-APPLE-TRAVEL-ADVISORY-BEHAVIOR) in every body served.
    insert_dtstamp: bool = True
    # S12: a write is answered without its etag.
    put_without_etag: bool = False
    # S10: the answer to a sync-token that is not, or no longer, ours.
    expired_token: ExpiredToken = "bare 403"
    # S5: the user revoked the app-specific password.
    revoked_password: bool = False
    # S18: every request gets 503 with this many seconds of Retry-After.
    throttle_seconds: int | None = None
    # S18: every request gets 500.
    refuse_everything: bool = False
    # A sign-in page in the way: every request gets 200 and HTML.
    html_answer: bool = False
    # Listings lose their members ("members") or even the collection itself ("all").
    empty_listing: Literal["", "members", "all"] = ""
    # S18: this many writes are stored and then never answered.
    drop_after_write: int = 0
    # S13: larger bodies get 403 max-resource-size (Apple's limit is 20 MB an event).
    largest_body: int = 20_000_000
