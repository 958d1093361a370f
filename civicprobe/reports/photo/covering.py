"""The copies people see: in each box of a picture nothing can be read any more.

Pure. What is hidden is in `redaction.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image

from civicprobe.reports.photo.pictures import THUMB_PX, encode, fitted
from civicprobe.reports.photo.redaction import WHOLE, Box, Kind

_CELLS = 3


@dataclass(frozen=True)
class Shown:
    """JPEG bytes of the copies that people see. `plates` is the screen copy in which number plates
    stay readable, None where it would be the same."""

    screen: bytes
    thumb: bytes
    plates: bytes | None = None


def hide(picture: Image.Image, boxes: Sequence[Box]) -> Shown:
    """The copies of an upright picture with its boxes hidden: all that anybody is ever sent."""
    standing = [box for box in boxes if not box.gone]
    others = [box for box in standing if box.kind is not Kind.PLATE]
    hidden = cover(picture, standing)
    return Shown(
        screen=encode(hidden),
        thumb=encode(fitted(hidden, THUMB_PX)),
        plates=encode(cover(picture, others)) if len(others) < len(standing) else None,
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
