"""What parent and child agree on: a job and what it may cost, how one can end, the frames between.

A frame is JSON and blobs, never a pickle: a child that was taken over can only send wrong values.
"""

import contextlib
import fcntl
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

CHUNK = 1 << 20
Answer = tuple[Mapping[str, Any], Sequence[bytes]]
DeathCause = Literal["too_heavy", "too_slow", "crashed"]


@dataclass(frozen=True)
class Job:
    """One kind of work: `function(data, args)` gives JSON values and blobs.

    `memory_bytes` is what the child may hold of its own (RLIMIT_DATA), `cpu_s` the processor time;
    `wall_s` only catches what no photo can be blamed for. `most_bytes` bounds the answer.
    """

    function: Callable[[bytes, Mapping[str, Any]], Answer]
    memory_bytes: int
    cpu_s: int
    wall_s: float
    most_bytes: int = 20_000_000


class Died(Exception):
    """The work ended its child: `cause` is too_heavy, too_slow or crashed. It would again."""

    def __init__(self, cause: DeathCause) -> None:
        super().__init__(cause)
        self.cause = cause


class SandboxFault(RuntimeError):
    """The child could not be had or was stopped from outside; the work may well succeed later."""


def pack(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> list[bytes]:
    """A frame as pieces to be written one after the other."""
    head = json.dumps({"header": header, "sizes": [len(blob) for blob in blobs]}).encode()
    return [len(head).to_bytes(4, "big"), head, *blobs]


def unpack(read: Callable[[int], bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """The frame that `read(size)` gives piece by piece; raises ValueError or EOFError for none."""
    head = json.loads(_exactly(read, int.from_bytes(_exactly(read, 4), "big")))
    return head["header"], [_exactly(read, size) for size in head["sizes"]]


def widen(pipe: int) -> None:
    """A picture's pixels pass a pipe of a megabyte in six steps instead of ninety, where it may be
    so wide (an ordinary user's pipes together have a limit)."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = read(size)
    if len(data) != size:
        raise EOFError
    return data
