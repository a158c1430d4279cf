"""A value that cannot work stops the start with one sentence that says what to do."""

import os
import subprocess
import sys

import pytest


def start_with(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set."),
        ("FIELD_ENCRYPTION_KEYS", "", "FIELD_ENCRYPTION_KEYS is not set."),
        ("FIELD_ENCRYPTION_KEYS", "short", "holds something that is not a Fernet key."),
        ("DEBUG", "perhaps", "is neither on nor off. Write on or off."),
        ("DATABASE_URL", "mysql://here/there", "use sqlite:// or postgres://."),
        ("ICLOUD_POLL_SECONDS", "soon", "is not a whole number of at least 1."),
        ("ICLOUD_WINDOW_DAYS_AHEAD", "0", "is not a whole number of at least 1."),
        ("ICLOUD_SYNC_ENABLED", "maybe", "is neither on nor off."),
    ],
)
def test_a_bad_setting_stops_the_start_with_a_sentence_and_no_traceback(
    name: str, value: str, sentence: str
) -> None:
    done = start_with(**{name: value})

    assert done.returncode == 1
    assert done.stderr.startswith("Cannot start: ")
    assert name in done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_with_good_settings_the_same_check_passes() -> None:
    assert start_with().returncode == 0


def test_the_product_starts_with_icloud_sync_switched_off() -> None:
    done = start_with(ICLOUD_SYNC_ENABLED="off")
    assert done.returncode == 0, done.stderr
