"""Keeps the parts of an embedded run alive, and leaves none behind.

Each part has its own process group and log. A part that dies is started again; five deaths within
half a minute end the run. A part ends with its supervisor, also when that is killed: the kernel
tells it (Linux), and the next start ends what is left by pid and start time.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DEATHS, WITHIN_S = 5, 30.0
LOOK_EVERY_S = 0.2
STOP_S = 10.0
PR_SET_PDEATHSIG = 1


class RunFault(RuntimeError):
    """The run cannot start or go on; the message says why and what helps."""


@dataclass(frozen=True)
class Part:
    """One process of a run."""

    name: str
    argv: tuple[str, ...]
    nice: int = 0


@dataclass
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    deaths: deque[float] = field(default_factory=deque)


class Supervisor:
    """The parts of the run in one folder; use as a context, so that all end with it."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._logs = folder / "logs"
        self._record = folder / "run.json"
        self._environ = {**_without_settings(os.environ), **environ}
        self._running: list[_Running] = []

    def __enter__(self) -> "Supervisor":
        self._logs.mkdir(parents=True, exist_ok=True)
        end_leftovers(self._record)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, part: Part) -> None:
        """Start a part, from now on kept alive by `look`."""
        self._running.append(_Running(part, self._spawn(part)))
        self._note()

    def look(self) -> None:
        """Start again what has died; raises RunFault when a part dies too often."""
        for item in self._running:
            if item.process.poll() is not None:
                self._again(item)

    def wait(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Look after the parts until `done` says so; False when the time is up."""
        deadline = time.monotonic() + timeout_s
        while not done():
            if time.monotonic() > deadline:
                return False
            self.look()
            time.sleep(LOOK_EVERY_S)
        return True

    def stop(self) -> None:
        """End every part, the last started first: asked, then after a while killed."""
        groups = [item.process.pid for item in reversed(self._running)]
        for pid in groups:
            _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for item in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                item.process.wait(max(0.1, deadline - time.monotonic()))
        for item in self._running:
            _signal(item.process.pid, signal.SIGKILL)
            item.process.wait(STOP_S)
        self._running.clear()
        self._record.unlink(missing_ok=True)

    def pids(self) -> dict[str, int]:
        """Part to process."""
        return {item.part.name: item.process.pid for item in self._running}

    def _again(self, item: _Running) -> None:
        now = time.monotonic()
        item.deaths.append(now)
        while item.deaths and now - item.deaths[0] > WITHIN_S:
            item.deaths.popleft()
        if len(item.deaths) >= DEATHS:
            log = self._logs / f"{item.part.name}.log"
            raise RunFault(
                f"{item.part.name} died {DEATHS} times within {WITHIN_S:.0f} s; its last words:\n"
                f"{_tail(log)}\nThe whole log: {log}"
            )
        _signal(item.process.pid, signal.SIGKILL)  # what is left of its group
        item.process = self._spawn(item.part)
        self._note()

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        with (self._logs / f"{part.name}.log").open("ab") as log:
            return subprocess.Popen(
                part.argv,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _prepare(part.nice),  # noqa: PLW1509  # one thread here
            )

    def _note(self) -> None:
        seen = {str(item.process.pid): _started(item.process.pid) for item in self._running}
        self._record.write_text(json.dumps(seen), encoding="utf-8")


def end_leftovers(record: Path) -> int:
    """End what a killed run left, known by pid and start time; how many process groups."""
    try:
        seen = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0
    ended = 0
    for pid, started in seen.items():
        if started is not None and _started(int(pid)) == started:
            _signal(int(pid), signal.SIGTERM)
            _wait_gone(int(pid))
            _signal(int(pid), signal.SIGKILL)
            ended += 1
    record.unlink(missing_ok=True)
    return ended


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this run; raises RunFault when another run has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise RunFault(
                f"a run is already going on in {folder} (process {lock.read().strip() or '?'}); "
                "stop it, or name another folder with --dir"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def python(*args: str) -> tuple[str, ...]:
    """The command of this very Python."""
    return (sys.executable, *args)


def _without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """A run has its own settings: those of the shell would mix two databases up."""
    return {name: value for name, value in environ.items() if not name.startswith("CIVICPROBE_")}


def _prepare(nice: int) -> None:
    os.nice(nice)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _started(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state == "Z" else int(rest[18])


def _wait_gone(pid: int) -> None:
    deadline = time.monotonic() + STOP_S
    while _started(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.05)


def _tail(log: Path, lines: int = 12) -> str:
    try:
        words: Sequence[str] = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return "\n".join(f"  {line[:200]}" for line in words[-lines:])
