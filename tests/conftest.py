"""Fixtures that every folder of tests may use."""

from collections.abc import Iterator

import pytest

from tests import servers


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
