"""The first hour as docs/first-hour.md tells it: an empty installation, and what it says to do."""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from civicprobe.broker import broker_at
from tests.browser.hour import Step, read_steps

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PASSWORD = "first hour 2026"
SEEN_WITHIN_S = 120.0
# Where pictures of the page go, to be looked at and kept beside it; usually nowhere.
PICTURES = os.environ.get("FIRST_HOUR_PICTURES")


@dataclass
class Newcomer:
    """Does what the page says, in a folder of its own, with a window for each person."""

    browser: Browser
    folder: Path
    url: str
    keep: ExitStack
    environ: dict[str, str]
    pages: dict[str, Page] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    number: str = ""
    page: Page = None  # type: ignore[assignment]
    filled: dict[str, str] = field(default_factory=dict)

    def do(self, step: Step) -> None:
        getattr(self, f"_{step.kind}")(step.what.replace("NUMBER", self.number), step.value)

    def _run(self, line: str, _value: str) -> None:
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.environ[name] = value
        elif line.startswith("make "):
            self._start(line)
        else:
            command = shlex.split(line)
            asked = f"{PASSWORD}\n{PASSWORD}\n"
            subprocess.run(
                [str(Path(sys.executable).with_name(Path(command[0]).name)), *command[1:]],
                cwd=ROOT, env=self.environ, input=asked, text=True, check=True,
                start_new_session=True, capture_output=True,
            )  # fmt: skip

    def _start(self, line: str) -> None:
        """What goes on running: ended with the hour, its children too."""
        log = (self.folder / f"{line.replace(' ', '-')}.log").open("w")
        self.keep.callback(log.close)
        run = subprocess.Popen(
            shlex.split(line), cwd=ROOT, env=self.environ, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        self.keep.callback(end, run)
        if line == "make run":
            answers(self.url)

    def _who(self, name: str, _value: str) -> None:
        if name not in self.pages:
            context = self.browser.new_context(
                viewport={"width": 360, "height": 760}
                if name == "rider"
                else {"width": 1024, "height": 800},
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
            )
            self.keep.callback(context.close)
            self.pages[name] = context.new_page()
            if name != "rider":
                self._enter(name)
        self.page = self.pages[name]

    def _enter(self, name: str) -> None:
        page = self.pages[name]
        if name in self.codes:
            page.goto(f"{self.url}/login/reset")
            page.fill("#username", name)
            page.fill("#code", self.codes.pop(name))
            page.fill("#password", PASSWORD)
            page.click("main button")
            page.wait_for_url("**/login")
        page.goto(f"{self.url}/login")
        page.fill("#username", name)
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_url(lambda address: "/login" not in address)

    def _open(self, path: str, _value: str) -> None:
        if self.page is None:  # before there is anybody
            return self._who_is_nobody(path)
        self.filled.clear()
        self.page.goto(self.url + path)
        return None

    def _who_is_nobody(self, path: str) -> None:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            assert answer.status == 200

    def _press(self, words: str, _value: str) -> None:
        button = self.page.get_by_role("button", name=words, exact=True)
        link = self.page.get_by_role("link", name=words, exact=True)
        summary = self.page.locator("summary", has_text=words)
        label = self.page.locator("label", has_text=words)
        either = button.or_(link).or_(summary).or_(label).filter(visible=True)
        expect(either.first).to_be_visible(timeout=10_000)  # what was pressed before may open it
        at = seen_first(button, link, summary, label)
        if words == "拍隐患":  # the camera comes with the photo, below
            return
        at.click()

    def _fill(self, label: str, value: str) -> None:
        value = value.replace("NUMBER", self.number)
        self.filled[label] = value
        at = self.page.get_by_label(re.compile(f"^{re.escape(label)}"))
        if value.startswith("docs/"):
            files = self.page.locator("input[type=file]")
            chosen = seen_first(at) if label != "照片" else files.first
            chosen.set_input_files(ROOT / value)
            return
        tile = self.page.get_by_role("group", name=label).get_by_role("radio", name=value)
        expect(tile.or_(at).first).to_be_visible(timeout=10_000)  # what was pressed opens it
        if tile.count():
            tile.first.check()
            return
        found = seen_first(at)
        if found.evaluate("e => e.tagName") == "SELECT":
            found.select_option(label=value)
        else:
            found.fill(value)

    def _see(self, words: str, _value: str) -> None:
        self._wait_for(words)
        if words == "一次性代码":
            self.codes[self.filled["用户名"]] = self.page.locator(".quote.number").inner_text()
        if words == "已收到":
            found = re.search(r"C\d{4}-\d{4}-\d", self.page.locator("main").inner_text())
            assert found
            self.number = found[0]

    def _wait_for(self, words: str) -> None:
        """At once, or after looking again: workers take their time."""
        at = self.page.locator("main").get_by_text(words).first
        with contextlib.suppress(AssertionError):
            expect(at).to_be_visible(timeout=5_000)
            return
        until = time.monotonic() + SEEN_WITHIN_S
        while not at.is_visible():
            assert time.monotonic() < until, f"{words} never stood on {self.page.url}"
            self.page.reload()
            self.page.wait_for_timeout(500)

    def _part(self, title: str, _value: str) -> None:
        """When each part began: the page gives these times."""
        if PICTURES:
            with (Path(PICTURES) / "times.txt").open("a") as file:
                file.write(f"{time.monotonic():.0f} s: {title}\n")

    def _shown(self, image: str, _value: str) -> None:
        assert (DOCS / image).is_file(), image
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / Path(image).name)


def seen_first(*wanted: Locator) -> Locator:
    """The first of these that a person could use now."""
    for at in wanted:
        for one in at.all():
            if one.is_visible():
                return one
    raise AssertionError(f"nothing to use: {wanted[0]}")


def answers(url: str) -> None:
    end_s = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"{url}/health/live", timeout=2).close()
            return
        except OSError:
            assert time.monotonic() < end_s, "the server does not answer"
            time.sleep(0.2)


def end(run: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGTERM)
    try:
        run.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


@pytest.fixture
def newcomer(browser, tmp_path) -> Iterator[Newcomer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environ = {k: v for k, v in os.environ.items() if not k.startswith("CIVICPROBE_")}
    environ |= {
        "CIVICPROBE_VAR_DIR": str(tmp_path / "var"),
        "CIVICPROBE_PUBLIC_URL": url,
        "PORT": str(port),
    }
    with ExitStack() as keep:
        keep.callback(lambda: broker_at(tmp_path / "var").stop())
        yield Newcomer(browser, tmp_path, url, keep, environ)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_first_hour_goes_as_its_page_says(newcomer):
    steps = read_steps(DOCS / "first-hour.md")
    kinds = {step.kind for step in steps}
    assert kinds == {"run", "who", "open", "fill", "press", "see", "shown", "part"}
    for step in steps:
        newcomer.do(step)
