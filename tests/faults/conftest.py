from tests.scenarios.conftest import apple
from tests.wire_rules import log_lines, wire_is_searched

__all__ = ["apple", "log_lines", "wire_is_searched"]
