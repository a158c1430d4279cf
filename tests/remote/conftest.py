from collections.abc import Iterator

import pytest

from tests import servers
from tests.remote import kits
from tests.wire_rules import log_lines, wire_is_searched

__all__ = ["log_lines", "wire_is_searched"]


@pytest.fixture(params=["memory", *servers.NAMES, *(["own"] if kits.OWN_URL else [])])
def kit(request: pytest.FixtureRequest, all_servers: servers.Servers) -> Iterator[kits.Kit]:
    """An account on each server there is, with an empty collection "Home"."""
    if request.param in ("memory", "own"):
        yield kits.memory_kit() if request.param == "memory" else kits.own_kit()
        return
    account = all_servers.get(request.param).new_account()
    yield kits.caldav_kit(account)
    account.wire.close()
