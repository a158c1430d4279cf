"""The model itself, in a minute; `make soak` goes on for as long as one likes."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.beginning import Beginning
from tests.model.machine import Model

QUICK = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=20,
    stateful_step_count=50,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("server", ["strict", "lax"])
def test_nothing_is_lost_doubled_or_left_undone(
    beginnings: dict[str, Beginning], server: str
) -> None:
    model = type(f"Model{server.title()}", (Model,), {"beginning": beginnings[server]})
    run_state_machine_as_test(model, settings=QUICK)
