"""The faults, one a row: what is turned, and what the client must make of it."""

from tests.faults.table import hosts, listings, service, writes
from tests.faults.table.row import Row

__all__ = ["ROWS", "Row"]

ROWS: list[Row] = [*hosts.ROWS, *listings.ROWS, *writes.ROWS, *service.ROWS]
