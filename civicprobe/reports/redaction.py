"""What of a picture is hidden, and how: boxes, and a copy in which nothing of them can be read.

Pure. Who finds the boxes is in `detection.py`; who may see which copy is in `rights.py`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from io import BytesIO
from typing import Any, Self

from PIL import Image

from civicprobe.reports.pictures import THUMB_PX, encode, fitted

WHOLE = 10_000
_CELLS = 3


class Kind(StrEnum):
    """What a box hides; `hand` is what a person drew without saying what it is."""

    FACE = "face"
    PLATE = "plate"
    LABEL = "label"
    HAND = "hand"


@dataclass(frozen=True)
class Box:
    """A part of the upright picture in ten-thousandths of its width and height.

    `machine` says who found it. One taken away stays as `gone`, so that its place in the list is
    its name for ever.
    """

    kind: Kind
    left: int
    top: int
    width: int
    height: int
    machine: bool = True
    gone: bool = False

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Self:
        """A box as a photo's row keeps it."""
        return cls(**{**kept, "kind": Kind(kept["kind"])})

    def to_json(self) -> dict[str, Any]:
        """As a photo's row keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Shown:
    """JPEG bytes of the copies that people see. `plates` is the screen copy in which number plates
    stay readable, None where it would be the same."""

    screen: bytes
    thumb: bytes
    plates: bytes | None = None


def read_boxes(kept: Iterable[dict[str, Any]] | None) -> list[Box] | None:
    """The boxes of a photo's row; None when nobody has looked yet."""
    return None if kept is None else [Box.read(item) for item in kept]


def without(boxes: Sequence[Box], gone: Collection[int]) -> list[Box]:
    """The boxes, those at these places taken away."""
    return [replace(box, gone=True) if n in gone else box for n, box in enumerate(boxes)]


def hide(screen: bytes, boxes: Sequence[Box]) -> Shown:
    """The copies of an upright picture (JPEG bytes of our own making) with its boxes hidden."""
    standing = [box for box in boxes if not box.gone]
    picture = Image.open(BytesIO(screen), formats=("JPEG",)).convert("RGB")
    others = [box for box in standing if box.kind is not Kind.PLATE]
    has_plates = len(others) < len(standing)
    hidden = cover(picture, standing)
    small = hidden.resize(fitted(hidden.size, THUMB_PX), Image.Resampling.BILINEAR)
    return Shown(
        screen=encode(hidden) if standing else screen,
        thumb=encode(small),
        plates=encode(cover(picture, others)) if has_plates else None,
    )


def cover(picture: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """The picture with each box replaced by at most 3 by 3 averages, drawn soft.

    Nine colours for a whole face or plate: what was there cannot be worked out from them, as it
    can from a fine mosaic of a known typeface.
    """
    covered = picture.copy()
    for box in boxes:
        area = _pixels(box, picture.size)
        part = picture.crop(area)
        coarse = part.resize(
            (min(_CELLS, part.width), min(_CELLS, part.height)), Image.Resampling.BOX
        )
        covered.paste(coarse.resize(part.size, Image.Resampling.BICUBIC), area)
    return covered


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box in pixels, outwards to whole ones and never empty."""
    width, height = size
    left = min(box.left * width // WHOLE, width - 1)
    top = min(box.top * height // WHOLE, height - 1)
    right = -(-(box.left + box.width) * width // WHOLE)
    bottom = -(-(box.top + box.height) * height // WHOLE)
    return left, top, max(left + 1, min(right, width)), max(top + 1, min(bottom, height))
