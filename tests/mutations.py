"""Photos that tell a known place, and what wear, malice or a bad writer does to their bytes.

For the fuzz tests and `make bench`: whatever comes of a mutation, it must be the true place, none
with a reason, or one that the mutated bytes themselves spell out.
"""

import random
import struct
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from math import isfinite

import pillow_heif

from civicprobe.reports.photo.exif import PhotoFacts
from tests import photos
from tests.photos import HERE, HERE_DEG, rationals, text, whole

KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
_LOCAL = text("2026:11:24 11:04:05")
MORE = {0x1F: whole(12), 0x11: rationals((27125, 100)), 0x0D: whole(9), 0x0C: text("K")}
BLOCK = photos.exif(
    {0x010F: text("Make"), 0x0110: text("Model")},
    {0x9003: _LOCAL, 0x9011: text("+08:00")},
    {**HERE, **MORE, 0x1D: text("2026:11:24"), 7: whole(3, 4, 5), 0x12: text("WGS-84")},
)
_TELLING = (0, 1, 0x7F, 0x80, 0xFF)


@cache
def sound(kind: str) -> bytes:
    """A small picture of this kind that carries BLOCK."""
    if kind == "JPEG":
        return photos.jpeg(BLOCK)
    out, block = BytesIO(), b"Exif\0\0" + BLOCK
    if kind == "HEIF":
        pillow_heif.from_pillow(photos.picture((64, 48))).save(out, exif=block)
    else:
        photos.picture((64, 48)).save(out, kind, exif=block)
    return out.getvalue()


def flip(data: bytearray, dice: random.Random) -> None:
    """Single bytes take other values."""
    for _ in range(dice.randint(1, 12)):
        data[dice.randrange(len(data))] = dice.choice((*_TELLING, dice.randrange(256)))


def cut(data: bytearray, dice: random.Random) -> None:
    """The end is missing."""
    del data[dice.randrange(len(data)) :]


def drop(data: bytearray, dice: random.Random) -> None:
    """A piece is missing, and all behind it has moved."""
    at = dice.randrange(len(data))
    del data[at : at + dice.randint(1, 64)]


def double(data: bytearray, dice: random.Random) -> None:
    """A piece stands there twice."""
    at = dice.randrange(len(data))
    data[at:at] = data[at : at + dice.randint(1, 256)]


def number(data: bytearray, dice: random.Random) -> None:
    """A length, an offset or a count is out of all proportion."""
    at = dice.randrange(max(1, len(data) - 4))
    size = dice.choice(("<H", ">H", "<I", ">I"))
    most = 2 ** (8 * struct.calcsize(size)) - 1
    value = dice.choice((0, 1, most, most // 2, dice.randint(0, most)))
    struct.pack_into(size, data, min(at, len(data) - 4), value)


MUTATIONS: Sequence[Callable[[bytearray, random.Random], None]] = (flip, cut, drop, double, number)


def mutated(seed: int) -> bytes:
    """One of ever so many mutations, always the same for a seed; half of them within the EXIF."""
    dice = random.Random(seed)  # noqa: S311 - the same for a seed is what is wanted
    data = bytearray(sound(KINDS[seed % len(KINDS)]))
    at = data.find(BLOCK)
    if at >= 0 and dice.random() < 0.5:
        block = bytearray(BLOCK)
        dice.choice(MUTATIONS)(block, dice)
        data[at : at + len(BLOCK)] = block.ljust(len(BLOCK), b"\0")[: len(BLOCK)]
        return bytes(data)
    for _ in range(dice.randint(1, 3)):
        if len(data) > 8:
            dice.choice(MUTATIONS)(data, dice)
    return bytes(data)


def what_is_wrong(facts: PhotoFacts, data: bytes) -> str:
    """Why such facts may not come of these bytes; empty when they may."""
    gps = facts.gps
    if (gps is None) == (facts.no_gps_reason is None):
        return "neither place nor reason"
    if PhotoFacts.from_json(facts.to_json()) != facts:
        return "does not survive being kept"
    if gps is None:
        return ""
    numbers = [gps.accuracy_m, gps.dop, gps.bearing_deg, gps.speed_mps, gps.altitude_m]
    if not all(isfinite(n) for n in numbers if n is not None):
        return "not finite"
    if not (abs(gps.lat) <= 90 and abs(gps.lon) <= 180):
        return "off the globe"
    true = (gps.lat, gps.lon) == HERE_DEG
    return "" if true or _is_spelled_out(gps.lat, gps.lon, data) else "a place of our own making"


def _is_spelled_out(lat: float, lon: float, data: bytes) -> bool:
    """Whether the bytes hold both angles as three fractions each, in either byte order."""
    return all(_holds(abs(angle), data) for angle in (lat, lon))


def _holds(angle: float, data: bytes) -> bool:
    for order in "<>":
        for at in range(len(data) - 23):
            degrees, by = struct.unpack_from(f"{order}II", data, at)
            if not by or abs(degrees / by - angle) > 2:  # minutes and seconds make up the rest
                continue
            parts = struct.unpack_from(f"{order}6I", data, at)
            if parts[3] and parts[5]:
                size = degrees / by + parts[2] / parts[3] / 60 + parts[4] / parts[5] / 3600
                if abs(size - angle) < 1e-9:
                    return True
    return False
