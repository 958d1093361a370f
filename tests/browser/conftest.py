"""A real run of the demo and a real Chromium; or a skip that says how to get one."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from civicprobe.demo.story import Caller
from civicprobe.grid.coords import Point

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
START_S = 240.0
PATIENCE_MS = 30_000  # how soon is the bench's to say: a busy machine is no fault
PHONE, DESK = {"width": 360, "height": 760}, {"width": 1280, "height": 900}

expect.set_options(timeout=PATIENCE_MS)

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium; on Debian: apt-get install chromium fonts-noto-cjk",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(needs_chromium)
            item.add_marker(pytest.mark.timeout(300))  # the first waits for the demo


@dataclass
class City:
    """The running demo: where it is, who can sign in, and a point where a member serves. `unit` had
    the demo's own case; `caller` speaks to the API as any of its people."""

    url: str
    logins: dict[str, dict[str, str]]
    spot: Point
    pid: int
    folder: Path
    unit: int
    caller: Caller
    # Who has signed in already: a name may do so ten times in five minutes, as anybody's may.
    signed_in: dict[str, Any] = field(default_factory=dict)


@dataclass
class People:
    """Opens browsers as this or that person; each refuses to be quiet about a broken page."""

    browser: Browser
    city: City
    keep: ExitStack
    faults: list[str]

    def rider(self, **options: Any) -> Page:
        return self._page(PHONE, **options)

    def staff(self, who: str, size: dict[str, int] | None = None, **options: Any) -> Page:
        size = size or (DESK if who in ("office", "district", "admin") else PHONE)
        if who in self.city.signed_in:
            return self._page(size, storage_state=self.city.signed_in[who], **options)
        page = self._page(size, **options)
        page.goto(f"{self.city.url}/login")
        page.fill("[name=username]", self.city.logins[who]["name"])
        page.fill("[name=password]", self.city.logins[who]["password"])
        page.click("main button")
        page.wait_for_url(lambda address: "/login" not in address)
        self.city.signed_in[who] = page.context.storage_state()
        return page

    def _page(self, size: dict[str, int], **options: Any) -> Page:
        base = {"viewport": size, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        context: BrowserContext = self.browser.new_context(**{**base, **options})
        self.keep.callback(context.close)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        page.on("console", self._note)
        return page

    def _note(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _city(folder: Path) -> City:
    """What the demo tells of itself; its own report lay at the spot."""
    told = json.loads((folder / "demo.json").read_text())
    caller = Caller(told["url"], told["tokens"])
    number = caller.ask("unit", "GET", "/api/v1/queue?limit=100")["items"][-1]["number"]
    report = caller.ask("office", "GET", f"/api/v1/reports/{number}")
    spot = Point(report["place"]["lat"], report["place"]["lon"])
    return City(told["url"], told["logins"], spot, told["pid"], folder, report["unit"], caller)


@pytest.fixture(scope="session")
def city(tmp_path_factory) -> Iterator[City]:
    if up := os.environ.get("TEST_CITY"):  # a demo that is up: its folder
        yield _city(Path(up))
        return
    folder = tmp_path_factory.mktemp("demo")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("CIVICPROBE_")}
    command = Path(sys.executable).with_name("civicprobe")
    arguments = [str(command), "demo", "--dir", str(folder), "--port", str(_free_port())]
    with (folder / "log").open("w") as log:
        run = subprocess.Popen(arguments, stdout=log, stderr=subprocess.STDOUT, env=environ)
    try:
        end = time.monotonic() + START_S
        while "Ctrl-C" not in (folder / "log").read_text():
            assert run.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.2)
        yield _city(folder)
    finally:
        run.send_signal(signal.SIGINT)
        run.wait(timeout=30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def people(browser, city) -> Iterator[People]:
    with ExitStack() as keep:
        found = People(browser, city, keep, [])
        yield found
        assert found.faults == []
