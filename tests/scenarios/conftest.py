import pytest

from tests.scenarios.world import World, connected
from tests.servers import Account


@pytest.fixture
def world(account: Account, db: None) -> World:
    """A user connected to an empty calendar, once for every server."""
    return connected(account)
