"""S12, S17: what becomes of a write, and its ETag."""

from tests.standin.cases.bench import Bench, Case, new_event


def a_new_event(bench: Bench) -> tuple[int, bool]:
    uid, body = new_event()
    answer = bench.client()("PUT", f"{bench.href}{uid}.ics", body)
    return answer.status, "ETag" in answer.headers


def a_move(bench: Bench) -> tuple[int, list[bool]]:
    """Status; whether the event is then in its old calendar, and in the new one."""
    href, target = bench.put(), bench.account.collection("family").href
    moved = target + href.rpartition("/")[2]
    origin = bench.standin.partition_url.rstrip("/")
    status = bench.client()("MOVE", href, Destination=origin + moved).status
    here, there = (bench.account.resources(each) for each in (bench.calendar, "family"))
    return status, [href in here, moved in there]


def etags_of_two_polls(bench: Bench) -> tuple[bool, bool, bool]:
    """Whether etag, ctag and body stay the same from one listing of the home to the next."""
    client, href = bench.client(), bench.put()
    seen = []
    for _ in range(2):
        home = client.propfind(bench.account.home_path, "S:getctag", depth="1").body
        etag = client.propfind(href, "getetag").find("D:response/D:propstat/D:prop/D:getetag")
        seen.append((etag, home, bench.account.body(href)))
    return tuple(one == other for one, other in zip(*seen, strict=True))  # type: ignore[return-value]


def an_etag_after_a_write(bench: Bench) -> bool:
    uid, body = new_event()
    answer = bench.client()("PUT", f"{bench.href}{uid}.ics", body)
    return answer.headers["ETag"] == bench.account.etag(f"{bench.href}{uid}.ics")


def weak_etags(bench: Bench) -> list[bool]:
    """In the answers to PUT, PROPFIND, multiget and GET; and whether a write by each is fine."""
    uid, body = new_event()
    client, href = bench.client(), f"{bench.href}{uid}.ics"
    put = client("PUT", href, body).headers["ETag"]
    listed = client.propfind(href, "getetag").find("D:response/D:propstat/D:prop/D:getetag")
    entry = client.multiget(bench.href, href)
    multiget = entry.find("D:response/D:propstat/D:prop/D:getetag")
    got = client("GET", href).headers["ETag"]
    assert client("PUT", href, body, If_Match=got).status == 204
    assert client("DELETE", href, If_Match=put).status == 412
    return [etag.startswith('W/"') for etag in (put, listed, multiget, got)]


def encoded_etags(bench: Bench) -> list[bool]:
    """In the answers to PUT, PROPFIND, multiget and GET; none of those is a version's name."""
    uid, body = new_event()
    client, href = bench.client(), f"{bench.href}{uid}.ics"
    put = client("PUT", href, body).headers["ETag"]
    listed = client.propfind(href, "getetag").find("D:response/D:propstat/D:prop/D:getetag")
    multiget = client.multiget(bench.href, href).find("D:response/D:propstat/D:prop/D:getetag")
    found = [put, listed, multiget, client("GET", href).headers["ETag"]]
    encoded = [etag.startswith("%22") and etag.endswith("%22") for etag in found]
    for etag, odd in zip(found, encoded, strict=True):
        assert client("DELETE", f"{href}x", If_Match=etag).status == 404
        assert not odd or client("PUT", href, body, If_Match=etag).status == 412
    return encoded


def if_match_star(bench: Bench) -> list[int]:
    """Where nothing is, and where something is."""
    uid, body = new_event()
    hrefs = (f"{bench.href}{uid}.ics", bench.put())
    bodies = (body, bench.account.body(hrefs[1]))
    return [
        bench.client()("PUT", href, each, If_Match="*").status
        for href, each in zip(hrefs, bodies, strict=True)
    ]


def two_new_events(bench: Bench) -> tuple[list[tuple[int, bool]], int]:
    before = len(bench.account.resources(bench.calendar))
    answers = [a_new_event(bench) for _ in range(2)]
    return answers, len(bench.account.resources(bench.calendar)) - before


CASES = [
    Case(
        "restless_etags",
        "at each poll",
        etags_of_two_polls,
        (True, True, True),
        (False, False, True),
    ),
    Case("restless_etags", "after each write", an_etag_after_a_write, True, False),
    Case("weak_etags", "on GET", weak_etags, [False] * 4, [False, False, False, True]),
    Case("weak_etags", "everywhere", weak_etags, [False] * 4, [True] * 4),
    Case("encoded_etags", "after a write", encoded_etags, [False] * 4, [True, *[False] * 3]),
    Case("encoded_etags", "everywhere", encoded_etags, [False] * 4, [True] * 4),
    Case("if_match_star_backwards", False, if_match_star, [201, 412], [412, 204]),
    Case(
        "vanishing_writes",
        1,
        two_new_events,
        ([(201, True), (201, True)], 2),
        ([(201, False), (201, True)], 1),
    ),
    Case("put_without_etag", True, a_new_event, (201, True), (201, False)),
    Case("move", "201", a_move, (412, [True, False]), (201, [False, True])),
]
