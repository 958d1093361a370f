"""A map as compact arrays and as one file: what an index is loaded from.

Per area, in the order of codes: `level`, `code`, `name`, `parent` (row, or -1), `synthetic`.
Per polygon of a leaf (an area without children): `part_area` (row), ragged coordinates in degrees.
Per tiling level but the finest the same once more, simplified, for drawing: `district_area` (row)
and so on, of the areas of the level and of coarser ones that are not divided.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from civicprobe.grid.areas import TILING, AreaShape, Level

FORMAT = 2
LEVELS = tuple(Level)
UPPER = TILING[:-1]
_RAGGED = ("lonlat", "rings", "polygons")
# How large a triangle a picture may leave out (the square of the tolerance, in degrees): a window
# that shows hundreds of areas of the level is so wide that a pixel is about as large.
_LEAVE_OUT_DEG = {
    Level.DISTRICT: 1.5e-3,
    Level.STREET: 6e-4,
    Level.COMMUNITY: 5e-4,
    Level.GENERAL: 2e-4,
}

Arrays = dict[str, NDArray[Any]]


def compile_areas(areas: Iterable[AreaShape]) -> Arrays:
    """The arrays of areas that name each other as parents; an unknown parent is taken as none."""
    rows = sorted(areas, key=lambda area: area.code)
    row_of = {area.code: row for row, area in enumerate(rows)}
    parents = np.array([row_of.get(area.parent, -1) for area in rows], dtype=np.int32)
    tiling = np.array([area.level is not Level.DEDICATED for area in rows], dtype=bool)
    leaves = np.setdiff1d(np.arange(len(rows)), parents[tiling])
    outlines = np.array([rows[row].outline for row in leaves], dtype=object)
    parts, leaf = shapely.get_parts(shapely.force_2d(outlines), return_index=True)
    drawn = [_drawn(rows, parents, level) for level in UPPER]
    return {
        "format": np.array([FORMAT]),
        "level": np.array([LEVELS.index(area.level) for area in rows], dtype=np.uint8),
        "code": np.array([area.code for area in rows], dtype=np.str_),
        "name": np.array([area.name for area in rows], dtype=np.str_),
        "parent": parents,
        "synthetic": np.array([area.synthetic for area in rows], dtype=bool),
        "part_area": leaves[leaf].astype(np.int32),
        **_ragged(parts, ""),
        **{name: array for each in drawn for name, array in each.items()},
    }


def _drawn(rows: Sequence[AreaShape], parents: NDArray[Any], level: Level) -> Arrays:
    """The areas of a level, and the coarser ones without children, as pictures show them."""
    divided = set(parents.tolist())
    coarser = TILING[: TILING.index(level)]
    shown = [
        row
        for row, area in enumerate(rows)
        if area.level is level or (area.level in coarser and row not in divided)
    ]
    outlines = np.array([rows[row].outline for row in shown], dtype=object)
    if outlines.size:
        outlines = shapely.coverage_simplify(shapely.force_2d(outlines), _LEAVE_OUT_DEG[level])
    polygons, place = shapely.get_parts(outlines, return_index=True)
    owners = np.array(shown, dtype=np.int32)[place]
    return {f"{level}_area": owners, **_ragged(polygons, f"{level}_")}


def parts_of(arrays: Arrays, name: str = "") -> NDArray[Any]:
    """The polygons of the leaves, in the order of `part_area`; of a level, by `district_` …"""
    offsets = (arrays[f"{name}rings"], arrays[f"{name}polygons"])
    kind = shapely.GeometryType.POLYGON
    return np.asarray(shapely.from_ragged_array(kind, arrays[f"{name}lonlat"], offsets))


def save_arrays(arrays: Arrays, path: Path) -> None:
    """Keep the arrays in a file; whoever reads meanwhile sees the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f".{path.name}.{os.getpid()}")
    with own.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())
    own.replace(path)


def load_arrays(path: Path) -> Arrays:
    """The arrays kept in a file; raises OSError, ValueError or BadZipFile when it is not one."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    if "format" not in arrays or arrays["format"].tolist() != [FORMAT]:
        raise ValueError(f"not a map of format {FORMAT}")
    return arrays


def _ragged(parts: NDArray[Any], name: str) -> Arrays:
    if not parts.size:
        none = np.zeros(1, dtype=np.int64)
        arrays: tuple[NDArray[Any], ...] = (np.empty((0, 2)), none, none)
    else:
        _, lonlat, (rings, polygons) = shapely.to_ragged_array(parts)
        arrays = (lonlat, rings, polygons)
    return {f"{name}{kind}": each for kind, each in zip(_RAGGED, arrays, strict=True)}
