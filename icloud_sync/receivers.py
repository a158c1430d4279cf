"""A change of the product's rows becomes an outbox row. At most five lines each."""


def connect() -> None:
    """Called once, when the app is ready."""
