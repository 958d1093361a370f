"""Keeps the parts of an embedded run alive, and leaves none behind.

Each part has its own process group and log. A part that dies is started again; five deaths within
half a minute end the run. A part ends with its supervisor, also when that is killed: `leash` sees
to it, and the next start ends what is left by pid and start time.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from civicprobe.demo.leftovers import end_leftovers, signal_group, write_record

DEATHS, WITHIN_S = 5, 30.0
LOOK_EVERY_S = 0.2
STOP_S = 7.0  # for each of two waves, and the broker's server takes 9 s at worst: 25 in all
LEASH = Path(__file__).with_name("leash.py")
R = TypeVar("R")


class RunFault(RuntimeError):
    """The run cannot start or go on; the message says why and what helps."""


@dataclass(frozen=True)
class Part:
    """One process of a run; what others need until their end is `stopped_last`."""

    name: str
    argv: tuple[str, ...]
    nice: int = 0
    stopped_last: bool = False


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

    def beside(self, work: Callable[[], R]) -> R:
        """Do `work` in a thread while the parts are looked after here; its result or its fault."""
        future: Future[R] = Future()
        threading.Thread(target=_settle, args=(future, work), daemon=True).start()
        self.wait(future.done, float("inf"))
        return future.result()

    def stop(self) -> None:
        """End every part: asked, then after a while killed; what others need goes last."""
        for last in (False, True):
            _end([item for item in self._running if item.part.stopped_last is last])
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
        signal_group(item.process.pid, signal.SIGKILL)  # what is left of its group
        item.process = self._spawn(item.part)
        self._note()

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        with (self._logs / f"{part.name}.log").open("ab") as log:
            return subprocess.Popen(
                [*python("-ISs", str(LEASH)), str(os.getpid()), str(part.nice), *part.argv],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _note(self) -> None:
        write_record(self._record, [item.process.pid for item in self._running])


def _end(items: Sequence[_Running]) -> None:
    for item in items:
        signal_group(item.process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    for item in items:
        with contextlib.suppress(subprocess.TimeoutExpired):
            item.process.wait(max(0.1, deadline - time.monotonic()))
    for item in items:
        signal_group(item.process.pid, signal.SIGKILL)
        item.process.wait(STOP_S)


def _settle(future: Future[R], work: Callable[[], R]) -> None:
    try:
        future.set_result(work())
    except BaseException as fault:  # it is raised where the result is asked for
        future.set_exception(fault)


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


def _tail(log: Path, lines: int = 12) -> str:
    try:
        words: Sequence[str] = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return "\n".join(f"  {line[:200]}" for line in words[-lines:])
