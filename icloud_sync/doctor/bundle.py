"""The support bundle: one zip that says how things stand, and nothing that is private."""

import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from django.db import DatabaseError

from icloud_sync import outbox
from icloud_sync.core.verdicts.values import Verdict
from icloud_sync.doctor.contents import log_of, machine, secrets_of, state_of
from icloud_sync.doctor.redact import Veil, account_paths
from icloud_sync.doctor.report import Report
from icloud_sync.models import ICloudConnection

T = TypeVar("T")

READ_ME = """\
For whoever helps with this installation of Referins.

report.txt, report.json   what the doctor found, step by step
machine.json              versions and settings; no password, no key
connections.json          state, calendars and counts of each connection
log.json                  the newest entries of the sync log

Not in here: passwords and keys, events' notes, places and guests, contacts. E-mail addresses
and the numbers of Apple accounts are cut short. Titles of events and names of calendars
{titles}.
"""


def write_bundle(
    path: Path,
    report: Report,
    connection: ICloudConnection | None,
    *,
    with_titles: bool = False,
) -> None:
    """A new file that only its owner may read. Without a database it holds what there is
    without one. Raises OSError."""
    connections = [connection] if connection else if_possible(live_connections)
    veil = veil_for(connections, with_titles)
    veiled = veil_report(report, veil)
    files = {
        "README.txt": READ_ME.format(titles="are readable" if with_titles else "are left out"),
        "report.txt": veiled.as_text(),
        "report.json": as_json(veiled.as_dict()),
        "machine.json": as_json(veil.all(machine())),
        "connections.json": as_json(veil.all([state_of(one) for one in connections])),
        "log.json": as_json(veil.all(if_possible(partial(log_of, connection, with_titles)))),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zip:
        for name, content in files.items():
            zip.writestr(name, content)


def if_possible(read: Callable[[], list[T]]) -> list[T]:
    try:
        return read()
    except DatabaseError:
        return []


def live_connections() -> list[ICloudConnection]:
    return list(outbox.live(ICloudConnection.objects.select_related("user")))


def veil_for(connections: list[ICloudConnection], with_titles: bool) -> Veil:
    hrefs = [href for one in connections for href in (one.principal_href, one.home_url)]
    hrefs += [row.href for one in connections for row in one.collections.all()]
    return Veil(secrets_of(connections), account_paths(hrefs), with_titles)


def veil_report(report: Report, veil: Veil) -> Report:
    """Before it is wrapped into lines: a title may go over two."""
    verdicts = [veil_verdict(one, veil) for one in report.verdicts]
    return Report(veil.text(report.about), report.at, veil.all(report.facts), verdicts)


def veil_verdict(verdict: Verdict, veil: Veil) -> Verdict:
    return replace(
        verdict,
        likely=veil.text(verdict.likely),
        seen=veil.text(verdict.seen),
        could_be=veil.text(verdict.could_be),
        next_step=veil.text(verdict.next_step),
        subject=veil.text(verdict.subject),
    )


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
