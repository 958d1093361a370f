"""`civicprobe demo` as people and programs meet it: told, kept alive, stopped without trace."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from uuid import uuid4

import pytest

from bench.city import free_port
from civicprobe.grid.coords import Point
from civicprobe.samples import Scene, Shot, photograph

COMMAND = (sys.executable, "-c", "from civicprobe.cli import main; main()", "demo")
STEPS = [
    "submitted",
    "placed",
    "assigned",
    "filed",
    "dispatched",
    "accepted",
    "handled",
    "inspected",
    "closed",
    "rider",
]


class Demo:
    """A demo in a process of its own, on a port and folder of its own."""

    def __init__(self, folder: Path, port: int, *more: str) -> None:
        self.folder, self.port = folder, port
        folder.mkdir(parents=True, exist_ok=True)
        self.out = folder / "said.txt"
        environ = {**os.environ, "CIVICPROBE_MAX_PIXELS": "not for the demo", "LANG": "C.UTF-8"}
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [*COMMAND, "--dir", str(folder), "--port", str(port), *more],
                cwd="/",
                env=environ,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.out.read_text(encoding="utf-8")

    def access(self) -> dict:
        known: dict = json.loads((self.folder / "demo.json").read_text())
        return known

    def wait_for(self, words: str, within_s: float = 90) -> None:
        deadline = time.monotonic() + within_s
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def ask(self, who: str, path: str, data: bytes | None = None, method="GET", kind="text/html"):
        access = self.access()
        request = urllib.request.Request(
            access["url"] + path,
            data=data,
            method=method,
            headers={"Authorization": f"Bearer {access['tokens'][who]}", "Content-Type": kind},
        )
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.read()

    def part(self, name: str) -> int:
        """The process of a part, by its command line."""
        parts = json.loads((self.folder / "run.json").read_text())["parts"]
        found = [pid for pid in parts if name in words_of(Path("/proc") / pid / "cmdline")]
        return int(found[0]) if found else 0


def words_of(file: Path) -> str:
    try:
        return file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def left_in(folder: Path) -> list[str]:
    """Every live process that has to do with a run in this folder."""
    marks = (f"CIVICPROBE_VAR_DIR={folder} ", f"{folder}/", f"--dir {folder} ")
    return [
        words_of(entry / "cmdline")
        for entry in Path("/proc").glob("[0-9]*")
        if any(m in words_of(entry / "environ") + words_of(entry / "cmdline") for m in marks)
        and int(entry.name) != os.getpid()
    ]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo that serves; ended by force if a test did not end it."""
    run = Demo(tmp_path_factory.mktemp("demo") / "run", free_port())
    try:
        run.wait_for("Ctrl-C")
        yield run
    finally:
        run.process.kill()
        run.process.wait()


def test_it_tells_the_main_job_step_by_step(demo):
    steps = re.findall(r"^ +\d+\.\d\d s  (\w+) ", demo.said(), re.MULTILINE)
    assert steps == STEPS
    assert "老周（微网格网格员），就在这个网格里。" in demo.said()
    for door in ("/r", "/g", "/h", "/o"):
        assert f"/login?next={door}" in demo.said() or f"{door}\n" in demo.said()


def test_programs_find_their_way_by_demo_json(demo):
    access = demo.access()
    roles = {"rider", "member", "unit", "office", "district", "admin"}
    assert access.keys() == {"url", "pid", "tokens", "logins", "district", "edition"}
    assert access["tokens"].keys() == roles
    assert access["logins"].keys() == roles - {"rider"}
    assert access["url"] == f"http://127.0.0.1:{demo.port}"
    assert access["pid"] == demo.process.pid
    assert stat.S_IMODE((demo.folder / "demo.json").stat().st_mode) == 0o600
    for who, page in (("rider", "/r"), ("member", "/g"), ("unit", "/h"), ("office", "/o"),
                      ("district", "/o"), ("admin", "/o")):  # fmt: skip
        assert b"<html" in demo.ask(who, page)
        assert "items" in json.loads(demo.ask(who, "/api/v1/queue"))
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(access["url"] + "/api/v1/queue")


def test_every_role_can_sign_in_where_it_says(demo):
    for login in demo.access()["logins"].values():
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        url = f"http://127.0.0.1:{demo.port}/login"
        form = opener.open(url, timeout=15).read().decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        data = {"username": login["name"], "password": login["password"], "csrf_token": token[1]}
        answer = opener.open(url, urllib.parse.urlencode(data).encode(), timeout=15)
        assert urllib.parse.urlsplit(answer.url).path in {"/g", "/h", "/o"}


def test_a_second_run_and_a_taken_port_are_refused(demo, tmp_path):
    second = subprocess.run(
        [*COMMAND, "--dir", str(demo.folder)], check=False, capture_output=True, text=True
    )
    assert second.returncode == 1
    assert f"process {demo.process.pid}" in second.stderr
    taken = [*COMMAND, "--dir", str(tmp_path / "other"), "--port", str(demo.port)]
    other = subprocess.run(taken, check=False, capture_output=True, text=True)
    assert other.returncode == 1
    assert f"port {demo.port} cannot be used" in other.stderr
    assert not list(tmp_path.rglob("*.db")), "refused before anything was made"
    assert demo.process.poll() is None


def test_a_photo_sent_is_assigned_soon_in_the_grid_that_holds_the_point(demo):
    """How soon is measured by the bench (`latency-sqlite`, `latency-postgresql`)."""
    number = re.search(r"C\d{4}-\d{4}-\d", demo.said())[0]
    spot = json.loads(demo.ask("admin", f"/api/v1/reports/{number}"))["place"]
    point = Point(spot["lat"], spot["lon"])
    there = json.loads(demo.ask("admin", f"/api/v1/grid/locate?lat={point.lat}&lon={point.lon}"))
    reports = [assigned(demo, point, seed) for seed in range(20)]
    grids = {report["areas"]["micro"]["code"] for report in reports}
    assert grids == {there["areas"]["micro"]["code"]}
    assert {report["assignee"]["alias"] for report in reports} == {"老周"}


def assigned(demo: Demo, point: Point, seed: int) -> dict:
    """A report sent with a photo, once it is assigned."""
    path, kind = f"/api/v1/reports/{uuid4()}", "application/json"
    demo.ask("rider", path, b'{"photos": 1}', "PUT", kind)
    shot = Shot(datetime.now(UTC), point)
    photo = photograph(Scene.BLOCKED_LANE, shot, size=(640, 480), seed=seed)
    demo.ask("rider", f"{path}/photos/1", photo, "PUT", "image/jpeg")
    end = time.monotonic() + 60
    report: dict = {"state": "received"}
    while report["state"] == "received":
        assert time.monotonic() < end, report
        time.sleep(0.03)
        report = json.loads(demo.ask("rider", path))
    assert report["state"] == "assigned", report
    return report


def test_a_part_that_is_killed_is_back(demo):
    before = demo.part("workers.relay")
    os.kill(before, signal.SIGKILL)
    end = time.monotonic() + 60
    while demo.part("workers.relay") in (0, before):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_stopped_by_ctrl_c_it_leaves_nothing_and_the_next_run_takes_over(demo):
    access = demo.access()
    assert left_in(demo.folder)
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(60) == 0, demo.said()
    assert left_in(demo.folder) == []

    again = Demo(demo.folder, demo.port, "--once", "--lang", "en")
    assert again.process.wait(90) == 0, again.said()
    assert "The main job" in again.said()
    assert "合成" not in again.said()
    assert left_in(demo.folder) == []
    assert again.access()["tokens"] == access["tokens"]
    assert again.access()["logins"] == access["logins"]


def test_after_a_kill_nothing_runs_on_and_a_stop_before_closed_is_no_success(demo):
    killed = Demo(demo.folder, demo.port)
    killed.wait_for("主流程")
    killed.process.kill()
    killed.process.wait()
    stopped = Demo(demo.folder, demo.port)
    stopped.wait_for("启动服务器")
    stopped.process.terminate()
    assert stopped.process.wait(60) == 1
    assert "stopped before the main job was done" in stopped.said()
    assert not (demo.folder / "demo.json").exists()
    assert left_in(demo.folder) == []
