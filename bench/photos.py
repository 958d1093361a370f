"""The copies of a 12 megapixel photo, against the naive way and against decoding alone."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from statistics import median

from PIL import Image, ImageOps

from civicprobe.grid.coords import Point
from civicprobe.reports.exif import read_facts
from civicprobe.reports.pictures import make_copies
from civicprobe.samples import Scene, Shot, photograph

ROUNDS = 6


def naive(data: bytes) -> None:
    """Decode in full, turn, shrink, encode twice."""
    upright = ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")
    for size in (1600, 320):
        copy = upright.copy()
        copy.thumbnail((size, size))
        copy.save(BytesIO(), "JPEG", quality=82)


def half_decode(data: bytes) -> None:
    """The physical floor of it: a JPEG decoded at half size."""
    image = Image.open(BytesIO(data))
    image.draft("RGB", (1600, 1200))
    image.load()


def run() -> dict[str, float]:
    """CPU milliseconds, medians of interleaved rounds, and ratios."""
    shot = Shot(datetime.now(UTC), Point(30.77, 104.31))
    data = photograph(Scene.MISSING_COVER, shot, size=(4032, 3024), held=6)
    ways: dict[str, Callable[[bytes], object]] = {
        "ours": lambda photo: make_copies(photo, 60_000_000),
        "naive": naive,
        "half decode": half_decode,
        "facts": read_facts,
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way(data)
            spent[name].append((time.process_time() - began) * 1000)
    ms = {name: round(median(times), 2) for name, times in spent.items()}
    return {
        **{f"{name}_cpu_ms": value for name, value in ms.items()},
        "naive_over_ours": round(ms["naive"] / ms["ours"], 2),
        "half_decode_over_ours": round(ms["half decode"] / ms["ours"], 2),
    }
