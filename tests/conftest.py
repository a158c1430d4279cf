"""Fixtures that every folder of tests may use."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import servers, wire
from tests.cluster.counting import pytest_runtest_logreport, pytest_terminal_summary

__all__ = ["pytest_runtest_logreport", "pytest_terminal_summary"]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """A real hash takes a fifth of a second, and every user of a test has one."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _wires_are_closed() -> Iterator[None]:
    """Those that the test made: each listens on ports, with a thread for each."""
    wire.made.clear()
    yield
    for each in wire.made:
        each.close()


@pytest.fixture(scope="session")
def all_servers() -> Iterator[servers.Servers]:
    """Every server by name, started when first asked for."""
    running = servers.Servers()
    yield running
    running.stop()


@pytest.fixture(params=servers.NAMES)
def server(request: pytest.FixtureRequest, all_servers: servers.Servers) -> servers.Server:
    """The test runs once for every server. One that cannot start fails the test."""
    return all_servers.get(request.param)


@pytest.fixture
def account(server: servers.Server) -> Iterator[servers.Account]:
    """A new account with an empty collection "Home"; nothing is recorded yet."""
    account = server.new_account()
    account.wire.clear()
    yield account
    account.wire.close()


@pytest.fixture
def standin(all_servers: servers.Servers) -> servers.Server:
    """The stand-in alone, for what only a server with Apple's manners can show."""
    return all_servers.get("standin")
