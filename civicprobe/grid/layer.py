"""Polygons in a tree: which holds a point, how far its border is, what a circle covers of each.

Pure. What holds a point is decided in degrees, exactly as the outlines are written; distances and
shares are in true metres around the point.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from civicprobe.grid.coords import Point, degree_lengths_m

Rows = NDArray[np.int32]
Floats = NDArray[np.float64]
_SPECK_M2 = 1e-12
_STRIPE_DEG = 0.005
_ZERO = shapely.points(0.0, 0.0)


class Layer:
    """Polygons in a tree, each with the row of the area it belongs to; rows ascend with them."""

    def __init__(self, parts: NDArray[Any], rows: Rows) -> None:
        """The polygons `parts` of the areas `rows`, in ascending order."""
        self.size = len(parts)
        self.parts, self.rows = parts, rows
        self._tree = shapely.STRtree(parts)

    def holder(self, spot: shapely.Point) -> tuple[int | None, int, bool]:
        """The lowest row that holds a spot (longitude, latitude), the polygon that does, and
        whether others do too."""
        hits = self._tree.query(spot, predicate="intersects")
        if not hits.size:
            return None, -1, False
        shared = hits.size > 1
        part = int(hits.min()) if shared else int(hits[0])
        return int(self.rows[part]), part, shared

    def holders(self, lonlat: Floats) -> Rows:
        """The lowest row that holds each point, -1 where none does; looked for along the ground."""
        south_to_north = (lonlat[:, 1] // _STRIPE_DEG) * 1e6 + lonlat[:, 0] // _STRIPE_DEG
        order = np.argsort(south_to_north, kind="stable")
        spot, part = self._tree.query(shapely.points(lonlat[order]), predicate="intersects")
        first = np.full(len(lonlat), -1, dtype=np.int64)
        first[spot] = part
        shared = np.flatnonzero(np.diff(spot) == 0)
        for hit in (shared, shared + 1):
            np.minimum.at(first, spot[hit], part[hit])
        found = np.full(len(lonlat), -1, dtype=np.int32)
        held = first >= 0
        found[order[held]] = self.rows[first[held]]
        return found

    def touching(self, box: tuple[float, float, float, float]) -> NDArray[np.int64]:
        """The polygons whose own box meets this one (west, south, east, north), in order."""
        return np.sort(self._tree.query(shapely.box(*box)))

    def beneath(self, other: "Layer") -> list[bool]:
        """For each polygon whether one of another layer may lie over it, by their boxes."""
        below = np.zeros(self.size, dtype=bool)
        below[self._tree.query(other.parts)[1]] = True
        return below.tolist()

    def border_m(self, part: int, point: Point) -> float:
        """Metres from the point to the border of one polygon."""
        border = shapely.boundary(_around(self.parts[part], point))
        return float(shapely.distance(border, _ZERO))

    def within(
        self, point: Point, reach_m: float, circle_m: float
    ) -> dict[int, tuple[float, float]]:
        """Rows within `reach_m`: their distance in metres and their share of a circle around."""
        north, east = degree_lengths_m(point.lat)
        up, side = reach_m / north, reach_m / east
        box = shapely.box(point.lon - side, point.lat - up, point.lon + side, point.lat + up)
        near = self._tree.query(box)
        parts = _around(self.parts[near], point)
        distances = shapely.distance(parts, _ZERO)
        reached = distances <= reach_m
        shares = circle_shares(parts[reached], circle_m).tolist()
        found: dict[int, tuple[float, float]] = {}
        for row, distance, share in zip(
            self.rows[near[reached]].tolist(), distances[reached].tolist(), shares, strict=True
        ):
            least, sum_ = found.get(row, (distance, 0.0))
            found[row] = min(distance, least), sum_ + share
        return found


def circle_shares(parts: NDArray[Any], radius: float) -> NDArray[np.float64]:
    """How much of the circle around (0, 0) each polygon covers, from 0 to 1, exactly.

    Seen from the middle, each edge sweeps a triangle where it runs inside the circle and a sector
    where it runs outside; with their signs they add up to the ground within a ring.
    """
    rings, part = shapely.get_rings(parts, return_index=True)
    places, ring = shapely.get_coordinates(rings, return_index=True)
    edge = ring[1:] == ring[:-1]
    here, there = places[:-1][edge], places[1:][edge]
    way = there - here
    length2 = np.maximum((way**2).sum(axis=1), _SPECK_M2)
    middle = -(here * way).sum(axis=1) / length2
    half2 = middle**2 - ((here**2).sum(axis=1) - radius**2) / length2
    half = np.sqrt(np.maximum(half2, 0.0))
    enters = here + np.clip(middle - half, 0.0, 1.0)[:, None] * way
    leaves = here + np.clip(middle + half, 0.0, 1.0)[:, None] * way
    sectors = _turn(here, enters) + _turn(leaves, there)
    swept = (sectors * radius**2 + _cross(enters, leaves)) / 2
    ground = np.abs(np.bincount(ring[:-1][edge], swept, minlength=len(rings)))
    is_hole = np.append(False, part[1:] == part[:-1])[: len(part)]
    covered = np.bincount(part, np.where(is_hole, -ground, ground), minlength=len(parts))
    return np.asarray(np.clip(covered / (np.pi * radius**2), 0.0, 1.0))


def _cross(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    return one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]


def _turn(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """The angle from one to two, seen from (0, 0)."""
    return np.asarray(np.arctan2(_cross(one, two), (one * two).sum(axis=1)))


def _around(geometry: Any, point: Point) -> Any:
    """Geometry in metres east and north of the point."""
    north, east = degree_lengths_m(point.lat)
    middle, metres = np.array([point.lon, point.lat]), np.array([east, north])
    return shapely.transform(geometry, lambda pairs: (pairs - middle) * metres)
