"""Photos are read and copied here, in a child process: the worker itself decodes nothing.

A further step (say, what is blurred in a copy) is a pure function and a `Job` of its own, in
`JOBS` if it is light; if it needs a model or much memory, in a module of its own with `JOBS`,
`warm()` and `Sandbox(__name__)`, so that the child that opens strangers' bytes stays small. Such a
step is given `Copies.screen`: a plain JPEG of at most 1600 px, upright, that we wrote ourselves.
"""

import resource
from collections.abc import Mapping
from typing import Any

from PIL import Image
from pydantic import ValidationError

from civicprobe.reports import exif, pictures
from civicprobe.reports.exif import PhotoFacts
from civicprobe.reports.pictures import Copies, Unreadable
from civicprobe.sandbox import Died, Job, Sandbox, SandboxFault
from civicprobe.sandbox.jobs import Answer

# With what the interpreter and the libraries hold, the child stays below 300 MB.
MEMORY_BYTES = 262_144_000
_FACTS, _COPIES = "facts", "copies"
DIED = {"too_heavy": "photo_too_heavy", "too_slow": "photo_too_slow", "crashed": "photo_broken"}


def read_facts(data: bytes) -> PhotoFacts:
    """What a photo tells of time and place, as `exif.read_facts`; never at the worker's cost.

    A photo whose header ends the child tells nothing, with the reason. Raises SandboxFault when
    it is not the photo's fault: try again later.
    """
    try:
        done = SANDBOX.run(_FACTS, data, JOBS[_FACTS].wall_s)
        return PhotoFacts.from_json(done.answer)
    except Died as death:
        return PhotoFacts(no_gps_reason="photo_unreadable", warnings=(DIED[death.cause],))
    except ValidationError as fault:
        raise SandboxFault("the sandbox answered nonsense") from fault


def make_copies(data: bytes, max_pixels: int) -> Copies:
    """The copies of a photo, as `pictures.make_copies`; never at the worker's cost.

    Raises Unreadable, photo_too_heavy and photo_too_slow among its reasons, and SandboxFault when
    it is not the photo's fault.
    """
    try:
        done = SANDBOX.run(_COPIES, data, JOBS[_COPIES].wall_s, max_pixels=max_pixels)
    except Died as death:
        raise Unreadable(DIED[death.cause]) from death
    if reason := done.answer.get("reason"):
        raise Unreadable(str(reason))
    screen, thumb = done.blobs
    width, height, dhash = (int(done.answer[name]) for name in ("width", "height", "dhash"))
    return Copies(screen, thumb, width, height, dhash)


def warm() -> None:
    """Load all that Pillow loads only when it meets a format: the forks can open no file."""
    Image.init()


def _facts(data: bytes, _: Mapping[str, Any]) -> Answer:
    return exif.read_facts(data).to_json(), []


def _copies(data: bytes, args: Mapping[str, Any]) -> Answer:
    try:
        made = pictures.make_copies(data, args["max_pixels"])
    except Unreadable as fault:
        if fault.reason == "photo_broken" and _is_full():
            raise MemoryError from fault  # a decoder without memory calls the picture broken
        return {"reason": fault.reason}, []
    size = {"width": made.width, "height": made.height, "dhash": made.dhash}
    return size, [made.screen, made.thumb]


def _is_full() -> bool:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return peak > 0.7 * MEMORY_BYTES


JOBS = {
    _FACTS: Job(_facts, MEMORY_BYTES, cpu_s=2, wall_s=8.0, most_bytes=100_000),
    _COPIES: Job(_copies, MEMORY_BYTES, cpu_s=20, wall_s=40.0),
}
SANDBOX = Sandbox(__name__)
