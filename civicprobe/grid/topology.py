"""Whether the areas of one level tile the level above: overlaps, gaps and strays, with their size.

Pure. Sizes are true square metres; what is smaller than `SEEN_M2` is the rounding of numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.coords import degree_lengths_m

ALLOWED_M2 = 1.0
SEEN_M2 = 1e-3


@dataclass(frozen=True, slots=True)
class Flaw:
    """`overlap` of two areas, `gap` in a parent, or `stray` of an area beyond its parent."""

    kind: str
    code: str
    other: str | None
    size_m2: float


def area_m2(geometry: BaseGeometry) -> float:
    """True square metres of a small geometry in degrees."""
    if geometry.is_empty:
        return 0.0
    north, east = degree_lengths_m((geometry.bounds[1] + geometry.bounds[3]) / 2)
    return float(geometry.area) * north * east


def find_flaws(
    level: Level, areas: Sequence[AreaShape], parents: Mapping[str, BaseGeometry]
) -> Iterator[Flaw]:
    """Flaws among all areas of one level and against those of their parents that have an outline.

    Every outline must be valid. Dedicated grids may overlap and leave gaps: they lie over others.
    """
    outlines = np.array([area.outline for area in areas], dtype=object)
    tiling = level is not Level.DEDICATED
    if tiling:
        yield from _overlaps(areas, outlines)
    rows_of: dict[str, list[int]] = {}
    for row, area in enumerate(areas):
        if area.parent in parents:
            rows_of.setdefault(area.parent, []).append(row)
    for code, rows in rows_of.items():
        yield from _against_parent(
            code, parents[code], [areas[row] for row in rows], outlines[rows], gaps=tiling
        )


def _overlaps(areas: Sequence[AreaShape], outlines: NDArray[Any]) -> Iterator[Flaw]:
    """Pairs that share ground; areas whose borders match their neighbours' need no second look."""
    odd = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(outlines)))
    if not odd.size:
        return
    found, row = shapely.STRtree(outlines).query(outlines[odd], predicate="intersects")
    pairs = np.unique(np.sort(np.column_stack([odd[found], row]), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    shared = shapely.intersection(outlines[pairs[:, 0]], outlines[pairs[:, 1]])
    for (one, two), common in zip(pairs.tolist(), shared, strict=True):
        size = area_m2(common)
        if size > SEEN_M2:
            yield Flaw("overlap", areas[one].code, areas[two].code, size)


def _against_parent(
    code: str,
    parent: BaseGeometry,
    children: Sequence[AreaShape],
    outlines: NDArray[Any],
    *,
    gaps: bool,
) -> Iterator[Flaw]:
    union = shapely.union_all(outlines)
    if gaps and (size := area_m2(shapely.difference(parent, union))) > SEEN_M2:
        yield Flaw("gap", code, None, size)
    if area_m2(shapely.difference(union, parent)) <= SEEN_M2:
        return
    for child, beyond in zip(children, shapely.difference(outlines, parent), strict=True):
        if (size := area_m2(beyond)) > SEEN_M2:
            yield Flaw("stray", child.code, code, size)
