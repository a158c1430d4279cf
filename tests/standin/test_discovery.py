"""S1, S2, S5, S6, S8: who am I, where is my home, what is in it, and who may ask."""

from base64 import b64encode

import caldav
import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from tests.standin.conftest import DAV, Client

PRINCIPAL = "D:response/D:propstat/D:prop/D:current-user-principal/D:href"
HOME_SET = "D:response/D:propstat/D:prop/C:calendar-home-set/D:href"
CHALLENGE = 'X-MobileMe-AuthToken realm="MMCalDav", Basic realm="MMCalDav"'


def test_the_root_answers_with_a_relative_principal_by_number(
    client: Client, account: StandInAccount
) -> None:
    answer = client.propfind("/", "current-user-principal")
    assert (answer.status, answer.hrefs) == (207, ["/"])
    assert answer.find(PRINCIPAL) == f"/{account.dsid}/principal/"
    assert account.dsid.isdigit()


def test_well_known_answers_as_the_principal(client: Client, account: StandInAccount) -> None:
    answer = client.propfind("/.well-known/caldav", "current-user-principal")
    assert answer.hrefs == [f"/{account.dsid}/principal/"]
    assert answer.find(PRINCIPAL) == f"/{account.dsid}/principal/"


def test_the_calendar_home_is_an_absolute_url_on_a_second_host(
    client: Client, account: StandInAccount, standin: StandIn
) -> None:
    answer = client.propfind(f"/{account.dsid}/principal/", "C:calendar-home-set")
    assert answer.find(HOME_SET) == f"http://127.0.0.1:{standin.port}{account.home_path}"
    assert standin.url == f"http://localhost:{standin.port}/"


def test_both_host_names_serve_the_same_tree(
    standin: StandIn, account: StandInAccount, client: Client
) -> None:
    generic = Client(standin.port, account.apple_id, account.app_password, host="localhost")
    asked = (account.home_path, "displayname")
    assert generic.propfind(*asked, depth="1").body == client.propfind(*asked, depth="1").body


def test_a_wrong_password_is_a_401_with_two_schemes_and_no_body(client: Client) -> None:
    client.password = "wrong"
    answer = client.propfind("/", "current-user-principal")
    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == CHALLENGE
    assert answer.headers["Content-Length"] == "0"


def test_a_revoked_password_is_a_401(client: Client, account: StandInAccount) -> None:
    account.switches.revoked_password = True
    assert client.propfind("/", "displayname").status == 401
    account.switches.revoked_password = False
    assert client.propfind("/", "displayname").status == 207


def test_a_request_without_user_agent_is_a_403(client: Client, account: StandInAccount) -> None:
    pair = b64encode(f"{account.apple_id}:{account.app_password}".encode()).decode()
    client.user = ""
    assert client("PROPFIND", "/", Depth="0", Authorization=f"Basic {pair}").status == 403


def test_another_accounts_tree_is_refused(client: Client, standin: StandIn) -> None:
    ben = standin.add_account("ben@example.com")
    assert client.propfind(ben.home_path, "displayname").status == 403


def test_the_home_lists_apples_collections(client: Client, account: StandInAccount) -> None:
    answer = client.propfind(
        account.home_path,
        *("resourcetype", "displayname", "C:supported-calendar-component-set"),
        depth="1",
    )
    listed = [_summary(response) for response in answer.xml.findall(f"{DAV}response")]
    assert listed == [
        ("Anna Berg", ["collection"], ["VEVENT", "VTODO", "VFREEBUSY"]),
        ("Home", ["collection", "calendar"], ["VEVENT"]),
        ("Work", ["collection", "calendar"], ["VEVENT"]),
        ("Family", ["collection", "calendar", "shared-owner"], ["VEVENT"]),
        ("Holidays", ["collection", "calendar", "shared"], ["VEVENT"]),
        ("Reminders", ["collection", "calendar"], ["VTODO"]),
        (None, ["collection", "schedule-inbox"], ["VEVENT"]),
        (None, ["collection", "schedule-outbox"], ["VEVENT", "VTODO"]),
        (None, ["collection", "notification"], []),
    ]


def _summary(response):  # type: ignore[no-untyped-def]
    ok = response.find(f"{DAV}propstat/{DAV}prop")
    kinds = [each.tag.partition("}")[2] for each in ok.find(f"{DAV}resourcetype")]
    components = [each.get("name") for each in ok.iter("{urn:ietf:params:xml:ns:caldav}comp")]
    return ok.findtext(f"{DAV}displayname"), kinds, components


def test_what_a_collection_lacks_stands_in_a_second_propstat_of_404(
    client: Client, account: StandInAccount
) -> None:
    answer = client.propfind(account.collection("inbox").href, "displayname", "S:getctag")
    statuses = [each.text for each in answer.xml.iter(f"{DAV}status")]
    assert statuses == ["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"]


def test_namespaces_are_unprefixed_and_colours_carry_alpha(client: Client, home: str) -> None:
    answer = client.propfind(home, "I:calendar-color", "displayname")
    assert b'<response xmlns="DAV:">\n' in answer.body
    assert b'<calendar-color xmlns="http://apple.com/ns/ical/" symbolic-color="custom">' in (
        answer.body
    )
    assert b"#1BADF8FF</calendar-color>" in answer.body


def test_only_writable_calendars_grant_write(client: Client, account: StandInAccount) -> None:
    granted = {
        name: b"<write "
        in client.propfind(account.collection(name).href, "current-user-privilege-set").body
        for name in ("home", "family", "holidays", "tasks", "inbox")
    }
    assert granted == {
        "home": True,
        "family": True,
        "holidays": False,
        "tasks": True,
        "inbox": False,
    }


def test_ctag_and_sync_token_are_the_same_opaque_string(client: Client, home: str) -> None:
    answer = client.propfind(home, "S:getctag", "sync-token")
    ctag = answer.xml.findtext(".//{http://calendarserver.org/ns/}getctag")
    assert ctag == answer.xml.findtext(f".//{DAV}sync-token")
    assert ctag
    assert ctag.startswith("HwoQEgw")


def test_a_get_of_the_root_is_a_400_unless_a_browser_asks(client: Client) -> None:
    assert client("GET", "/").status == 400
    browser = client("GET", "/", Accept="text/html,*/*")
    assert (browser.status, browser.headers["Location"]) == (302, "/phone/")


@pytest.mark.parametrize(
    "path", ["/{dsid}/calendars/home", "/{dsid}/calendars", "/{dsid}/principal"]
)
def test_a_collection_without_its_slash_is_a_400(
    client: Client, account: StandInAccount, path: str
) -> None:
    assert client.propfind(path.format(dsid=account.dsid), "displayname").status == 400


def test_depth_one_on_the_principal_is_a_400(client: Client, account: StandInAccount) -> None:
    assert client.propfind(f"/{account.dsid}/principal/", "displayname", depth="1").status == 400


def test_depth_infinity_is_a_403(client: Client, account: StandInAccount) -> None:
    assert client.propfind(account.home_path, "displayname", depth="infinity").status == 403


def test_xml_with_blanks_in_front_or_a_dtd_is_a_400(client: Client) -> None:
    ask = '<propfind xmlns="DAV:"><prop><displayname/></prop></propfind>'
    assert client("PROPFIND", "/", ask, Depth="0").status == 207
    assert client("PROPFIND", "/", f" {ask}", Depth="0").status == 400
    bomb = f'<!DOCTYPE x [<!ENTITY e "boom">]>{ask.replace("<displayname/>", "&e;")}'
    assert client("PROPFIND", "/", bomb, Depth="0").status == 400


def test_allprop_never_tells_the_resourcetype(client: Client, home: str) -> None:
    answer = client("PROPFIND", home, Depth="0")
    assert b"displayname" in answer.body
    assert b"resourcetype" not in answer.body


def test_making_calendars_and_moving_are_refused(client: Client, account: StandInAccount) -> None:
    path = f"{account.home_path}new/"
    refused = [client(verb, path).status for verb in ("MKCALENDAR", "MKCOL", "MOVE")]
    assert refused == [403, 403, 412]


def test_the_caldav_library_finds_the_calendars(standin: StandIn, account: StandInAccount) -> None:
    with caldav.DAVClient(
        url=standin.url,
        username=account.apple_id,
        password=account.app_password,
        features="icloud",
        enable_rfc6764=False,
    ) as library:
        names = [each.get_display_name() for each in library.principal().get_calendars()]
    assert names == ["Home", "Work", "Family", "Holidays", "Reminders"]
