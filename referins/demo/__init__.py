"""`make demo`: the whole product on one machine, with a local iCloud and example data."""
