"""What a newcomer clones: every name that was promised, nothing of one machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PROMISED_TARGETS = ["setup", "demo", "test", "test-all", "conformance", "shots", "soak", "bench"]
REQUIREMENT = re.compile(r"[A-Za-z0-9_-]+(\[\w+\])?==[\w.]+  # \S.*\S")
PINNED = re.compile(r"[a-z0-9-]+(\[\w+\])?==[\w.]+( ;.*)?")
# Written so that this file does not match itself.
FORBIDDEN = [
    r"--(extra-)?index-" + "url",
    r"--find-" + "links",
    r"--trusted-" + "host",
    r"https?://[\w.]*(pypi|pythonhosted)" + r"\.org",
    r"(?<![\w.~$}])/(home|root|Users|work)" + r"/\w",
]
TEXT = {".py", ".md", ".txt", ".lock", ".toml", ".html", ".css", ".js", ".ini", ".cfg", ""}


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    found = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in found if path.is_file() and path.suffix in TEXT]


@pytest.mark.parametrize("target", PROMISED_TARGETS)
def test_every_promised_make_target_exists(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target, "URL=x"], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("target", ["soak"])
def test_a_target_that_is_not_built_yet_says_so_and_fails(target: str) -> None:
    done = subprocess.run(["make", target], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "is not built yet" in done.stdout) == (2, True)


def test_conformance_without_an_address_asks_for_one() -> None:
    done = subprocess.run(["make", "conformance"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "Name the server" in done.stdout) == (2, True)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_says_why_it_is_there(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line]
    wanted = [line for line in lines if not line.startswith(("#", "-r requirements.txt"))]
    assert [line for line in wanted if not REQUIREMENT.fullmatch(line)] == []


@pytest.mark.parametrize("kind", ["", "-dev"])
def test_every_requirement_stands_in_the_lock_with_its_version(kind: str) -> None:
    lock = (ROOT / f"requirements{kind}.lock").read_text().splitlines()
    pins = {line for line in lock if line and not line.lstrip().startswith("#")}
    assert [line for line in pins if not PINNED.fullmatch(line)] == []
    top = (ROOT / f"requirements{kind}.txt").read_text().splitlines()
    named = [line.split()[0].lower() for line in top if "==" in line]
    assert [name for name in named if not pins & {name, re.sub(r"\[\w+\]", "", name)}] == []


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_tracked_file_names_a_registry_or_a_place_on_one_machine(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in tracked_files()
        for line in path.read_text(errors="ignore").splitlines()
        if re.search(pattern, line)
    ]
    assert found == []
