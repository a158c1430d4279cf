"""The table of all switches: how a server, account or collection deviates from every day.

Numbers S1 to S21 are those of the list of Apple's manners in docs/standin.md.
"""

from icloud_standin.rows import Collection
from icloud_standin.switch import Board, Switch


class Switches(Board):
    __slots__ = ()

    # --- hosts and passwords

    home_set = Switch(
        "S2",
        "partition",
        "Where the calendar-home-set leads: the account's partition on a second host and port, "
        "the generic host, no host at all, or a host that is none of Apple's.",
        "Calendars are found all the same. The password never goes to a foreign host: the "
        "connection says that host is not allowed.",
        choices=("partition", "generic", "relative", "foreign"),
    )
    absolute_hrefs = Switch(
        "S2",
        False,
        "Hrefs are absolute addresses on the host that was not asked.",
        "Nothing changes: no event appears twice, none is deleted.",
    )
    redirect = Switch(
        "S3",
        "",
        "The generic host answers every request with this redirect.",
        "Nothing changes: method, body and password are kept over the hop.",
        choices=("", "301", "302", "307", "308"),
    )
    redirect_to = Switch(
        "S3",
        "partition",
        "Where redirects lead: the partition, a host that is none of Apple's, or in a circle.",
        "A foreign host gets no password and a circle ends after a few hops; both are errors "
        "of the server, not a wrong password.",
        choices=("partition", "foreign", "itself"),
    )
    renumbered = Switch(
        "S4",
        "",
        "Apple moved the account to another partition; the old one answers with this "
        "(or breaks the connection), the generic host still works.",
        "Syncing goes on after the host is looked up anew; nothing doubles, nothing is deleted.",
        choices=("", "421", "404", "reset"),
    )
    revoked_password = Switch(
        "S5",
        False,
        "The user revoked the app-specific password: 401.",
        "The connection needs a password and asks no more until it has one.",
    )
    unknown_user = Switch(
        "S5",
        "401",
        "The answer to an Apple ID nobody has.",
        "Connecting says: check Apple ID and password.",
        choices=("401", "403"),
        level="server",
    )
    user_agent_needed = Switch(
        "S5",
        True,
        "A request that does not say its User-Agent gets 403.",
        "Nothing: every request says it.",
    )

    # --- calendars

    read_only = Switch(
        "S7",
        False,
        "The owner lets this account only read the calendar: no write privilege, 403.",
        "Edits are refused with a sentence, and slots say why they are read-only.",
        level="collection",
    )
    withdrawn = Switch(
        "S19",
        "",
        "The calendar was deleted or unshared: the home does not list it, it answers 404 or 403 "
        "itself; or it is only not listed. It returns as it was.",
        "The slots stay and staff are told. When it returns, nothing doubles.",
        choices=("", "404", "403", "unlisted"),
        level="collection",
    )
    renamed = Switch(
        "S19",
        "",
        "The owner calls the calendar by this name.",
        "The new name is shown; nothing else changes.",
        level="collection",
    )

    # --- change detection

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
        level="collection",
    )
    tokens_expire = Switch(
        "S10",
        False,
        "No sync-token is known when it comes back.",
        "ETags are compared at every poll; nothing is read again that did not change.",
        level="collection",
    )
    duplicates = Switch(
        "S10",
        False,
        "A sync report names every member twice.",
        "Each event is there once.",
        level="collection",
    )
    lists_itself = Switch(
        "S10",
        "with slash",
        "A sync report names the collection itself as a member.",
        "It is not taken for an event.",
        choices=("with slash", "without slash", "no"),
        level="collection",
    )
    sync_limit = Switch(
        "S10",
        "ignored",
        "A limit in a sync report is ignored, refused with 507, or kept to.",
        "Everything arrives; a full page is followed by the next.",
        choices=("ignored", "507", "paged"),
        level="collection",
    )
    empty_listing = Switch(
        "S11",
        "",
        "Listings lose their members, or even the collection itself.",
        "Nothing is deleted, nothing is freed.",
        choices=("", "members", "all"),
        level="collection",
    )

    listed_but_missing = Switch(
        "S11",
        0,
        "What is stored from now on is listed at once; this many reads of its body find nothing.",
        "It arrives a little later; nothing is deleted or freed in between.",
        level="collection",
    )
    missing_is = Switch(
        "S11",
        "404",
        "How a multiget tells that a body is missing: a 404 entry, or no entry at all.",
        "The same for both.",
        choices=("404", "left out"),
        level="collection",
    )
    stale_reads = Switch(
        "S11",
        0,
        "What is stored from now on is listed with its new ETag; this many reads still get the "
        "old body and ETag.",
        "The old state is not taken for a change; the new one arrives later.",
        level="collection",
    )
    ghosts = Switch(
        "S11",
        "",
        "Listed for ever, and nowhere to be read: one href more, or all there are.",
        "They are skipped and counted; the rest goes on, nothing is deleted.",
        choices=("", "one", "all"),
        level="collection",
    )

    # --- objects

    put_without_etag = Switch(
        "S12",
        False,
        "A write is answered without its ETag.",
        "The next write reads first; it overwrites nothing.",
        level="collection",
    )
    restless_etags = Switch(
        "S12",
        "",
        "All ETags of the calendar change by themselves when the home is listed, or those of "
        "written objects right after each write. The bodies stay.",
        "No change is seen, nothing is sent back.",
        choices=("", "at each poll", "after each write"),
        level="collection",
    )
    weak_etags = Switch(
        "S12",
        "",
        "ETags are weak (W/): in the answer to a GET, or everywhere.",
        "Edits still go back, each with a precondition.",
        choices=("", "on GET", "everywhere"),
        level="collection",
    )
    if_match_star_backwards = Switch(
        "S12",
        True,
        "If-Match: * is refused where something is and accepted where nothing is.",
        "Nothing: it is never sent.",
        level="collection",
    )
    vanishing_writes = Switch(
        "S12",
        0,
        "This many writes are answered as stored, without ETag, and are not stored.",
        "The event is looked for and sent again.",
        level="collection",
    )
    largest_body = Switch(
        "S13",
        20_000_000,
        "Larger bodies are refused (Apple's limit is 20 MB an event).",
        "The one event needs attention; the others go on.",
        level="collection",
    )
    insert_dtstamp = Switch(
        "S14",
        True,
        "A fresh DTSTAMP and X-APPLE-TRAVEL-ADVISORY-BEHAVIOR stand in every body served.",
        "No change is seen where only these differ.",
        level="collection",
    )

    # --- transport

    throttle_seconds: Switch[int | None] = Switch(
        "S18",
        None,
        "Requests get 503 with this many seconds of Retry-After.",
        "The connection is degraded and waits at least that long.",
        optional=True,
    )
    short_retry_after: Switch[int | None] = Switch(
        "S18",
        None,
        "Requests get 503 with this many seconds of Retry-After, which is too short: whoever "
        "comes back before twice that is throttled anew. After that all is well.",
        "The pauses grow, so that syncing gets through in the end.",
        optional=True,
    )
    fault = Switch(
        "S18",
        "",
        "Requests are refused with this status and no Retry-After, or with a lost connection.",
        "The connection is degraded and recovers by itself. A 403 here is throttling: no event "
        "is given up for it and no new password asked for.",
        choices=("", "503", "429", "403", "400", "reset"),
    )
    fault_on = Switch(
        "S18",
        "everything",
        "What the other faults of this group hit: everything, or only reads, or only writes.",
        "What is not hit goes on.",
        choices=("everything", "reads", "writes"),
    )
    refuse_everything = Switch(
        "S18",
        False,
        "Requests get 500.",
        "The connection is degraded, data stays, and it recovers by itself.",
    )
    html_answer = Switch(
        "S18",
        False,
        "A sign-in page is in the way: requests get 200 and HTML.",
        "An error, never an empty calendar.",
    )
    slow_body = Switch(
        "S18",
        0.0,
        "The body of an answer takes this many seconds to come.",
        "It is waited for up to a limit; other connections go on.",
    )
    broken_xml = Switch(
        "S18",
        False,
        "A multistatus ends in the middle.",
        "An error; nothing is deleted or freed.",
    )
    drop_after_write = Switch(
        "S18",
        0,
        "This many writes are stored, and the connection ends without an answer.",
        "The write is looked up before it is repeated; there is one event, not two.",
        level="collection",
    )
    hang_after_write = Switch(
        "S18",
        0.0,
        "A write is stored, then nothing is said for this many seconds, then the connection ends.",
        "After a while it counts as lost and is looked up before it is repeated.",
        level="collection",
    )


class Boards:
    """The server's board, one for each account, one for each collection."""

    def __init__(self) -> None:
        self.server = Switches()
        self._accounts: dict[str, Switches] = {}
        self._collections: dict[int, Switches] = {}

    def of_account(self, dsid: str) -> Switches:
        return self._accounts.setdefault(dsid, Switches(self.server))

    def of_collection(self, collection: Collection) -> Switches:
        account = self.of_account(collection.dsid)
        return self._collections.setdefault(collection.id, Switches(account))
