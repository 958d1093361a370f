"""What a killed run left behind: process groups known by number, start time and boot.

A number alone is never believed; it may be another's by now. Without /proc nothing is found.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

WAIT_S = 7.0


def write_record(record: Path, pids: Iterable[int]) -> None:
    """Note the leaders of the groups that run now."""
    new = record.with_suffix(".new")
    seen = {str(pid): _started(pid) for pid in pids}
    new.write_text(json.dumps({"boot": _boot(), "parts": seen}), encoding="utf-8")
    new.replace(record)


def end_leftovers(record: Path) -> int:
    """End what a killed run left, known by pid and start time; how many process groups."""
    try:
        seen = json.loads(record.read_text(encoding="utf-8"))
        parts = {int(pid): start for pid, start in seen["parts"].items() if start is not None}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return 0
    left = [pid for pid, start in parts.items() if seen["boot"] == _boot() and _is_left(pid, start)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            signal_group(pid, number)
        _wait_until(lambda: not any(map(_group, left)))
    record.unlink(missing_ok=True)
    return len(left)


def _is_left(pid: int, start: int) -> bool:
    """Whether the part's group lives: its leader, or children of a leader that is gone.

    The kernel gives no new process the number of a group that still has members.
    """
    started = _started(pid)
    return started == start if started is not None else bool(_group(pid))


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if it is there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _started(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None when there is none."""
    state, fields = _stat(pid)
    return None if state in "Z" else int(fields[18])


def _group(pid: int) -> list[int]:
    """The live processes of a group."""
    stats = ((int(entry.name), _stat(int(entry.name))) for entry in _processes())
    return [one for one, (state, fields) in stats if state not in "Z" and int(fields[1]) == pid]


def _processes() -> Iterable[Path]:
    return Path("/proc").glob("[0-9]*")


def _stat(pid: int) -> tuple[str, list[str]]:
    """State and the fields after it; an empty state when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", []
    state, *fields = stat.rpartition(")")[2].split()
    return state, fields


def _boot() -> str:
    """Start times count from the boot: another boot, another time."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)
