"""The guarded session: where the password goes, and what is taken back."""

import gzip
import re
import socket
import tomllib
from base64 import b64encode
from pathlib import Path

import pytest

from icloud_sync.remote.addresses import strict
from icloud_sync.remote.classify import Request
from icloud_sync.remote.errors import (
    HostNotAllowed,
    TemporaryRemoteError,
    Unreachable,
    UnreadableAnswer,
    WriteOutcomeUnknown,
)
from icloud_sync.remote.session import MAX_HOPS, HostRule
from icloud_sync.remote.transport import VERSION, Answer, Transport
from tests.remote.scripted import raw, server
from tests.wire import Exchange, Reply

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def transport(**options: object) -> Transport:
    given = {
        "allowed_hosts": ["127.0.0.1"],
        "timeout": (2, 2),
        "max_bytes": 100_000,
        "before_request": None,
    } | options
    return Transport("http://127.0.0.1:9/", "anna", "pass", **given)  # type: ignore[arg-type]


def send(url: str, method: str = "GET", body: bytes = b"", **options: object) -> Answer:
    kind = Request.PUT if method == "PUT" else Request.READ
    condition = {"If-Match": '"1"'} if method == "PUT" else {}
    return transport(**options).send(method, url, kind, body, condition)


# --- Hosts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://caldav.icloud.com/",
        "https://p12-caldav.icloud.com:443/1/principal/",
        "https://P180-CALDAV.iCloud.com/",
        "https://caldav.icloud.com.cn/",
        "https://p3-caldav.icloud.com.cn/",
        "https://calendar.example.com/",
        "http://127.0.0.1:5232/",
        "http://localhost:5232/",
        "http://[::1]:5232/",
    ],
)
def test_apples_hosts_and_the_named_ones_may_see_the_password(url: str) -> None:
    HostRule(["calendar.example.com", "localhost", "127.0.0.1", "::1"]).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://icloud.com.evil.example/",
        "https://caldav.icloud.com.evil.example/",
        "https://p12-caldav.icloud.com@evil.example/",
        "https://xp12-caldav.icloud.com/",
        "https://p-caldav.icloud.com/",
        "https://pXX-caldav.icloud.com/",
        "https://www.icloud.com/",
        "https://caldav.icloud.com\n.evil.example/",
        "http://caldav.icloud.com/",  # Apple's, but not over https
        "http://calendar.example.com/",  # named, but no loopback
        "http://localhost:5232/",  # loopback, but not named
        "ftp://127.0.0.1/",
        "//",
        "",
        # What one parser takes for the host, another takes for something else.
        "http://evil.example\\@127.0.0.1/",
        "http://evil.example:80\\@127.0.0.1/",
        "http://127.0.0.1\\evil.example/",
        "http:\\\\127.0.0.1\\",
        "http://evil.example@127.0.0.1/",
        "http://user:secret@127.0.0.1/",
        "http://@127.0.0.1/",
        "http://evil.example;@127.0.0.1/",
        "http://evil.example#@127.0.0.1/",
        "http://evil.example?@127.0.0.1/",
        "http://evil.example;127.0.0.1/",
        "http://127.0.0.1;evil.example/",
        "http://127.0.0.1,evil.example/",
        "http://127.0.0.1&evil.example/",
        "http://evil.example%2f@127.0.0.1/",
        "http://evil.example%23@127.0.0.1/",
        "http://127.0.0.1%2eevil.example/",
        "http://%31%32%37.0.0.1/",
        "https://caldav%2eicloud%2ecom/",
        "https://caldav。icloud。com/",
        "https://caldav．icloud．com/",
        "https://caldav｡icloud.com/",
        "https://ｃaldav.icloud.com/",
        "https://cаldav.icloud.com/",  # a Cyrillic letter
        "https://p１２-caldav.icloud.com/",
        "https://caldav.\u0130cloud.com/",
        "https://caldav.iclou\u00add.com/",
        "https://ſaldav.icloud.com/",
        "http://127.0.0.1\u2044evil.example/",
        "https://caldav..icloud.com/",
        "https://.caldav.icloud.com/",
        "https://caldav.icloud.com../",
        "http://[127.0.0.1]/",
        "http://[::1]evil.example/",
        "http://evil.example[::1]/",
        "http://[::1%25lo]/",
        "http://[::1%lo]/",
        "http://[::1/",
        "http://::1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:-1/",
        "http://127.0.0.1:+80/",
        "http://127.0.0.1:80:80/",
        "http://127.0.0.1:８０/",
        "http://127.0.0.1:80.evil.example/",
        "http://127.0.0.1:evil.example/",
        "http:127.0.0.1/",
        "https:calendar.example.com",
        "https:///calendar.example.com/",
        "https:/calendar.example.com/",
        "//calendar.example.com/",
        "calendar.example.com",
        "https//calendar.example.com/",
        " http://127.0.0.1/",
        "http://127.0.0.1/ ",
        "http://127.0.0.1 /",
        "http://127.0.0.1/a b",
        "http://127.0.0.1\t.evil.example/",
        "ht\ntp://127.0.0.1/",
        "http://127.0.0.1/\r\nHost: evil.example",
        "http://127.0.0.1/\x00",
        "http://127.0.0.1/\x7f",
        "\ufeffhttp://127.0.0.1/",
        "url:http://127.0.0.1/",
    ],
)
def test_no_other_address_may(url: str) -> None:
    with pytest.raises(HostNotAllowed):
        HostRule(["calendar.example.com", "127.0.0.1", "::1"]).check(url)


@pytest.mark.parametrize(
    ("url", "sent_to"),
    [
        ("HTTP://LocalHost:5232", "http://localhost:5232/"),
        ("https://Caldav.iCloud.com.:0443/1/?a=b#c", "https://caldav.icloud.com/1/?a=b"),
        ("https://caldav.icloud.com:/1/é.ics", "https://caldav.icloud.com/1/%C3%A9.ics"),
        ("http://[::1]:80/a%40b@c:d", "http://[::1]/a%40b@c:d"),
    ],
)
def test_what_is_sent_is_made_of_the_parts_that_were_checked(url: str, sent_to: str) -> None:
    HostRule(["localhost", "::1"]).check(url)
    assert strict(url).url == sent_to


def test_a_refusal_does_not_repeat_a_password_typed_into_the_address() -> None:
    with pytest.raises(HostNotAllowed) as caught:
        HostRule(["127.0.0.1"]).check("http://anna:wxyz-wxyz@127.0.0.1/")
    assert "wxyz" not in caught.value.message
    assert caught.value.message.endswith(".")


def test_a_request_to_a_foreign_host_never_leaves() -> None:
    with server(lambda exchange: Reply(200)) as foreign, pytest.raises(HostNotAllowed):
        send(foreign.url.replace("127.0.0.1", "localhost"))
    assert foreign.requests == []


# --- Redirects ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["PROPFIND", "PUT", "GET"])
def test_a_redirect_keeps_method_body_and_credentials(status: int, method: str) -> None:
    with server(lambda exchange: Reply(207, b"there")) as partition:
        target = {"Location": partition.url + "1/principal/"}
        with server(lambda exchange: Reply(status, headers=target)) as generic:
            body = b"" if method == "GET" else b"<body/>"
            answer = send(generic.url, method, body)
    assert (answer.content, answer.path) == (b"there", "/1/principal/")
    (arrived,) = partition.requests
    assert (arrived.method, arrived.path) == (method, "/1/principal/")
    assert (arrived.body, arrived.authorized) == (body.decode(), True)


def test_a_redirect_to_a_foreign_host_is_refused_before_it_hears_of_us() -> None:
    with server(lambda exchange: Reply(200)) as foreign:
        target = {"Location": foreign.url.replace("127.0.0.1", "localhost")}
        with (
            server(lambda exchange: Reply(302, headers=target)) as generic,
            pytest.raises(HostNotAllowed),
        ):
            send(generic.url)
    assert foreign.requests == []


@pytest.mark.parametrize(("hops", "arrives"), [(MAX_HOPS, True), (MAX_HOPS + 1, False)])
def test_five_hops_are_followed_and_six_are_not(hops: int, arrives: bool) -> None:
    def answer(exchange: Exchange) -> Reply:
        step = int(exchange.path.strip("/") or 0)
        return Reply(200) if step == hops else Reply(307, headers={"Location": f"/{step + 1}"})

    with server(answer) as wire:
        if arrives:
            assert send(wire.url).path == f"/{hops}"
        else:
            with pytest.raises(TemporaryRemoteError, match="one address to the next"):
                send(wire.url)


# --- What a request carries -----------------------------------------------------------


def test_a_request_carries_the_password_at_once_and_says_who_we_are() -> None:
    with server(lambda exchange: Reply(200)) as wire:
        send(wire.url, contact="https://referins.example")
    (request,) = wire.requests
    assert request.authorized
    assert request.header("user-agent") == f"Referins/{VERSION} (+https://referins.example)"
    assert request.header("accept-encoding") == "gzip"
    assert request.header("depth") == ""


def test_the_version_we_tell_is_the_projects() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_before_every_request_someone_is_asked_redirects_included() -> None:
    asked: list[int] = []

    def answer(exchange: Exchange) -> Reply:
        return Reply(200) if exchange.path == "/b" else Reply(307, headers={"Location": "/b"})

    with server(answer) as wire:
        send(wire.url, before_request=lambda: asked.append(len(wire.requests)))
    assert asked == [0, 1]


def test_what_the_one_asked_raises_passes_through_and_nothing_is_sent() -> None:
    class LeaseLost(Exception):
        pass

    def lost() -> None:
        raise LeaseLost

    with server(lambda exchange: Reply(200)) as wire, pytest.raises(LeaseLost):
        send(wire.url, before_request=lost)
    assert wire.requests == []


# --- What comes back ------------------------------------------------------------------


def test_an_answer_may_be_as_large_as_the_limit_and_no_larger() -> None:
    with server(lambda exchange: Reply(200, b"x" * 100_000)) as wire:
        assert len(send(wire.url).content) == 100_000
        with pytest.raises(UnreadableAnswer, match="larger"):
            send(wire.url, max_bytes=99_999)


def test_an_answer_that_unpacks_beyond_the_limit_is_refused() -> None:
    packed = gzip.compress(b"x" * 5_000_000)
    assert len(packed) < 100_000
    headers = {"Content-Encoding": "gzip"}
    with server(lambda exchange: Reply(200, packed, headers)) as wire:
        with pytest.raises(UnreadableAnswer):
            send(wire.url)
        assert send(wire.url, max_bytes=5_000_000).content == b"x" * 5_000_000


def test_a_silent_server_is_left_after_the_read_timeout() -> None:
    with raw(None) as silent, pytest.raises(TemporaryRemoteError, match="too long"):
        send(silent.url, timeout=(2, 0.2))


def test_a_write_without_an_answer_has_an_unknown_outcome() -> None:
    with raw(None) as silent, pytest.raises(WriteOutcomeUnknown):
        send(silent.url, "PUT", b"body", timeout=(2, 0.2))
    with raw(b"") as closing, pytest.raises(WriteOutcomeUnknown):
        send(closing.url, "PUT", b"body")
    assert len(closing.heard) == 1  # a write is never repeated by itself


def test_a_connection_closed_under_a_read_is_tried_once_more() -> None:
    with raw(b"", OK) as stale:
        assert send(stale.url).content == b"ok"
    with raw(b"") as closing, pytest.raises(TemporaryRemoteError):
        send(closing.url)
    assert len(closing.heard) == 2


def test_a_kept_connection_that_went_stale_does_no_harm() -> None:
    with raw(OK, OK, OK) as wire:
        for method in ("GET", "GET", "PUT"):
            assert send(wire.url, method, b"body" if method == "PUT" else b"").content == b"ok"
    assert len(wire.heard) == 3


def test_accounts_share_connections_and_nothing_else() -> None:
    cookie = {"Set-Cookie": "session=annas; Path=/"}
    with server(lambda exchange: Reply(200, headers=cookie)) as wire:
        for name in ("anna", "ben"):
            Transport(
                wire.url, name, "pass", allowed_hosts=["127.0.0.1"], timeout=(2, 2),
                max_bytes=1000, before_request=None,
            ).send("GET", wire.url, Request.READ)  # fmt: skip
    assert [request.header("cookie") for request in wire.requests] == ["", ""]


def test_a_server_that_is_not_there_was_never_sent_a_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    for method in ("GET", "PUT"):
        with pytest.raises(Unreachable):
            send(url, method)


def test_a_body_cut_short_is_no_answer() -> None:
    cut = b"HTTP/1.1 207 Multi-Status\r\nContent-Length: 500\r\n\r\n<multistatus"
    with raw(cut) as wire, pytest.raises(TemporaryRemoteError):
        send(wire.url)


def test_what_is_no_http_is_no_answer() -> None:
    with raw(b"220 mail.example.com ESMTP\r\n") as wire, pytest.raises(TemporaryRemoteError):
        send(wire.url)


def test_the_log_tells_what_was_asked_but_not_whose_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "icloud_sync.remote")
    with server(lambda exchange: Reply(200, b"12345")) as wire:
        send(wire.url + "14684198365/calendars/home/a.ics")
    with pytest.raises(Unreachable):
        send("http://127.0.0.1:9/14684198365/calendars/")
    [told, failed] = [record.getMessage() for record in caplog.records]
    assert told.startswith("GET 127.0.0.1/…/calendars/home/a.ics 200 5 bytes in 0.")
    assert failed.startswith("GET 127.0.0.1/…/calendars/ Unreachable in 0.")


def test_no_library_logs_the_password_either(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with server(lambda exchange: Reply(200)) as wire:
        send(wire.url + "1/home/a.ics", "PUT", b"body")
    with pytest.raises(Unreachable):
        send("http://127.0.0.1:9/")
    encoded = b64encode(b"anna:pass").decode()
    assert "PUT" in caplog.text
    assert not re.search(rf"{encoded}|anna:pass|Authorization", caplog.text)


def test_no_error_tells_the_password() -> None:
    secret = "wxyz-wxyz-wxyz-wxyz"
    with server(lambda exchange: Reply(401)) as wire:
        sender = Transport(
            wire.url, "anna", secret, allowed_hosts=["127.0.0.1"], timeout=(2, 2),
            max_bytes=1000, before_request=None,
        )  # fmt: skip
        with pytest.raises(Exception, match="did not accept") as caught:
            sender.send("GET", wire.url, Request.READ)
    assert secret not in str(caught.value)
    assert not re.search(secret, repr(caught.value))
