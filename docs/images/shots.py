"""Takes the README's pictures of a demo of its own, freshly seeded. Run by `make shots`."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
LARGEST = 200_000  # bytes; a README loads all of them
UP_WITHIN = 90  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo on data of its own."""
    web, standin = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        own = {"PORT": str(web), "STANDIN_PORT": str(standin), "REFERINS_DEMO_DATA": folder}
        said = Path(folder) / "said.log"
        with said.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"], cwd=ROOT, env=os.environ | own, stdout=output
            )
        try:
            wait_for_it(process, said)
            yield f"http://localhost:{web}/"
        finally:
            process.terminate()
            process.wait(15)


def wait_for_it(process: "subprocess.Popen[bytes]", said: Path) -> None:
    until = time.monotonic() + UP_WITHIN
    while "Ctrl-C stops everything" not in said.read_text():
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(f"The demo did not come up:\n{said.read_text()}")
        time.sleep(0.2)


def log_in(page: Page, url: str, username: str) -> None:
    page.goto(url)
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", "demo")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()


def wait_for_week(page: Page, url: str) -> None:
    """Until the first import has brought the events of the phone."""
    until = time.monotonic() + UP_WITHIN
    page.goto(url)
    while not page.get_by_text("Dentist").count():
        if time.monotonic() > until:
            sys.exit("The events from iCloud did not arrive in the week page.")
        page.wait_for_timeout(500)
        page.reload()


def shoot(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    print(f"docs/images/{name}.png  {size // 1000} kB")
    if size > LARGEST:
        sys.exit(f"{path.name} is larger than {LARGEST // 1000} kB.")


def open_first(page: Page, url: str, changelist: str) -> None:
    """The change page of the first row; the link itself may be laid out away on narrow pages."""
    page.goto(f"{url}admin/{changelist}/")
    change = page.locator("#result_list a[href*='/change/']").first.get_attribute("href") or ""
    page.goto(url.rstrip("/") + change.partition("?")[0])


def take(page: Page, url: str) -> None:
    log_in(page, f"{url}login/", "anna")
    wait_for_week(page, url)
    shoot(page, "week")
    page.context.clear_cookies()
    log_in(page, f"{url}admin/login/", "admin")
    page.goto(f"{url}admin/")
    shoot(page, "admin")
    open_first(page, url, "calendars/appointment")
    shoot(page, "appointment")
    open_first(page, url, "icloud_sync/icloudconnection")
    shoot(page, "connection")


def main() -> None:
    chromium = shutil.which("chromium")
    if not chromium:
        sys.exit("Chromium is missing. Install it with: sudo apt-get install chromium")
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser.new_page(viewport={"width": 1280, "height": 860}), url)
        browser.close()


if __name__ == "__main__":
    main()
