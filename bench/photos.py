"""A 12 megapixel photo developed in the child (upright, 1600 px, its look) and its copies encoded,
against the naive way and decoding alone."""

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from statistics import median

import numpy as np
from PIL import Image, ImageOps

from civicprobe.grid.coords import Point
from civicprobe.reports.photo import darkroom
from civicprobe.reports.photo.covering import hide
from civicprobe.reports.photo.exif import read_facts
from civicprobe.reports.photo.pictures import develop
from civicprobe.samples import Shot, exif_of

ROUNDS = 9
IN_CHILD = 30
SIZE = (4032, 3024)
MOST = 60_000_000


def naive(data: bytes) -> None:
    """Decode in full, turn, shrink, encode twice."""
    upright = ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")
    for size in (1600, 320):
        copy = upright.copy()
        copy.thumbnail((size, size))
        copy.save(BytesIO(), "JPEG", quality=82)


def half_decode(data: bytes) -> None:
    """The physical floor of it: a JPEG decoded by libjpeg-turbo at half size."""
    image = Image.open(BytesIO(data))
    image.draft("RGB", (1600, 1200))
    image.load()


def phone_photo() -> bytes:
    """A picture as rich in detail as a street: 1/f noise, about 3.5 MB, held upright."""
    dice = np.random.default_rng(1)
    width, height = SIZE
    waves = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    waves[0, 0] = 1.0
    channels = []
    for _ in range(3):
        phase = dice.normal(size=waves.shape) + 1j * dice.normal(size=waves.shape)
        plane = np.fft.irfft2(phase / waves**1.15, s=(height, width))
        channels.append(plane / plane.std())
    grey = np.mean(channels, axis=0)
    mixed = np.stack([0.85 * grey + 0.15 * plane for plane in channels], axis=-1)
    pixels = np.clip(128 + 52 * mixed, 0, 255).astype(np.uint8)
    exif = exif_of(Shot(datetime.now(UTC), Point(30.77, 104.31)))
    exif[0x0112] = 6
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def run() -> dict[str, float]:
    """CPU milliseconds, medians of interleaved rounds, and ratios; memory of the child."""
    data = phone_photo()
    ways: dict[str, Callable[[bytes], object]] = {
        "in_process": lambda photo: develop(photo, MOST),
        "naive": naive,
        "half_decode": half_decode,
        "facts": read_facts,
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            spent[name].append(_cpu_ms(lambda way=way: way(data)))  # type: ignore[misc]
    ms = {name: round(median(times), 2) for name, times in spent.items()}
    ours = _in_child_ms(lambda: darkroom.develop(data, MOST))
    picture = develop(data, MOST).picture
    copies = median(_cpu_ms(lambda: hide(picture, [])) for _ in range(ROUNDS))
    peak = darkroom.SANDBOX.run("picture", data, 60.0, max_pixels=MOST).peak_bytes
    return {
        "photo_mb": round(len(data) / 1e6, 2),
        "ours_cpu_ms": ours,
        **{f"{name}_cpu_ms": value for name, value in ms.items()},
        "facts_in_child_cpu_ms": _in_child_ms(lambda: darkroom.read_facts(data)),
        "photos_a_second_and_core": round(1000 / ours, 1),
        "progressive_copies_cpu_ms": round(copies, 2),
        "with_copies_a_second_and_core": round(1000 / (ours + copies), 1),
        "naive_over_ours": round(ms["naive"] / (ours + copies), 2),
        "half_decode_over_ours": round(ms["half_decode"] / ours, 2),
        "child_peak_mb": round(peak / 1e6),
    }


def _in_child_ms(work: Callable[[], object]) -> float:
    """Processor time a photo in all processes: the fork's, the forking one's and our own."""
    rounds = [(n, _cpu_ms(lambda n=n: _started_anew(work, n))) for n in (1, 1 + IN_CHILD)]  # type: ignore[misc]
    (few, least), (many, most) = rounds
    return round((most - least) / (many - few), 2)


def _started_anew(work: Callable[[], object], times: int) -> None:
    for _ in range(times):
        work()
    darkroom.SANDBOX.close()  # what a child used is counted when it ends


def _cpu_ms(work: Callable[[], object]) -> float:
    began = _cpu_s()
    work()
    return (_cpu_s() - began) * 1000


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
