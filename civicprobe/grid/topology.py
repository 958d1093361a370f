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
MOST_OVERLAPS = 10_000  # nobody reads more, and copies of one area meet each other squared
_BATCH = 500  # looked at in one go: what bounds the memory


@dataclass(frozen=True, slots=True)
class Flaw:
    """`overlap` of two areas, `gap` in a parent, or `stray` of an area beyond its parent.

    `other` is the second area, the child next to the gap, the parent. `lonlat` lies within.
    """

    kind: str
    code: str
    other: str
    size_m2: float
    lonlat: tuple[float, float]


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
    rows_of: dict[str, list[int]] = {}
    for row, area in enumerate(areas):
        if area.parent in parents:
            rows_of.setdefault(area.parent, []).append(row)
    exact: set[str] = set()
    touched = list(rows_of)
    for first in range(0, len(touched) if tiling else 0, _BATCH):
        exact |= _tiled_exactly(touched[first : first + _BATCH], rows_of, outlines, parents)
    if tiling:
        # Who tiles a parent exactly lies within it, beside its siblings: it overlaps nobody.
        loose = [row for row, area in enumerate(areas) if area.parent not in exact]
        yield from _overlaps(areas, outlines, np.array(loose, dtype=np.int64))
    for code, rows in rows_of.items():
        if code in exact:
            continue
        yield from _against_parent(
            code, parents[code], [areas[row] for row in rows], outlines[rows], gaps=tiling
        )


def _overlaps(
    areas: Sequence[AreaShape], outlines: NDArray[Any], loose: NDArray[np.int64]
) -> Iterator[Flaw]:
    """Pairs that share ground, one of them `loose`; areas whose borders match their neighbours'
    need no second look."""
    if not loose.size:
        return
    tree, odd = shapely.STRtree(outlines), np.zeros(len(areas), dtype=bool)
    around = np.unique(tree.query(outlines[loose])[1])
    odd[around] = ~shapely.is_empty(shapely.coverage_invalid_edges(outlines[around]))
    if not odd.any():
        return
    rows, told = np.flatnonzero(odd), 0
    for first in range(0, len(rows), _BATCH):
        some = rows[first : first + _BATCH]
        found, others = tree.query(outlines[some], predicate="intersects")
        ones = some[found]
        fresh = (others > ones) | ~odd[others]  # two odd ones meet twice
        for one, two in zip(ones[fresh].tolist(), others[fresh].tolist(), strict=True):
            pair = sorted((one, two))
            common = shapely.intersection(outlines[one], outlines[two])
            for flaw in _flaw("overlap", areas[pair[0]].code, areas[pair[1]].code, common):
                yield flaw
                told += 1
                if told >= MOST_OVERLAPS:
                    return


def _flaw(kind: str, code: str, other: str, ground: BaseGeometry) -> Iterator[Flaw]:
    size = area_m2(ground)
    if size > SEEN_M2:
        spot = shapely.point_on_surface(ground)
        yield Flaw(kind, code, other, size, (round(spot.x, 7), round(spot.y, 7)))


def _tiled_exactly(
    codes: Sequence[str],
    rows_of: Mapping[str, Sequence[int]],
    outlines: NDArray[Any],
    parents: Mapping[str, BaseGeometry],
) -> set[str]:
    """Parents whose border is, edge for edge, what is left of their children's borders.

    Edges run with the ground on their left, so that shared ones cancel. What cancels wholly
    against the parent covers it once and nothing else; the others need a closer look.
    """
    rows = np.concatenate([np.asarray(rows_of[code]) for code in codes])
    owner = np.repeat(np.arange(len(codes)), [len(rows_of[code]) for code in codes])
    above = np.array([parents[code] for code in codes], dtype=object)
    inner, outer = _edges(outlines[rows], owner), _edges(above, np.arange(len(codes)))
    of, starts, ends = (np.concatenate(pair) for pair in zip(inner, outer, strict=True))
    _, points = np.unique(np.concatenate([starts, ends]), return_inverse=True)
    one, two = points[: len(starts)], points[len(starts) :]
    sign = np.where(one < two, 1, -1)
    sign[len(inner[0]) :] *= -1
    low, high = np.minimum(one, two), np.maximum(one, two)
    order = np.lexsort((high, low, of))
    of, low, high, sign = of[order], low[order], high[order], sign[order]
    fresh = np.ones(len(of), dtype=bool)
    fresh[1:] = (np.diff(of) != 0) | (np.diff(low) != 0) | (np.diff(high) != 0)
    first = np.flatnonzero(fresh)
    left = np.add.reduceat(sign, first) != 0
    return set(codes) - {codes[number] for number in np.unique(of[first[left]]).tolist()}


def _edges(
    outlines: NDArray[Any], owner: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.complex128], NDArray[np.complex128]]:
    """Owner, start and end of every edge that has a length."""
    parts, outline = shapely.get_parts(shapely.orient_polygons(outlines), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    places = lonlat[:, 0] + 1j * lonlat[:, 1]
    edge = (ring[1:] == ring[:-1]) & (places[1:] != places[:-1])
    of = owner[outline[part[ring[:-1][edge]]]]
    return of, places[:-1][edge], places[1:][edge]


def _against_parent(
    code: str,
    parent: BaseGeometry,
    children: Sequence[AreaShape],
    outlines: NDArray[Any],
    *,
    gaps: bool,
) -> Iterator[Flaw]:
    union = shapely.union_all(outlines)
    if gaps:
        gap = shapely.difference(parent, union)
        if not gap.is_empty:
            beside = children[int(np.argmin(shapely.distance(outlines, gap)))]
            yield from _flaw("gap", code, beside.code, gap)
    if area_m2(shapely.difference(union, parent)) <= SEEN_M2:
        return
    for child, beyond in zip(children, shapely.difference(outlines, parent), strict=True):
        yield from _flaw("stray", child.code, code, beyond)
