from typing import Any

import pytest

from tests.scenarios.world import World, connected
from tests.servers import Account, Server
from tests.wire_rules import log_lines, wire_is_searched

__all__ = ["log_lines", "wire_is_searched"]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Hashing a password as slowly as a real one costs more than a sync."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def world(account: Account, db: None) -> World:
    """A user connected to an empty calendar, once for every server."""
    return connected(account)


@pytest.fixture
def apple(standin: Server, db: None) -> World:
    """The same on the stand-in alone: for what does not depend on the server, and for
    what only a byte-exact store can show."""
    return connected(standin.new_account())
