"""What caldav must not be used for (each measured to lose or overwrite data), and where."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
OURS = ("referins", "calendars", "icloud_sync", "icloud_standin")
UNSAFE = {
    "add_event",  # PUT without a condition
    "add_object",
    "save",  # overwrites without a condition once an etag is missing; repeats refused PUTs
    "save_event",
    "event_by_uid",  # a REPORT that iCloud answers with 412
    "object_by_uid",
    "get_object_by_uid",
    "get_event_by_uid",
    "objects_by_sync_token",  # hides every failure behind a full download
    "get_objects_by_sync_token",
    "get_calendars",  # a sign-in page reads as an empty list
    "calendars",
    "event_by_url",  # two GETs for one event
    "load",
    "load_by_multiget",  # everything in one request
    "calendar_multiget",
    "events",
    "get_events",
    "date_search",
    "propfind",  # parses and joins URLs its own way
    "report",
}
# What is good in caldav: the XML. Its client follows redirects and repeats writes by its own
# rules, and sends the password wherever a server points.
USED = {"BaseElement", "cdav", "dav", "ical"}


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names


def methods_called(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}


def test_only_remote_imports_a_caldav_or_http_client() -> None:
    clients = {"caldav", "niquests", "requests", "httpx", "urllib3", "urllib3_future"}
    found = {path.relative_to(ROOT) for path in sources(*OURS) if imported(path) & clients}
    assert found
    assert {path.parent for path in found} == {Path("icloud_sync/remote")}


def test_remote_calls_no_caldav_method_that_loses_data() -> None:
    files = sources("icloud_sync/remote")
    assert files
    assert {path.name: methods_called(path) & UNSAFE for path in files} == {
        path.name: set() for path in files
    }


def test_of_caldav_only_the_good_parts_are_used() -> None:
    nodes = [
        node
        for path in sources("icloud_sync/remote")
        for node in ast.walk(ast.parse(path.read_text()))
    ]
    names = {
        alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("caldav")
        for alias in node.names
    }
    assert names == USED
    plain = [node for node in nodes if isinstance(node, ast.Import)]
    assert not [alias.name for node in plain for alias in node.names if "caldav" in alias.name]


def test_remote_knows_no_rows() -> None:
    for path in sources("icloud_sync/remote"):
        assert "django" not in imported(path), path
