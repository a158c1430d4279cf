import pytest

from icloud_sync.session import Session
from tests.scenarios.conftest import apple
from tests.wire_rules import log_lines, wire_is_searched

__all__ = ["apple", "log_lines", "wire_is_searched"]


@pytest.fixture(autouse=True)
def _nobody_waits_for_an_account_s_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a throttle each request is paid for with a pause; the pauses themselves have their
    tests in test_budget.py, with a clock of their own."""
    clock, _, *rest = Session.__init__.__defaults__ or ()
    monkeypatch.setattr(Session.__init__, "__defaults__", (clock, lambda seconds: None, *rest))
