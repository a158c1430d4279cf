"""Who is asked, and who may ask (S1 to S5)."""

from icloud_standin.switch import Board, Switch

REDIRECTS = ("301", "302", "307", "308")


class HostSwitches(Board):
    __slots__ = ()
    title = "Hosts and passwords"

    principal_href = Switch(
        "S1",
        "relative",
        "The principal is named by its path, or by an absolute address on the partition.",
        "Calendars are found all the same.",
        choices=("relative", "absolute"),
    )
    home_set = Switch(
        "S2",
        "partition",
        "Where the calendar-home-set leads: the account's partition on a second host and port, "
        "the generic host, no host at all, a host where nobody listens (any more), or one that "
        "is none of Apple's.",
        "Calendars are found all the same. Where nobody listens, the account is looked up anew. "
        "The password never goes to a foreign host: the connection says that host is not allowed.",
        choices=("partition", "generic", "relative", "nobody", "foreign"),
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
        choices=("", *REDIRECTS),
    )
    redirect_to = Switch(
        "S3",
        "partition",
        "Where redirects of the generic host lead: the partition, a host that is none of Apple's, "
        "or in a circle.",
        "A foreign host gets no password and a circle ends after a few hops; both are errors "
        "of the server, not a wrong password.",
        choices=("partition", "foreign", "itself"),
    )
    renumbered = Switch(
        "S4",
        "",
        "Apple moved the account to another partition; the old one answers with this, sends "
        "people on (30x) or breaks the connection, the generic host still works.",
        "Syncing goes on after the host is looked up anew; nothing doubles, nothing is deleted, "
        "and a 401 there does not cost the password.",
        choices=("", "421", "404", "401", "403", "500", "503", *REDIRECTS, "reset"),
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
