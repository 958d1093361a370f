"""Photos are read and developed here, in a child process: the worker itself decodes nothing.

What comes back of a picture is its pixels, at most 1600 px a side, upright: nothing that a decoder
would have to read again, and what is published of them is encoded once.
"""

import resource
from collections.abc import Mapping
from typing import Any

import cv2
from PIL import Image
from pydantic import ValidationError

from civicprobe.reports.photo import exif, pictures
from civicprobe.reports.photo.exif import PhotoFacts
from civicprobe.reports.photo.pictures import SCREEN_PX, Developed, Unreadable
from civicprobe.sandbox import Died, Job, Sandbox, SandboxFault
from civicprobe.sandbox.jobs import Answer

# Some 50 MB of it the libraries ask for and never touch: the child stays below 300 MB (a test).
MEMORY_BYTES = 315_000_000
_FACTS, _PICTURE = "facts", "picture"
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


def develop(data: bytes, max_pixels: int) -> Developed:
    """The picture of a photo, as `pictures.develop`; never at the worker's cost.

    Raises Unreadable, photo_too_heavy and photo_too_slow among its reasons, and SandboxFault when
    it is not the photo's fault.
    """
    try:
        done = SANDBOX.run(_PICTURE, data, JOBS[_PICTURE].wall_s, max_pixels=max_pixels)
    except Died as death:
        raise Unreadable(DIED[death.cause]) from death
    if reason := done.answer.get("reason"):
        raise Unreadable(str(reason))
    width, height, dhash = (int(done.answer[name]) for name in ("width", "height", "dhash"))
    if not (0 < width <= SCREEN_PX and 0 < height <= SCREEN_PX):
        raise SandboxFault("the sandbox answered nonsense")
    return Developed(Image.frombytes("RGB", (width, height), done.blobs[0]), dhash)


def warm() -> None:
    """Load all that Pillow loads only when it meets a format: the forks can open no file."""
    Image.init()
    cv2.setNumThreads(1)


def _facts(data: bytes, _: Mapping[str, Any]) -> Answer:
    return exif.read_facts(data).to_json(), []


def _picture(data: bytes, args: Mapping[str, Any]) -> Answer:
    try:
        made = pictures.develop(data, args["max_pixels"])
    except Unreadable as fault:
        if fault.reason == "photo_broken" and _is_full():
            raise MemoryError from fault  # a decoder without memory calls the picture broken
        return {"reason": fault.reason}, []
    width, height = made.picture.size
    told = {"width": width, "height": height, "dhash": made.dhash}
    return told, [made.picture.tobytes()]


def _is_full() -> bool:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return peak > 0.7 * MEMORY_BYTES


JOBS = {
    _FACTS: Job(_facts, MEMORY_BYTES, cpu_s=2, wall_s=8.0, most_bytes=100_000),
    _PICTURE: Job(_picture, MEMORY_BYTES, cpu_s=20, wall_s=40.0),
}
SANDBOX = Sandbox(__name__)
