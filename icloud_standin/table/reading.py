"""Listings, reports and queries (S8 to S11, S16)."""

from icloud_standin.switch import Board, Level, Switch


class ReadingSwitches(Board):
    __slots__ = ()
    title = "Reading"
    narrowest: Level = "collection"

    strict_requests = Switch(
        "S8",
        True,
        "400 for GET of a collection, Depth 1 on a principal, DELETE with Depth, a collection "
        "without its slash, blanks before XML and a query without a component.",
        "Nothing: none of these is ever sent.",
        level="account",
    )
    uid_filter = Switch(
        "S9",
        "412",
        "A query for a UID gets a bare 412, finds it, or finds nothing.",
        "Nothing: no UID is ever looked up.",
        choices=("412", "works", "nothing"),
    )
    expired_token = Switch(
        "S10",
        "bare 403",
        "The answer to a sync-token that is not, or no longer, known.",
        "ETags are compared instead; nothing is read again that did not change.",
        choices=(
            "bare 403",
            "valid-sync-token",
            "400",
            "404",
            "409",
            "410",
            "412",
            "507",
            "507 inside",
            "everything again",
        ),
    )
    tokens_expire = Switch(
        "S10",
        False,
        "No sync-token is known when it comes back.",
        "ETags are compared at every poll; nothing is read again that did not change.",
    )
    duplicates = Switch(
        "S10",
        False,
        "A sync report names every member twice.",
        "Each event is there once.",
    )
    lists_itself = Switch(
        "S10",
        "with slash",
        "A sync report names the collection itself as a member.",
        "It is not taken for an event.",
        choices=("with slash", "without slash", "no"),
    )
    sync_limit = Switch(
        "S10",
        "ignored",
        "A limit in a sync report is ignored, refused with 507, or kept to.",
        "Everything arrives; a full page is followed by the next.",
        choices=("ignored", "507", "paged"),
    )
    page_size = Switch(
        "S10",
        0,
        "A sync report tells of this many changes at most: then 507 for the collection inside "
        "the 207, and a token to go on from, whether anybody asked for pages or not.",
        "Everything arrives, each event once.",
    )
    second_page = Switch(
        "S10",
        "",
        "Whoever goes on after a page gets this, or loses the connection.",
        "Nothing is concluded from the first page alone; later everything arrives.",
        choices=("", "500", "503", "reset"),
    )
    empty_listing = Switch(
        "S11",
        "",
        "Listings lose their members, or even the collection itself.",
        "Nothing is deleted, nothing is freed.",
        choices=("", "members", "all"),
    )
    short_listings = Switch(
        "S11",
        0,
        "This many listings of all there is leave out every third member.",
        "Nothing is deleted, nothing is freed.",
    )
    listed_late = Switch(
        "S11",
        0,
        "This many listings do not tell yet of what is stored or deleted from now on; their "
        "sync-tokens and ctags do.",
        "It arrives a little later, or with the daily comparison.",
    )
    listed_but_missing = Switch(
        "S11",
        0,
        "What is stored from now on is listed at once; this many reads of its body find nothing.",
        "It arrives a little later; nothing is deleted or freed in between.",
    )
    missing_is = Switch(
        "S11",
        "404",
        "How a multiget tells that a body is missing: an entry that says 404 or 500, or none.",
        "The same for all.",
        choices=("404", "500", "left out"),
    )
    stale_reads = Switch(
        "S11",
        0,
        "What is stored from now on is listed with its new ETag; this many reads still get the "
        "old body and ETag.",
        "The old state is not taken for a change; the new one arrives later.",
    )
    ghosts = Switch(
        "S11",
        "",
        "Listed for ever, and nowhere to be read: one href more, or all there are.",
        "They are skipped and counted; the rest goes on, nothing is deleted.",
        choices=("", "one", "all"),
    )
    largest_multiget = Switch(
        "S16",
        5000,
        "A multiget for more hrefs gets 403.",
        "Nothing: at most 50 are asked for at once.",
    )
    returns_touching = Switch(
        "S16",
        True,
        "A time range also finds all-day events that end exactly where it starts.",
        "They are left out again here.",
    )
    old_ranges = Switch(
        "S16",
        "served",
        "A time range that starts over a year ago is served, or gets 403.",
        "Nothing: no such range is asked for.",
        choices=("served", "403"),
    )
    expand = Switch(
        "S16",
        "ignored",
        "A query that asks for expanded series gets them unexpanded, or gets nothing.",
        "Nothing: series are expanded here.",
        choices=("ignored", "nothing"),
    )
