"""A task that leaves a trace: the queue keeps no row of what succeeded."""

import time
from pathlib import Path


def mark(path: str, seconds: float = 0.0) -> None:
    """Appends `begun`, works for a while, appends `done`."""
    write(path, "begun")
    time.sleep(seconds)
    write(path, "done")


def write(path: str, word: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{word}\n")


def marks(path: Path, word: str) -> int:
    return path.read_text().split().count(word) if path.exists() else 0
