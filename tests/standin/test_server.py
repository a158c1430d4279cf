"""The server as a process: restarts, keep-alive, threads, and the command."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from base64 import b64encode
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from icloud_standin.account import StandInAccount
from icloud_standin.server import PortBusy, StandIn
from tests.standin.conftest import Client, event

COMMAND = [sys.executable, "-u", "manage.py", "icloud_standin"]


def test_a_second_start_keeps_accounts_events_tokens_and_mail(tmp_path: Path) -> None:
    file = tmp_path / "standin.sqlite3"
    with StandIn(path=file) as first:
        anna = first.add_account("anna@example.com", name="Anna")
        href = anna.put("one.ics", event("one", "ATTENDEE:mailto:guest@example.com"))
        client = Client(first.port, anna.apple_id, anna.app_password)
        client("PUT", href, event("one", "ATTENDEE:mailto:guest@example.com"))
        home, token = anna.collection("home").href, client.sync(anna.collection("home").href)
    with StandIn(path=file) as second:
        again = second.add_account("anna@example.com")
        client = Client(second.port, again.apple_id, anna.app_password)
        assert (again.dsid, again.app_password) == (anna.dsid, anna.app_password)
        assert list(again.resources()) == [href]
        assert client.sync(home, token.find("D:sync-token")).hrefs == []
        assert len(again.outgoing_mail) == 1


def test_a_stopped_stand_in_answers_nobody_not_even_open_connections() -> None:
    standin = StandIn().start()
    connection = http.client.HTTPConnection("127.0.0.1", standin.port, timeout=5)
    assert _status(connection) == 400
    standin.stop()
    connection.auto_open = 0
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        _status(connection)


def _status(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/", headers={"User-Agent": "tests"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_one_connection_serves_many_requests(account: StandInAccount, standin: StandIn) -> None:
    pair = b64encode(f"{account.apple_id}:{account.app_password}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "User-Agent": "tests", "Depth": "0"}
    connection = http.client.HTTPConnection("127.0.0.1", standin.port, timeout=5)
    connection.connect()
    local = connection.sock.getsockname()
    for _ in range(3):
        connection.request("PROPFIND", "/", headers=headers)
        assert connection.getresponse().read().startswith(b"<?xml")
        assert connection.sock.getsockname() == local
    connection.close()


def test_of_many_creations_at_once_exactly_one_wins(client: Client, home: str) -> None:
    statuses: list[int] = []

    def create() -> None:
        statuses.append(client("PUT", f"{home}one.ics", event(), If_None_Match="*").status)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [412] * 7


def test_a_busy_port_is_a_clear_sentence(standin: StandIn) -> None:
    with pytest.raises(PortBusy, match=f"Port {standin.port} is busy"):
        StandIn(port=standin.port).start()
    done = subprocess.run(
        [*COMMAND, "--port", str(standin.port)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"CommandError: Port {standin.port} is busy: stop what listens there, "
        "or choose another port."
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path, number: int) -> None:
    with StandIn() as free:
        port = free.port
    arguments = [
        "--port",
        str(port),
        "--data",
        str(tmp_path / "data"),
        "--time-zone",
        "Europe/Rome",
    ]
    account = ["--account", "anna@example.com:abcd-efgh-ijkl-mnop:Anna"]
    process = subprocess.Popen([*COMMAND, *arguments, *account], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert f"http://localhost:{port}/phone/" in process.stdout.readline()
        client = Client(port, "anna@example.com", "abcd-efgh-ijkl-mnop")
        assert client.propfind("/", "current-user-principal").status == 207
        os.kill(process.pid, number)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.communicate()


def test_alone_it_has_an_account_says_how_to_turn_switches_and_ends_by_itself() -> None:
    with StandIn() as free:
        port = free.port
    arguments = ["--port", str(port), "--stop-after", "0.1"]
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)
    url = f"http://localhost:{port}/"
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if url in line] == [
        f"The stand-in answers at {url}, its phone page at {url}phone/. Ctrl-C stops it.",
        f"  Clients start at     {url}",
        f"  Phone and faults     {url}phone/",
        f"  Control, as JSON     {url}control/",
        "  curl -H 'Content-Type: application/json' -d '{\"throttle_seconds\": 5}' "
        f"{url}control/anna@icloud.example/",
        f"  curl {url}control/",
        f"  curl -X DELETE {url}control/anna@icloud.example/",
    ]
    assert re.search(r"^  anna@icloud.example   (\w{4}-){3}\w{4}$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--account", "anna@example.com"], "write APPLE_ID:PASSWORD"),
        (["--account", "anna@example.com:pass:Anna:Berlin"], "There is no time zone Berlin"),
        (["--time-zone", "Mars"], "There is no time zone Mars"),
    ],
)
def test_an_option_that_cannot_work_is_a_clear_sentence(
    arguments: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("icloud_standin", *arguments)
