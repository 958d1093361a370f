"""Squares of the map that are coarse enough to ask for without telling where one is. Pure."""

import re
from dataclasses import dataclass

from civicprobe.errors import Invalid

# 2.2 km high and, in Chengdu, 1.9 km wide; the phone looks at the four nearest.
STEP_DEG = 0.02
_NAME = re.compile(r"(\d{1,5})-(\d{1,5})")


@dataclass(frozen=True)
class Square:
    """The square whose south-west corner is `row` and `column` steps from 0° N, 0° E."""

    row: int
    column: int

    @classmethod
    def read(cls, name: str) -> "Square":
        """The square of a name such as `1533-5203`; raises Invalid `square_malformed`."""
        found = _NAME.fullmatch(name)
        square = cls(int(found[1]), int(found[2])) if found else None
        if square is None or square.north > 90 or square.east > 180:
            raise Invalid("square_malformed")
        return square

    @property
    def south(self) -> float:
        """Its southern edge, in degrees."""
        return self.row * STEP_DEG

    @property
    def north(self) -> float:
        """Its northern edge."""
        return (self.row + 1) * STEP_DEG

    @property
    def west(self) -> float:
        """Its western edge."""
        return self.column * STEP_DEG

    @property
    def east(self) -> float:
        """Its eastern edge."""
        return (self.column + 1) * STEP_DEG


def hours_apart(one: int, other: int) -> int:
    """How far two hours of the day lie from each other, at most 12."""
    off = abs(one - other) % 24
    return min(off, 24 - off)


def likeliest(filed: list[tuple[str, int, int]], hour: int) -> str | None:
    """Of (category, hour of day, how many), the category filed most around this hour.

    An hour away counts a little less, half a day away least; None where fewer than two were filed.
    """
    weight: dict[str, float] = {}
    for code, at, count in filed:
        weight[code] = weight.get(code, 0.0) + count / (1 + hours_apart(at, hour))
    if sum(count for _, _, count in filed) < 2 or not weight:
        return None
    return max(sorted(weight), key=lambda code: weight[code])
