"""What share of faces and plates is found, by size, on drawn streets; false boxes, seconds, memory.

A thing is found when a box of its kind covers at least 80 % of it. Faces are drawn ones, and the
one real face of the shared odd photos where they are here (Grace Hopper, 1984, public domain).
"""

import random
import resource
import time
from collections import Counter
from io import BytesIO
from statistics import median

from PIL import Image

from bench.street import Thing, face, plate
from civicprobe.reports.photo.covering import hide
from civicprobe.reports.photo.detection import find_private
from civicprobe.reports.photo.pictures import encode
from civicprobe.reports.photo.redaction import WHOLE, Box
from civicprobe.samples import Scene, draw
from tests.photos import real_photos

SIZE = (1600, 1200)
FACES = 12, 16, 24, 40, 64
PLATES = 40, 60, 90, 140, 220
COLOURS = "blue", "green", "yellow", "white"
_HOPPER = "hopper_orientation_2.jpg"
_HOPPER_FACE = (38, 22, 86, 80)  # left, top, right, bottom in its 128 by 128 px
_COVERED = 0.8


def run(pictures: int = 20) -> dict[str, float]:
    """Recall in per cent, false boxes a picture, seconds a picture and the most memory in MB."""
    dice = random.Random(7)
    found, there, false = Counter[str](), Counter[str](), 0
    times: list[float] = []
    for number in range(pictures):
        picture, things = _picture(dice, number)
        began = time.perf_counter()
        boxes = find_private(picture)
        hide(picture, boxes)
        times.append(time.perf_counter() - began)
        for name, thing in things:
            there[name] += 1
            found[name] += any(_cover(box, thing) >= _COVERED for box in boxes)
        false += sum(all(_cover(box, thing) == 0 for _, thing in things) for box in boxes)
    return {
        **{f"{name}_%": round(100 * found[name] / there[name]) for name in sorted(there)},
        "false_boxes_a_picture": round(false / pictures, 2),
        "s_a_picture": round(median(times), 2),
        "decode_encode_1600_s": round(_bare(encode(draw(Scene.BLOCKED_LANE, SIZE))), 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _picture(dice: random.Random, number: int) -> tuple[Image.Image, list[tuple[str, Thing]]]:
    """A street with every size of face and plate in a cell of its own, each picture elsewhere."""
    picture = draw(list(Scene)[number % len(Scene)], SIZE, number).copy()
    parts = [(f"face_{width:03d}px", face(width, number % 4), "face") for width in FACES]
    hopper = _hopper()
    if hopper:
        parts += [(f"real_face_{w:03d}px", _scaled(hopper, w), "real") for w in FACES]
    colour = COLOURS[number % 4]
    text = (
        f"A{dice.randrange(100_000):05d}" if colour != "green" else f"AD{dice.randrange(10**5):05d}"
    )
    parts += [(f"plate_{width:03d}px", plate(width, colour, text), "plate") for width in PLATES]
    cells = [(x, y) for x in range(5) for y in range(3)]
    dice.shuffle(cells)
    things = []
    for (name, part, kind), (column, row) in zip(parts, cells, strict=False):
        x = column * 320 + dice.randrange(max(1, 310 - part.width))
        y = row * 400 + dice.randrange(max(1, 390 - part.height))
        picture.paste(part, (x, y))
        left, top, right, bottom = _inner(kind, part)
        sought = "plate" if kind == "plate" else "face"
        things.append((name, Thing(sought, (x + left, y + top, x + right, y + bottom))))
    return picture, things


def _inner(kind: str, part: Image.Image) -> tuple[int, ...]:
    """Where the face lies in its part; a plate is all of it."""
    if kind == "plate":
        return 0, 0, part.width, part.height
    edges = (115, 110, 285, 335) if kind == "face" else _HOPPER_FACE
    of = 400 if kind == "face" else 128
    return tuple(round(part.width * edge / of) for edge in edges)


def _hopper() -> Image.Image | None:
    path = next((path for path in real_photos() if path.name == _HOPPER), None)
    if path is None:
        return None
    stored = Image.open(path).convert("RGB")
    return stored.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    """So large that the face in it is this wide."""
    side = round(128 * width / (_HOPPER_FACE[2] - _HOPPER_FACE[0]))
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def _cover(box: Box, thing: Thing) -> float:
    """The part of a thing within a box of its kind."""
    if box.kind != thing.kind:
        return 0.0
    left, top = box.left * SIZE[0] / WHOLE, box.top * SIZE[1] / WHOLE
    right, bottom = left + box.width * SIZE[0] / WHOLE, top + box.height * SIZE[1] / WHOLE
    x0, y0, x1, y1 = thing.box
    wide, high = min(right, x1) - max(left, x0), min(bottom, y1) - max(top, y0)
    return max(0.0, wide) * max(0.0, high) / ((x1 - x0) * (y1 - y0))


def _bare(screen: bytes) -> float:
    """Seconds to decode and encode such a copy: the reference of the same run."""
    return median(_timed(screen) for _ in range(5))


def _timed(screen: bytes) -> float:
    began = time.perf_counter()
    encode(Image.open(BytesIO(screen)).convert("RGB"))
    return time.perf_counter() - began
