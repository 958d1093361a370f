"""A map as compact arrays and as one file: what an index is loaded from.

Per area, in the order of codes: `level`, `code`, `name`, `parent` (row, or -1), `synthetic`.
Per polygon of a leaf (an area without children): `part_area` (row), ragged coordinates in degrees.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from civicprobe.grid.areas import AreaShape, Level

FORMAT = 1
LEVELS = tuple(Level)

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
    lonlat, rings, polygons = _ragged(parts)
    return {
        "format": np.array([FORMAT]),
        "level": np.array([LEVELS.index(area.level) for area in rows], dtype=np.uint8),
        "code": np.array([area.code for area in rows], dtype=np.str_),
        "name": np.array([area.name for area in rows], dtype=np.str_),
        "parent": parents,
        "synthetic": np.array([area.synthetic for area in rows], dtype=bool),
        "part_area": leaves[leaf].astype(np.int32),
        "lonlat": lonlat,
        "rings": rings,
        "polygons": polygons,
    }


def parts_of(arrays: Arrays) -> NDArray[Any]:
    """The polygons of the leaves, in the order of `part_area`."""
    offsets = (arrays["rings"], arrays["polygons"])
    kind = shapely.GeometryType.POLYGON
    return np.asarray(shapely.from_ragged_array(kind, arrays["lonlat"], offsets))


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


def _ragged(parts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    if not parts.size:
        none = np.zeros(1, dtype=np.int64)
        return np.empty((0, 2)), none, none
    _, lonlat, (rings, polygons) = shapely.to_ragged_array(parts)
    return lonlat, rings, polygons
