"""Which areas hold a point, by looking at every outline of every level: no tree, no GEOS.

A border belongs to both sides. Signs that floating point cannot be sure of come from fractions.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
import shapely
from numpy.typing import NDArray

from civicprobe.grid.areas import TILING, AreaShape, Level
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Locator

Floats = NDArray[np.float64]
_DOUBT = 16 * np.finfo(float).eps


class Outlines:
    """The areas of one level, in the order of their codes."""

    def __init__(self, areas: Iterable[AreaShape]) -> None:
        """Rings as plain rows of numbers."""
        mine = sorted(areas, key=lambda area: area.code)
        self._codes = [area.code for area in mine]
        self._edges = [_edges(area) for area in mine]
        self._boxes = np.array([area.outline.bounds for area in mine]).T

    def holder(self, point: Point) -> str | None:
        """The lowest code that holds the point."""
        west, south, east, north = self._boxes
        near = (west <= point.lon) & (point.lon <= east) & (south <= point.lat)
        for row in np.flatnonzero(near & (point.lat <= north)).tolist():
            if _holds(self._edges[row], point):
                return self._codes[row]
        return None


def disagreements(
    areas: Iterable[AreaShape], index: Locator, points: Iterable[Point]
) -> Iterator[tuple[Point, dict[Level, str], dict[Level, str]]]:
    """Points where the index and the search differ on any level, with what each says.

    Where no outline holds a point, the index may still find it in a seam of less than a centimetre.
    """
    known = list(areas)
    levels = {level: Outlines(area for area in known if area.level is level) for level in TILING}
    for point in points:
        held = {level: code for level in TILING if (code := levels[level].holder(point))}
        located = index.locate(point)
        in_seam = not held and located.on_border
        if located.codes != held and not in_seam:
            yield point, located.codes, held


def sample(areas: Iterable[AreaShape], count: int, seed: int) -> Iterator[Point]:
    """`count` points anywhere, as many corners and as many middles of edges of micro grids."""
    micros = [area.outline for area in areas if area.level is Level.MICRO]
    dice = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(micros)
    for lon, lat in dice.uniform((west, south), (east, north), (count, 2)).tolist():
        yield Point(lat, lon)
    for number in dice.integers(len(micros), size=count).tolist():
        ring = shapely.get_coordinates(micros[number])
        at = int(dice.integers(len(ring) - 1))
        for lon, lat in (ring[at], (ring[at] + ring[at + 1]) / 2):
            yield Point(float(lat), float(lon))


def _edges(area: AreaShape) -> Floats:
    rings = shapely.get_rings(shapely.get_parts(area.outline))
    places, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return np.column_stack([places[:-1][same], places[1:][same]])


def _holds(edges: Floats, point: Point) -> bool:
    """Whether the point is within or on the rings: on an edge, or an odd number to its east."""
    x, y = point.lon, point.lat
    low, high = np.minimum(edges[:, 1], edges[:, 3]), np.maximum(edges[:, 1], edges[:, 3])
    level = edges[(low <= y) & (y <= high)]
    sides = _sides(level, x, y)
    left, right = np.minimum(level[:, 0], level[:, 2]), np.maximum(level[:, 0], level[:, 2])
    if ((sides == 0) & (left <= x) & (x <= right)).any():
        return True
    rises, falls = (level[:, 1] <= y) & (y < level[:, 3]), (level[:, 3] <= y) & (y < level[:, 1])
    return bool(((rises & (sides > 0)) | (falls & (sides < 0))).sum() % 2)


def _sides(edges: Floats, x: float, y: float) -> Floats:
    """For each edge: 1 when the point is to its left, -1 to its right, 0 on its line."""
    one = (edges[:, 2] - edges[:, 0]) * (y - edges[:, 1])
    two = (x - edges[:, 0]) * (edges[:, 3] - edges[:, 1])
    sides = np.sign(one - two)
    for row in np.flatnonzero(np.abs(one - two) <= _DOUBT * (np.abs(one) + np.abs(two))).tolist():
        a, b, c, d = (Fraction(each) for each in edges[row].tolist())
        exact = (c - a) * (Fraction(y) - b) - (Fraction(x) - a) * (d - b)
        sides[row] = (exact > 0) - (exact < 0)
    return sides
