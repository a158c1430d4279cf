"""Calendars and what is listed in them (S6, S7, S10, S11, S19)."""

from icloud_sync.models import RemoteCollection, RemoteResource
from tests.faults.day import Day, Seen
from tests.faults.table.row import Row, copes, down, parked

TOKENS = (
    "bare 403",
    "valid-sync-token",
    "400",
    "404",
    "409",
    "410",
    "412",
    "507",
    "507 inside",
)


def nothing_is_read_again(day: Day, seen: Seen) -> None:
    """Dinner, which we wrote, and Tea, which is gone, are never asked for by a report; and
    what changed there is asked for once."""
    asked = "".join(one.body for one in seen.asked if one.method == "REPORT")
    assert [asked.count(f"{name}.ics<") for name in ("dinner", "lunch", "supper")] == [0, 1, 1]


def tokens_are_known(day: Day, seen: Seen) -> None:
    assert ("compare etags", "done") not in seen.log
    nothing_is_read_again(day, seen)


def the_token_stays(day: Day) -> None:
    day.token = the_token(day)


def the_token_stayed(day: Day, seen: Seen) -> None:
    """Only pages that are stored whole move it (failure case 20)."""
    assert the_token(day) == day.token


def the_token(day: Day) -> str:
    rows = RemoteCollection.objects.filter(connection=day.world.connection, role="target")
    return rows.values_list("sync_token", flat=True).get()


def it_is_called_elsewhere(day: Day, seen: Seen) -> None:
    names = set(RemoteCollection.objects.values_list("name", flat=True))
    assert "Elsewhere" in names
    assert "Home" not in names


def each_is_asked_for_once(day: Day, seen: Seen) -> None:
    asked = [one.body for one in seen.asked if "calendar-multiget" in one.body]
    assert asked
    assert max(body.count("lunch.ics<") for body in asked) == 1


def the_ghost_is_on_record(day: Day, seen: Seen) -> None:
    aside = RemoteResource.objects.filter(state="needs_attention")
    assert [one.href for one in aside] == [f"{day.world.account.home}ghost.ics"]


NO_TOKEN = [
    copes(f"tokens expire, {how}", tokens_expire=True, expired_token=how).but(
        also=nothing_is_read_again, logs=frozenset({("compare etags", "done")})
    )
    for how in TOKENS
]
# Nothing says that a token was not known, and so nothing tells of a deletion until every
# etag is compared, once a day.
NO_TOKEN.append(
    Row(
        "tokens expire, everything again",
        {"tokens_expire": True, "expired_token": "everything again"},
        also=nothing_is_read_again,
    )
)
REPORTS = [
    Row("tokens are handed back as they were", copes=True, looks=3, also=tokens_are_known),
    copes("everything listed twice", duplicates=True).but(also=each_is_asked_for_once),
    copes("the collection without its slash", lists_itself="without slash"),
    copes("the collection not listed", lists_itself="no"),
    copes("reports in pages of one", page_size=1).but(also=nothing_is_read_again),
    *(
        Row(
            f"reports in pages of one, {how} after the first",
            of_home={"page_size": 1, "second_page": how},
            status="degraded",
            first=the_token_stays,
            also=the_token_stayed,
            most_requests=12,
        )
        for how in ("500", "503", "reset")
    ),
]
GAPS = [
    *(
        # Failure case 17: the listing drops some, once, and is whole again.
        Row(
            f"{times} with gaps",
            {"tokens_expire": True},
            of_home={"short_listings": number},
            copes=True,
            looks=number + 2,
        )
        for times, number in (("a listing", 1), ("three listings", 3))
    ),
    copes("news listed a look late", listed_late=1, looks=4),
    # The token has moved past what it did not tell of: only the daily comparison finds it.
    Row("news listed late, past the token", {"listed_late": 4}, looks=4),
    copes("listed, missing for two reads", listed_but_missing=2, looks=6),
    *(
        copes(f"listed, {how} for two reads", listed_but_missing=2, missing_is=how, looks=6)
        for how in ("left out", "500")
    ),
    copes("old bodies for a read", stale_reads=1, looks=6),
    copes("old bodies for two reads", stale_reads=2, looks=8),
    copes("one ghost", ghosts="one", looks=4).but(also=the_ghost_is_on_record),
    Row(
        "nothing but ghosts",
        {"ghosts": "all"},
        logs=frozenset({("set aside", "needs_attention")}),
        looks=4,
    ),
    down("every listing without members", "no calendars at all", 7, empty_listing="members"),
    down("every listing without anything", "leaves out", 7, empty_listing="all"),
    *(
        Row(
            f"the calendar's listing without {what}",
            of_home={"empty_listing": value},
            status="degraded",
            says="an empty list for the calendar",
            logs=frozenset({("doubt listing", "needs_attention")}),
        )
        for what, value in (("members", "members"), ("anything", "all"))
    ),
    copes("small multigets", largest_multiget=1),
]
CALENDARS = [
    copes("prefixed XML", xml_style="prefixed"),
    *(
        Row(
            f"the calendar withdrawn, {how}",
            of_home={"withdrawn": how},
            status="degraded",
            says="any more",
            logs=frozenset({("miss collection", "needs_attention")} | more),
        )
        for how, more in (
            ("404", {("retry", "retrying")}),
            ("403", {("retry", "retrying")}),
            ("unlisted", set()),
        )
    ),
    Row(
        "the calendar renamed",
        of_home={"renamed": "Elsewhere"},
        copes=True,
        also=it_is_called_elsewhere,
    ),
    parked(
        "the calendar turned read-only",
        "refused the request (403)",
        "iCloud does not let us write to this calendar",
        read_only=True,
    ),
]
ROWS = [*NO_TOKEN, *REPORTS, *GAPS, *CALENDARS]
