"""The product stands without the app that syncs it."""

import os
import subprocess
import sys

import pytest
from django.apps import apps


@pytest.mark.skipif(not apps.is_installed("icloud_sync"), reason="this is the run without the app")
def test_all_of_these_tests_pass_with_icloud_sync_switched_off() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/calendars", "-q", "-x", "-p", "no:cacheprovider"],
        env={**os.environ, "ICLOUD_SYNC_ENABLED": "off"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "1 skipped" in done.stdout  # this very test: so the app was off indeed


@pytest.mark.skipif(apps.is_installed("icloud_sync"), reason="the app is on")
def test_nothing_has_loaded_its_rows() -> None:
    assert "icloud_sync.models" not in sys.modules
