"""S1 to S5: hosts, redirects, partitions, passwords."""

import http.client

from tests.standin.cases.bench import Bench, Case
from tests.standin.conftest import Client

HOME_SET = "D:response/D:propstat/D:prop/C:calendar-home-set/D:href"


def home_set(bench: Bench) -> str:
    principal = f"/{bench.account.dsid}/principal/"
    return bench.plain(bench.client().propfind(principal, "C:calendar-home-set").find(HOME_SET))


def the_principal(bench: Bench) -> str:
    path = "D:response/D:propstat/D:prop/D:current-user-principal/D:href"
    return bench.plain(bench.client().propfind("/", "current-user-principal").find(path))


def hrefs_here_and_there(bench: Bench) -> list[str]:
    """The first href of a listing, asked of the partition and of the generic host."""
    clients = bench.client(), bench.client(bench.standin.url)
    return [bench.plain(each.propfind(bench.href, "getetag").hrefs[0]) for each in clients]


def at_the_generic_host(bench: Bench) -> tuple[int, str]:
    answer = bench.client(bench.standin.url).propfind(bench.href, "getetag")
    return answer.status, bench.plain(answer.headers.get("Location", ""))


def at_the_old_partition(bench: Bench) -> tuple[int, str]:
    answer = bench.client().propfind(bench.href, "getetag")
    return answer.status, bench.plain(answer.headers.get("Location", ""))


def where_redirects_lead(bench: Bench) -> str:
    return at_the_generic_host(bench)[1]


def asked_at(bench: Bench, origin: str) -> int | str:
    try:
        return bench.client(origin).propfind(bench.href, "getetag").status
    except ConnectionError as error:
        return type(error).__name__


def where_the_home_is_and_who_answers_there(bench: Bench) -> tuple[str, int | str]:
    host = home_set(bench).partition("/")[0]
    return host, asked_at(bench, getattr(bench.standin.hosts, host))


def at_three_hosts(bench: Bench) -> tuple[list[int | str], str]:
    """The old partition, the new one and the generic host; and where the home is."""
    hosts = bench.standin.hosts
    origins = (hosts.partition, hosts.renumbered, hosts.generic)
    answers = [asked_at(bench, origin) for origin in origins]
    principal = f"/{bench.account.dsid}/principal/"
    generic = bench.client(hosts.generic).propfind(principal, "C:calendar-home-set")
    return answers, bench.plain(generic.find(HOME_SET))


def with_the_right_password(bench: Bench) -> int:
    return bench.client().propfind("/", "displayname").status


def with_an_apple_id_nobody_has(bench: Bench) -> int:
    client = Client(bench.standin.port, "nobody@example.com", "abcd-efgh-ijkl-mnop")
    return client.propfind("/", "displayname").status


def without_a_user_agent(bench: Bench) -> int:
    client = bench.client()
    connection = http.client.HTTPConnection(client.host, client.port, timeout=10)
    authorization = client.authorization()
    connection.request("PROPFIND", "/", headers={"Depth": "0", "Authorization": authorization})
    status = connection.getresponse().status
    connection.close()
    return status


def moved(status: int | str) -> tuple[list[int | str], str]:
    return [status, 207, 207], "renumbered/1/calendars/"


HERE = "/1/calendars/home/"
UNMOVED = [207, 421, 207], "partition/1/calendars/"
REDIRECTED = f"partition{HERE}"

CASES = [
    Case("principal_href", "absolute", the_principal, "/1/principal/", "partition/1/principal/"),
    Case("home_set", "generic", home_set, "partition/1/calendars/", "generic/1/calendars/"),
    Case("home_set", "relative", home_set, "partition/1/calendars/", "/1/calendars/"),
    Case("home_set", "foreign", home_set, "partition/1/calendars/", "foreign/1/calendars/"),
    Case(
        "absolute_hrefs",
        True,
        hrefs_here_and_there,
        [HERE, HERE],
        [f"generic{HERE}", f"partition{HERE}"],
    ),
    *[
        Case("redirect", status, at_the_generic_host, (207, ""), (int(status), REDIRECTED))
        for status in ("301", "302", "307", "308")
    ],
    Case(
        "redirect_to",
        "foreign",
        where_redirects_lead,
        REDIRECTED,
        f"foreign{HERE}",
        {"redirect": "307"},
    ),
    Case(
        "redirect_to",
        "itself",
        where_redirects_lead,
        REDIRECTED,
        f"generic{HERE}",
        {"redirect": "302"},
    ),
    Case(
        "home_set",
        "nobody",
        where_the_home_is_and_who_answers_there,
        ("partition", 207),
        ("nobody", "ConnectionRefusedError"),
    ),
    *[
        Case("renumbered", status, at_three_hosts, UNMOVED, moved(int(status)))
        for status in ("421", "404", "401", "403", "500", "503")
    ],
    *[
        Case(
            "renumbered",
            status,
            at_the_old_partition,
            (207, ""),
            (int(status), f"renumbered{HERE}"),
        )
        for status in ("301", "302", "307", "308")
    ],
    Case("renumbered", "reset", at_three_hosts, UNMOVED, moved("ConnectionResetError")),
    Case("revoked_password", True, with_the_right_password, 207, 401),
    Case("unknown_user", "403", with_an_apple_id_nobody_has, 401, 403),
    Case("user_agent_needed", False, without_a_user_agent, 403, 207),
]
