"""The product stands without the app that syncs it."""

import os
import subprocess
import sys

from django.apps import apps

if apps.is_installed("icloud_sync"):

    def test_all_of_these_tests_pass_with_icloud_sync_switched_off() -> None:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "tests/calendars",
                "-v",
                "-x",
                "-p",
                "no:cacheprovider",
            ],
            env={**os.environ, "ICLOUD_SYNC_ENABLED": "off"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
        assert "test_nothing_has_loaded_its_rows PASSED" in done.stdout  # so it was off indeed

else:

    def test_nothing_has_loaded_its_rows() -> None:
        assert "icloud_sync.models" not in sys.modules
