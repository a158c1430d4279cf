from collections.abc import Iterator
from typing import Any

import pytest

from tests.model.beginning import Beginning, made
from tests.model.world import World


@pytest.fixture(scope="session")
def beginnings(django_db_blocker: Any) -> Iterator[dict[str, Beginning]]:
    """On a strict server and on a lax one, each with a database of its own."""
    with django_db_blocker.unblock(), made(True) as strict, made(False) as lax:
        yield {"strict": strict, "lax": lax}


@pytest.fixture
def world(beginnings: dict[str, Beginning]) -> Iterator[World]:
    """A world as every example begins with it, strict."""
    with beginnings["strict"].opened() as world:
        yield world
