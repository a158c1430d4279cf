import pytest

pytest.register_assert_rewrite("tests.faults.day", "tests.faults.table")
