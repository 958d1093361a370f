"""50,000 mutated photos are read, 3,000 of them copied in the child: no crash, no hang, no wrong
place; ends the bench with the seed of the first that is."""

import time
from collections.abc import Callable
from typing import TypeVar

from civicprobe.reports.photo import darkroom
from civicprobe.reports.photo.exif import read_facts
from civicprobe.reports.photo.pictures import Unreadable
from tests.mutations import mutated, sound, what_is_wrong

T = TypeVar("T")

READ, COPIED, FIRST_SEED = 50_000, 3_000, 1_000_000
HANG_S = 2.0


def run() -> dict[str, float]:
    """How many were read and copied, how many still told a place, the slowest of each in ms."""
    placed = copied = 0
    slowest = {"reading": 0.0, "copying": 0.0}
    darkroom.develop(sound("JPEG"), 60_000_000)  # the child's own start is no hang
    for seed in range(FIRST_SEED, FIRST_SEED + READ):
        data = mutated(seed)
        facts, spent = _timed(lambda data=data: read_facts(data))  # type: ignore[misc]
        slowest["reading"] = max(slowest["reading"], spent)
        placed += facts.gps is not None
        if wrong := what_is_wrong(facts, data):
            raise SystemExit(f"seed {seed}: {wrong}")
        if seed < FIRST_SEED + COPIED:
            done, spent = _timed(lambda data=data: _copied(data))  # type: ignore[misc]
            slowest["copying"] = max(slowest["copying"], spent)
            copied += done
    if max(slowest.values()) > HANG_S:
        raise SystemExit(f"a hang: {slowest}")
    return {
        "read": READ,
        "still_placed": placed,
        "given_to_the_child": COPIED,
        "copied": copied,
        **{f"slowest_{name}_ms": round(spent * 1000, 1) for name, spent in slowest.items()},
    }


def _copied(data: bytes) -> bool:
    """Raises SandboxFault if the child was lost, which is a fault here."""
    try:
        darkroom.develop(data, 60_000_000)
    except Unreadable:
        return False
    return True


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began
