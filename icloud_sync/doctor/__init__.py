"""The doctor: finds out why an account or this machine does not sync, without changing
anything. Each step looks at one thing and asks `core/verdicts` what it means."""

from icloud_sync.doctor.examine import examine, examine_account
from icloud_sync.doctor.machine import examine_machine
from icloud_sync.doctor.report import Report

__all__ = ["Report", "examine", "examine_account", "examine_machine"]
