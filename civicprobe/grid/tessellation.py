"""Cells that fill given regions without gap or overlap, their borders alike to the bit.

Pure: the random generator is given. Voronoi cells of clustered seeds; every edge is roughened once,
towards one of its two seeds and within the triangle the seed makes with it, where no other edge
runs; then all lines are noded together on a grid of 1e-7 degrees (a centimetre) and polygonized.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

GRID_DEG = 1e-7
_DECIMALS = 7
_NARROW = 0.859  # cos 30.77°: a degree of longitude by one of latitude at Chengdu
_BENDS = np.array([0.25, 0.5, 0.75])

Floats = NDArray[np.float64]
Shapes = NDArray[Any]


@dataclass(frozen=True)
class Cells:
    """Cell outlines, a point inside each, and the number of the region each fills."""

    outlines: Shapes
    points: Floats
    region: NDArray[np.int64]


def scatter(region: BaseGeometry, count: int, towns: int, rng: np.random.Generator) -> Floats:
    """`count` points in a region, a good half of them clustered around some towns."""
    shapely.prepare(region)
    spread = np.sqrt(region.area / max(towns, 1)) * 0.18
    centres = _uniform(region, max(towns, 1), rng)
    found = np.empty((0, 2))
    while len(found) < count:
        clustered = rng.random(count) < 0.6
        near = centres[rng.integers(len(centres), size=count)]
        near = near + rng.normal(size=(count, 2)) * spread * [1 / _NARROW, 1.0]
        tries = np.where(clustered[:, None], near, _in_box(region, count, rng))
        held = shapely.contains_xy(region, tries[:, 0], tries[:, 1])
        found = np.concatenate([found, tries[held]])
    return found[:count]


def tessellate(
    regions: Shapes,
    seeds: Sequence[Floats | None],
    rng: np.random.Generator,
    divided: Callable[[], None] = lambda: None,
) -> Cells:
    """Fill each region with one cell a seed; a region without seeds is one cell.

    The regions must share their borders (a valid coverage); so do the cells, across regions too.
    `divided` is told each time the lines of one more region are drawn.
    """
    lines = [shapely.boundary(regions)]
    for region, points in zip(regions, seeds, strict=True):
        if points is not None:
            lines.append(_inner_lines(region, points, rng))
            divided()
    noded = shapely.union_all(np.concatenate(lines), grid_size=GRID_DEG)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return _settle(faces, regions, seeds)


def _inner_lines(region: BaseGeometry, seeds: Floats, rng: np.random.Generator) -> Shapes:
    """The roughened edges between the seeds' cells, cut off at the region's border.

    A bend stays in the triangle of its edge and one seed; those triangles never overlap.
    """
    starts, ends, left, right = _edges(seeds * [_NARROW, 1.0], region)
    side = np.where((rng.random(len(starts)) < 0.5)[:, None], left, right)
    along = _BENDS + rng.uniform(-0.1, 0.1, size=(len(starts), len(_BENDS)))
    pull = rng.uniform(0.03, 0.22, size=along.shape)
    base = starts[:, None] + along[..., None] * (ends - starts)[:, None]
    bends = base + pull[..., None] * (side[:, None] - base)
    paths = np.concatenate([starts[:, None], bends, ends[:, None]], axis=1)
    lines = np.asarray(shapely.linestrings(np.round(paths / [_NARROW, 1.0], _DECIMALS)))
    shapely.prepare(region)
    inside = shapely.contains_properly(region, lines)
    cut = shapely.intersection(lines[~inside], region)
    return np.concatenate([lines[inside], cut[~shapely.is_empty(cut)]])


def _edges(seeds: Floats, region: BaseGeometry) -> tuple[Floats, Floats, Floats, Floats]:
    """Ends of each Voronoi edge and the two seeds it parts."""
    cells = shapely.voronoi_polygons(
        shapely.multipoints(seeds), extend_to=region.envelope, ordered=True
    )
    pairs, cell = shapely.get_coordinates(shapely.get_parts(cells), return_index=True)
    corners, corner = np.unique(pairs, axis=0, return_inverse=True)
    same = cell[1:] == cell[:-1]
    ends = np.sort(np.column_stack([corner[:-1][same], corner[1:][same]]), axis=1)
    owner = cell[1:][same]
    order = np.lexsort((owner, ends[:, 1], ends[:, 0]))
    ends, owner = ends[order], owner[order]
    first = np.flatnonzero((ends[1:] == ends[:-1]).all(axis=1))
    return (
        corners[ends[first, 0]],
        corners[ends[first, 1]],
        seeds[owner[first]],
        seeds[owner[first + 1]],
    )


def _settle(faces: Shapes, regions: Shapes, seeds: Sequence[Floats | None]) -> Cells:
    """Faces by region, in a fixed order; a scrap without a seed joins its neighbour."""
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    spots = shapely.points(inner)
    home = np.full(len(faces), -1)
    face, region = shapely.STRtree(regions).query(spots, predicate="intersects")
    home[face] = region
    seeded = np.zeros(len(faces), dtype=bool)
    points = inner.copy()
    tree = shapely.STRtree(faces)
    for number, cloud in enumerate(seeds):
        if cloud is None:
            seeded |= home == number
            continue
        seed, hit = tree.query(shapely.points(cloud), predicate="intersects")
        seeded[hit] = True
        points[hit] = cloud[seed]
    _join_scraps(faces, home, seeded)
    order = np.flatnonzero(seeded)
    order = order[np.lexsort((points[order, 1], points[order, 0], home[order]))]
    return Cells(faces[order], points[order], home[order])


def _join_scraps(faces: Shapes, home: NDArray[np.int64], seeded: NDArray[np.bool_]) -> None:
    """Unite each face without a seed with the neighbour it shares most border with.

    A neighbour of its own region, unless rounding left it none.
    """
    host = np.where(seeded, np.arange(len(faces)), -1)
    scraps = np.flatnonzero(~seeded & (home >= 0))
    shared = _shared_borders(faces, scraps)
    at_home = True
    while shared:
        joined = []
        for scrap, borders in shared.items():
            fit = {
                length: host[other]
                for other, length in borders.items()
                if host[other] >= 0 and (home[other] == home[scrap] or not at_home)
            }
            if fit:
                host[scrap] = best = fit[max(fit)]
                faces[best] = shapely.coverage_union(faces[best], faces[scrap])
                joined.append(scrap)
        if not joined and not at_home:
            raise ValueError("a part of a region has no cell beside it")
        at_home = bool(joined)
        shared = {scrap: each for scrap, each in shared.items() if scrap not in joined}


def _shared_borders(faces: Shapes, scraps: NDArray[np.int64]) -> dict[int, dict[int, float]]:
    """Face by face, the neighbours and the length of the border shared with each."""
    row, other = shapely.STRtree(faces).query(faces[scraps], predicate="touches")
    common = shapely.intersection(
        shapely.boundary(faces[scraps[row]]), shapely.boundary(faces[other])
    )
    shared: dict[int, dict[int, float]] = {int(scrap): {} for scrap in scraps}
    for scrap, neighbour, length in zip(scraps[row], other, shapely.length(common), strict=True):
        if length > 0:
            shared[int(scrap)][int(neighbour)] = float(length)
    return shared


def _uniform(region: BaseGeometry, count: int, rng: np.random.Generator) -> Floats:
    found = np.empty((0, 2))
    while len(found) < count:
        tries = _in_box(region, 2 * count, rng)
        found = np.concatenate([found, tries[shapely.contains_xy(region, *tries.T)]])
    return found[:count]


def _in_box(region: BaseGeometry, count: int, rng: np.random.Generator) -> Floats:
    west, south, east, north = region.bounds
    return rng.uniform((west, south), (east, north), size=(count, 2))
