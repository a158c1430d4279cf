"""S9 to S11, S14, S16: listings, reports, and bodies as they are served."""

from tests.standin.cases.bench import Bench, Case


def an_expired_token(bench: Bench) -> tuple[int, bool, list[str]]:
    """Status, whether it names the precondition, and how many hrefs come back."""
    client = bench.client()
    token = client.sync(bench.href).find("D:sync-token")
    bench.account.expire_tokens(bench.calendar)
    answer = client.sync(bench.href, token)
    hrefs = answer.hrefs if answer.status == 207 else []
    return answer.status, b"valid-sync-token" in answer.body, [bench.plain(h) for h in hrefs]


def listings(bench: Bench) -> list[int]:
    """How many entries a PROPFIND, a sync report and a query have."""
    if not bench.account.resources(bench.calendar):
        bench.put()
    client, href = bench.client(), bench.href
    answers = [
        client.propfind(href, "getetag", depth="1"),
        client.sync(href),
        client.query(href, '<C:comp-filter name="VEVENT"/>'),
    ]
    return [len(answer.hrefs) for answer in answers]


def stamps_in_a_body(bench: Bench) -> tuple[int, int]:
    body = bench.client()("GET", bench.put()).body
    return body.count(b"\r\nDTSTAMP:"), body.count(b"\r\nX-APPLE-TRAVEL-ADVISORY-BEHAVIOR:")


BARE_403 = (403, False, [])
EXPIRED = {
    "valid-sync-token": (403, True, []),
    "410": (410, False, []),
    "412": (412, False, []),
    "507": (507, False, []),
    "everything again": (207, False, ["/1/calendars/home/"]),
}

CASES = [
    *[
        Case("expired_token", value, an_expired_token, BARE_403, seen)
        for value, seen in EXPIRED.items()
    ],
    Case("empty_listing", "members", listings, [2, 2, 1], [1, 1, 0]),
    Case("empty_listing", "all", listings, [2, 2, 1], [0, 0, 0]),
    Case("insert_dtstamp", False, stamps_in_a_body, (2, 1), (1, 0)),
]
