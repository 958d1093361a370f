"""Jobs that behave as badly as a photo could make a decoder; run by tests of the sandbox."""

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from civicprobe.sandbox import Job
from civicprobe.sandbox.jobs import Answer

MEMORY = 200_000_000


def warm() -> None:
    """Nothing to load."""


def echo(data: bytes, args: Mapping[str, Any]) -> Answer:
    """What came, backwards."""
    return {"pid": os.getpid(), "parent": os.getppid(), **args}, [data[::-1]]


def hog(data: bytes, args: Mapping[str, Any]) -> Answer:
    """More memory than there is."""
    return {"size": len(bytearray(2 * MEMORY))}, []


def spin(data: bytes, args: Mapping[str, Any]) -> Answer:
    """For ever."""
    while True:
        pass


def doze(data: bytes, args: Mapping[str, Any]) -> Answer:
    """For ever, at no cost."""
    time.sleep(3600)
    return {}, []


def crash(data: bytes, args: Mapping[str, Any]) -> Answer:
    """As a decoder does that writes where it must not."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}, []


def stop(data: bytes, args: Mapping[str, Any]) -> Answer:
    """As the system does that has no memory left for anybody."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}, []


def take_over(data: bytes, args: Mapping[str, Any]) -> Answer:
    """The process that forks goes as well."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(3600)
    return {}, []


def fail(data: bytes, args: Mapping[str, Any]) -> Answer:
    """A mistake of ours."""
    raise KeyError("a rider's words")


def flood(data: bytes, args: Mapping[str, Any]) -> Answer:
    """More answer than anybody asked for."""
    return {}, [bytes(100_000)] * 100


def lie(data: bytes, args: Mapping[str, Any]) -> Answer:
    """Bytes that are no frame, as a child that was taken over might send."""
    os.write(1, b"\x80\x04pickle" + bytes(64))
    os._exit(0)


def reach(data: bytes, args: Mapping[str, Any]) -> Answer:
    """Which of all that a process may usually do is still possible."""
    tries: dict[str, Callable[[], object]] = {
        "read": lambda: Path(os.devnull).read_bytes(),
        "connect": socket.socket,
        "leaf": lambda: os.open("/", os.O_RDONLY),
    }
    done = []
    for name, attempt in tries.items():
        try:
            attempt()
        except OSError:
            continue
        done.append(name)
    return {"done": done, "environment": sorted(os.environ)}, []


JOBS = {
    job.__name__: Job(job, MEMORY, cpu_s=1, wall_s=wall_s, most_bytes=6_000_000)
    for job, wall_s in (
        (echo, 60.0),
        (hog, 60.0),
        (spin, 60.0),
        (doze, 0.2),
        (crash, 60.0),
        (stop, 60.0),
        (take_over, 1.0),
        (fail, 60.0),
        (flood, 60.0),
        (lie, 60.0),
        (reach, 60.0),
    )
}
