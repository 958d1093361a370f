"""What of a picture is hidden: boxes, as a photo's row keeps them.

Pure. Who finds them is in `detection.py`, how they are hidden in `covering.py`; who may see which
copy is in `rights.py`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

WHOLE = 10_000


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


def read_boxes(kept: Iterable[dict[str, Any]] | None) -> list[Box] | None:
    """The boxes of a photo's row; None when nobody has looked yet."""
    return None if kept is None else [Box.read(item) for item in kept]


def without(boxes: Sequence[Box], gone: Collection[int]) -> list[Box]:
    """The boxes, those at these places taken away."""
    return [replace(box, gone=True) if n in gone else box for n, box in enumerate(boxes)]
