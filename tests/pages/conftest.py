from tests.wire_rules import log_lines, wire_is_searched

__all__ = ["log_lines", "wire_is_searched"]
