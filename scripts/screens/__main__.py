"""`python -m scripts.screens [--dir RUN] [--only WORD …]`: take every screenshot of the tables.

Starts a run of its own, or visits the one in RUN (`civicprobe demo --dir RUN`). Each table is a
module of this package with `SCREENS`; name a new one in TABLES. What is wider than its screen or
throws an error is told, and the exit status is 1.
"""

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

from civicprobe.demo.story import Caller, StoryFault
from civicprobe.grid.coords import Point
from scripts.screens import admin, desks, rider
from scripts.screens.index import write_index
from scripts.screens.parts import City, Look, Screen, Visit

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "screens"
TABLES = (rider, desks, admin)
SCREENS: tuple[Screen, ...] = tuple(screen for table in TABLES for screen in table.SCREENS)
QUALITY, TALLEST_PX, READY_S = 25, 1_400, 300
WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  return [...document.querySelectorAll('body *')]
    .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1)
    .map((e) => `${e.tagName}.${e.className}`).slice(0, 4);
}"""


def main() -> int:
    """Take what is asked for, else all; then write the index."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, help="a run that is up")
    parser.add_argument("--only", nargs="*", default=[], help="screens whose file holds a word")
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with run_at(asked.dir) as city, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        for screen in SCREENS:
            looks = [
                look
                for look in screen.looks
                if not asked.only or any(word in screen.file(look) for word in asked.only)
            ]
            for look in looks:
                faults += take(chromium, city, screen, look, asked.out)
        chromium.close()
    write_index(asked.out, SCREENS)
    print(*faults, sep="\n")
    return 1 if faults else 0


def take(browser: Browser, city: City, screen: Screen, look: Look, out: Path) -> list[str]:
    """One screenshot; what was wrong with it."""
    name, heard = screen.file(look), []
    whose = f"cookies {screen.rider or screen.who}"
    context = browser.new_context(
        viewport={"width": look.width, "height": 900 if look.width > 800 else 760},
        locale={"zh": "zh-CN", "en": "en-GB"}[look.locale],
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if look.scheme == "dark" else "light",
        reduced_motion="reduce",
        java_script_enabled=look.scripts,
        storage_state=city.kept.get(whose) if screen.rider or screen.who else None,
        **dict(screen.options),
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda fault: heard.append(f"{name}: {fault}"))
    try:
        if screen.who and whose not in city.kept:  # once: signing in is slowed down on purpose
            sign_in(page, city, screen.who)
            city.kept[whose] = context.storage_state()
        screen.show(Visit(page, city, look))
        if screen.rider:
            city.kept.setdefault(whose, context.storage_state())
        heard += [f"{name}: too wide: {part}" for part in (page.evaluate(WIDE))]
        keep(page, out / name, whole=screen.whole)
        print(name, flush=True)
    except (Error, AssertionError, StoryFault) as fault:
        heard.append(f"{name}: {str(fault).partition('Aria snapshot')[0].strip()}")
    finally:
        context.close()
    return heard


def sign_in(page: Page, city: City, who: str) -> None:
    """As one of the run's people."""
    page.goto(f"{city.url}/login")
    page.fill("[name=username]", city.logins[who]["name"])
    page.fill("[name=password]", city.logins[who]["password"])
    page.click("main button")
    page.wait_for_url(lambda address: "/login" not in address)


def keep(page: Page, file: Path, *, whole: bool) -> None:
    """The screen, or with `whole` all of the page, cut where it grows tall; a small WebP."""
    size = page.viewport_size
    if whole and size:  # what sticks to the lower edge goes there
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({**size, "height": min(TALLEST_PX, max(size["height"], tall))})
    with Image.open(BytesIO(page.screenshot(animations="disabled"))) as shot:
        shot.convert("RGB").save(file, "WEBP", quality=QUALITY, method=6)


@contextmanager
def run_at(folder: Path | None) -> Iterator[City]:
    """The run in a folder, or one of our own that ends with the block."""
    if folder is not None:
        yield read_run(folder)
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    aside = Path(tempfile.mkdtemp(prefix="civicprobe-screens-"))
    program = Path(sys.executable).with_name("civicprobe")
    command: Sequence[str] = (str(program), "demo", "--dir", str(aside), "--port", str(port))
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + READY_S
        while not (aside / "demo.json").exists() or not _has_story(aside):
            if run.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"no run to visit: see {aside / 'logs'}")
            time.sleep(0.5)
        yield read_run(aside)
    finally:
        run.send_signal(signal.SIGINT)
        run.wait(timeout=60)
        shutil.rmtree(aside, ignore_errors=True)


def read_run(folder: Path) -> City:
    """What a run tells of itself; its spot is where its own story took place."""
    told = json.loads((folder / "demo.json").read_text())
    caller = Caller(told["url"], told["tokens"])
    number = _own_cases(caller)[-1]["number"]
    report = caller.ask("office", "GET", f"/api/v1/reports/{number}")
    spot = Point(report["place"]["lat"], report["place"]["lon"])
    return City(told["url"], spot, report["unit"], caller, told["logins"])


def _has_story(folder: Path) -> bool:
    """Whether the run's own case is closed: the folder tells it as soon as the server is up."""
    told = json.loads((folder / "demo.json").read_text())
    cases = _own_cases(Caller(told["url"], told["tokens"]))
    return bool(cases) and cases[0]["state"] == "closed"


def _own_cases(caller: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.ask("unit", "GET", "/api/v1/queue?limit=100")["items"]
    return found


if __name__ == "__main__":
    sys.exit(main())
