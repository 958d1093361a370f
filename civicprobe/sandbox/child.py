"""`python -m civicprobe.sandbox.child MODULE`: imports the module's JOBS once, forks for each work.

The process that was started only hands frames on and counts; the fork that opens the bytes may
open nothing else: no file, no connection, and it ends with its answer.
"""

import gc
import importlib
import math
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from civicprobe.sandbox.jobs import CHUNK, Job, pack, unpack, widen


def main() -> None:
    """Serve until standard input ends, which it does with the worker that started this."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the worker's own end decides
        signal.signal(number, signal.SIG_IGN)
    module = importlib.import_module(sys.argv[1])
    module.warm()  # a fork can import nothing more
    jobs: Mapping[str, Job] = module.JOBS
    gc.freeze()  # a fork that does not look through these objects need not copy them
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)  # what a library prints is no answer
    outgoing.writelines(pack({"ready": True}))
    outgoing.flush()
    while True:
        try:
            header, blobs = unpack(incoming.read)
        except EOFError:
            return
        outgoing.writelines(_serve(jobs[header["job"]], blobs[0], header["args"]))
        outgoing.flush()
        del blobs


def _serve(job: Job, data: bytes, args: Mapping[str, Any]) -> list[bytes]:
    """Fork, read what the fork answers, and say how it ended."""
    answers, own = os.pipe()
    widen(answers)
    pid = os.fork()
    if pid == 0:
        _work(job, data, args, own)
    os.close(own)
    answer, is_whole = _read(answers, job)
    os.close(answers)
    os.kill(pid, signal.SIGKILL)  # nothing to one that has ended
    _, status, used = os.wait4(pid, 0)
    ended = {
        "killed_by": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "in_time": is_whole,
        "peak_bytes": used.ru_maxrss * 1024,
        "cpu_s": round(used.ru_utime + used.ru_stime, 4),
    }
    return pack(ended, [answer])


def _read(answers: int, job: Job) -> tuple[bytes, bool]:
    """The answer, and whether it ended by itself: in time and within its size."""
    until, left = time.monotonic() + job.wall_s, job.most_bytes
    parts: list[bytes] = []
    while left > 0:
        if not select.select([answers], [], [], max(0.0, until - time.monotonic()))[0]:
            break
        part = os.read(answers, CHUNK)
        if not part:
            return b"".join(parts), True
        parts.append(part)
        left -= len(part)
    return b"", False


def _work(job: Job, data: bytes, args: Mapping[str, Any], answers: int) -> NoReturn:
    """Do the job as somebody who has nothing but memory and time, and little of both."""
    try:
        _confine(job, answers)
        try:
            frame = pack(*_wrapped(job, data, args))
        except MemoryError:
            frame = pack({"died": "too_heavy"})
        except Exception as fault:  # a job that fails must not take the answer along
            frame = pack({"died": "crashed", "fault": type(fault).__name__})
        for piece in frame:
            _write(piece)
    finally:
        os._exit(0)


def _wrapped(job: Job, data: bytes, args: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    answer, blobs = job.function(data, args)
    return {"answer": answer}, list(blobs)


def _confine(job: Job, answers: int) -> None:
    signal.alarm(math.ceil(job.wall_s) + 1)  # should whoever watches over it be gone
    os.dup2(answers, 1)
    os.closerange(3, 64)
    for what, most, at_last in (
        (resource.RLIMIT_DATA, job.memory_bytes, job.memory_bytes),
        (resource.RLIMIT_CPU, job.cpu_s, job.cpu_s + 1),  # SIGXCPU, which tells; then SIGKILL
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, 3, 3),
    ):
        resource.setrlimit(what, (most, at_last))


def _write(piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
