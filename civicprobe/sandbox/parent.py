"""The worker's end of a sandbox: one child a process, started on first use and when it is gone."""

import atexit
import contextlib
import io
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import structlog

from civicprobe.sandbox.jobs import CHUNK, Died, SandboxFault, pack, unpack, widen

log = structlog.get_logger()

START_S = 60.0  # a busy machine; a child that has not said it is ready by then will not
_GRACE_S = 5.0
# Nothing of the worker's environment: its addresses and keys are none of a decoder's business.
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    # A fork begins with no memory at hand: large pages spare a 12 MP photo 13 of 96 ms (measured).
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


@dataclass(frozen=True)
class Done:
    """What a job answered, and what it used."""

    answer: Mapping[str, Any]
    blobs: list[bytes]
    peak_bytes: int
    cpu_s: float


class Sandbox:
    """Runs the jobs of a module (its `JOBS` by name, after its `warm()`) in a child process.

    Threads take turns: one core of work at a time. A forked worker starts a child of its own.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def run(self, job: str, data: bytes, wall_s: float, **args: Any) -> Done:
        """The answer of a job over these bytes.

        Raises Died when the work ended its child, SandboxFault when something else did.
        """
        with self._turn:
            try:
                ended, blobs = self._ask(pack({"job": job, "args": args}, [data]), wall_s)
            except BaseException:  # a time limit's too: half a frame must not meet the next work
                self.close()
                raise
        return _judged(job, ended, blobs[0])

    def close(self) -> None:
        """End the child; the next work starts another."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        with contextlib.suppress(OSError):
            process.communicate()

    def _ask(self, frame: list[bytes], wall_s: float) -> tuple[dict[str, Any], list[bytes]]:
        process = self._started()
        try:
            for piece in frame:
                _pipe(process.stdin).write(piece)
            _pipe(process.stdin).flush()
            return _frame_from(process, wall_s + _GRACE_S)
        except (OSError, EOFError, ValueError) as fault:
            raise SandboxFault(f"the sandbox of {self._module} is gone") from fault

    def _started(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # a fork's: the pipes belong to whoever started it
            self._process, self._owner = None, os.getpid()
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = self._start()
        return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-m", "civicprobe.sandbox.child", self._module]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_ENVIRONMENT
        )
        atexit.register(self.close)
        widen(_pipe(process.stdout).fileno())
        widen(_pipe(process.stdin).fileno())
        try:
            _frame_from(process, START_S)
        except (OSError, EOFError, ValueError) as fault:
            process.kill()
            process.communicate()
            raise SandboxFault(f"the sandbox of {self._module} does not start") from fault
        return process


def _judged(job: str, ended: Mapping[str, Any], answer: bytes) -> Done:
    try:
        said, blobs = unpack(io.BytesIO(answer).read)
    except (EOFError, ValueError, KeyError):
        said, blobs = {}, []
    if "answer" in said:
        return Done(said["answer"], blobs, ended["peak_bytes"], ended["cpu_s"])
    log.warning("sandbox_died", job=job, fault=said.get("fault"), **ended)
    if not ended["in_time"] or ended["killed_by"] == signal.SIGKILL:
        raise SandboxFault(f"{job} was stopped")
    if ended["killed_by"] == signal.SIGXCPU:
        raise Died("too_slow")
    raise Died("too_heavy" if said.get("died") == "too_heavy" else "crashed")


def _frame_from(
    process: subprocess.Popen[bytes], within_s: float
) -> tuple[dict[str, Any], list[bytes]]:
    """The child's next frame; raises TimeoutError (an OSError), EOFError or ValueError."""
    until = time.monotonic() + within_s
    descriptor = _pipe(process.stdout).fileno()

    def read(size: int) -> bytes:
        parts, left = [], size
        while left:
            wait_s = max(0.0, until - time.monotonic())
            if not select.select([descriptor], [], [], wait_s)[0]:
                raise TimeoutError
            part = os.read(descriptor, min(left, CHUNK))
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    return unpack(read)


def _pipe(stream: Any) -> io.BufferedRWPair:
    return cast("io.BufferedRWPair", stream)
