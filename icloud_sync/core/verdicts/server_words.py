"""The table of verdicts, its first part: the way to the server, and what it tells everybody.

`{again}`, `{wait}` and the like are what the reader can do (means.py).
"""

from icloud_sync.core.verdicts.causes import Cause, Words

ASK_OPERATOR = "Ask whoever looks after this machine and its network."

SERVER_WORDS = {
    Cause.NO_NETWORK: Words(
        "There is no way from this machine to {host}: most likely its network is down.",
        "A firewall may keep the machine from going out.",
        f"{ASK_OPERATOR} Other sites will probably not open from it either.",
    ),
    Cause.NO_NAME: Words(
        "The name {host} cannot be looked up: most likely this machine has no network.",
        "Its name server may be down, or the server's address be misspelt.",
        f"{ASK_OPERATOR} Check the spelling of {{host}}.",
    ),
    Cause.NOBODY_LISTENS: Words(
        "{host} cannot be reached from this machine: most likely the network or a firewall in "
        "between lets nothing through.",
        "The server may be down, or the port in its address be wrong.",
        f"{ASK_OPERATOR} Check the server's address.",
    ),
    Cause.SILENCE: Words(
        "{host} does not answer in time: most likely this machine's network is down or drops "
        "what it sends.",
        "The server may be overloaded.",
        f"{ASK_OPERATOR} If other sites open from it, wait and {{again}}.",
    ),
    Cause.STALLED: Words(
        "{host} answered at first and then not in time: most likely it is overloaded, or the "
        "network in between is very slow.",
        "This machine's network may have gone down meanwhile.",
        "Wait a few minutes and {again}.",
    ),
    Cause.PORTAL: Words(
        "Something in between answers in place of {host}: most likely a captive portal, a "
        "network that wants a sign-in first.",
        "It may be a filtering proxy, or the address of a web page in place of a calendar "
        "server's.",
        "Open a web page from this machine's network, sign in there, and {again}. The "
        "password was not shown to a foreign host.",
    ),
    Cause.FOREIGN_REDIRECT: Words(
        "Requests to {host} are sent on to a foreign host: most likely by a captive portal, a "
        "network that wants a sign-in first.",
        "The server may have moved to a host that is not named in ICLOUD_ALLOWED_HOSTS.",
        "Open a web page from this machine's network and sign in there. If the host is yours, "
        "add its name to ICLOUD_ALLOWED_HOSTS and restart. No password was sent there.",
    ),
    Cause.WRONG_NAME: Words(
        "Somebody else answers in place of {host}, with a certificate for another name: most "
        "likely a captive portal or a proxy stands in between.",
        "The server's address may be misspelt, or its certificate be made for another name.",
        "Open a web page from this machine's network, sign in there, and {again}. "
        "Nothing was sent.",
    ),
    Cause.UNKNOWN_CERTIFICATE: Words(
        "Nobody this machine trusts vouches for the certificate of {host}: most likely it is "
        "the certificate of {vouches_for_itself}.",
        "A captive portal may answer in its place.",
        f"{ASK_OPERATOR} A certificate authority of your own must be made known to this "
        "machine. Nothing was sent.",
    ),
    Cause.EXPIRED_CERTIFICATE: Words(
        "The certificate of {host} has run out or is not valid yet.",
        "This machine's clock may be wrong: it shows {now}.",
        "Ask whoever runs the server to renew the certificate. Nothing was sent.",
    ),
    Cause.BAD_TLS: Words(
        "No encrypted connection to {host} could be made: most likely a firewall or a proxy "
        "breaks it.",
        "The server may speak no TLS at this port, or only an old version.",
        f"{ASK_OPERATOR} Nothing was sent.",
    ),
    Cause.PROXY: Words(
        "The proxy of this machine does not let us through to {host}.",
        "The proxy may be down, or its address in HTTPS_PROXY be wrong.",
        ASK_OPERATOR,
    ),
    Cause.NOT_ALLOWED: Words(
        "{host} is not on the list of hosts that may see a password: it is neither Apple's nor "
        "named in ICLOUD_ALLOWED_HOSTS.",
        "The address may be misspelt, or lead over plain http.",
        "If the host is yours, add its name to ICLOUD_ALLOWED_HOSTS and restart; else correct "
        "the server's address. No password was sent.",
    ),
    Cause.BAD_ADDRESS: Words(
        "“{url}” is not the address of a server.",
        "",
        "Write it like https://caldav.icloud.com/ in ICLOUD_SERVER_URL, or connect again with "
        "the right one.",
    ),
    Cause.THROTTLED: Words(
        "{host} is throttling us: it was asked too much and wants to be left alone {until}.",
        "The service may be overloaded or under maintenance. This says nothing about the password.",
        "{wait}",
    ),
    Cause.SERVER_FAILED: Words(
        "{host} itself is out of order at the moment.",
        "Apple's page of system status says whether others have the same. This says nothing "
        "about the password.",
        "{wait}",
    ),
    Cause.NOT_CALDAV: Words(
        "There is no calendar server at this address of {host}.",
        "The account may have no calendars, or a proxy may answer in the server's place.",
        "Check the server's address; for iCloud it is https://caldav.icloud.com/.",
    ),
    Cause.BROKE_OFF: Words(
        "The connection to {host} broke while it answered: most likely the network is unsteady.",
        "The server may be overloaded.",
        "{Again} in a few minutes.",
    ),
    Cause.ODD_ANSWER: Words(
        "{host} gave an answer that cannot be understood: most likely a fault of its own.",
        "A proxy in between may have changed it.",
        "{Again} later. If it stays, send a support bundle: icloud_doctor --bundle.",
    ),
    Cause.REFUSED: Words(
        "{host} refuses what we ask.",
        "The account may be locked, or new terms wait to be accepted at icloud.com.",
        "Ask the user to sign in at icloud.com and see whether Calendar opens there.",
    ),
}
