"""Rings of numbers -> valid outlines in WGS-84, many at a time, or what is wrong with each.

Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from civicprobe.grid.coords import Datum, Floats, lonlat_to_wgs84

# The polygons of one area; of each its rings, the shell first; of each rows of longitude, latitude.
Polygons = Sequence[Sequence[Floats]]


@dataclass(frozen=True, slots=True)
class Flawed:
    """Why an area has no outline; `reason` says where, when that is known."""

    fault: str
    reason: str | None = None


def make_outlines(batch: Sequence[Polygons], datum: Datum) -> list[BaseGeometry | Flawed]:
    """For each its valid outline in WGS-84, or what is wrong with it."""
    rings = list(chain.from_iterable(rings for each in batch for rings in each))
    parts = [len(rings) for each in batch for rings in each]
    part_of_ring = np.repeat(np.arange(len(parts)), parts)
    shape_of_part = np.repeat(np.arange(len(batch)), [len(each) for each in batch])
    found: list[Any] = [None] * len(batch)
    for ring, fault in _broken_rings(rings):
        number = shape_of_part[part_of_ring[ring]]
        found[number] = found[number] or Flawed(fault)
    whole = np.array([each is None for each in found])
    kept = whole[shape_of_part[part_of_ring]]
    lonlat = [ring for ring, keep in zip(rings, kept.tolist(), strict=True) if keep]
    if lonlat:
        sizes = [len(ring) for ring in lonlat]
        rows = np.repeat(np.arange(len(sizes)), sizes)
        lines: Any = shapely.linearrings(
            lonlat_to_wgs84(np.concatenate(lonlat), datum), indices=rows
        )
        _, part_rows = np.unique(part_of_ring[kept], return_inverse=True)
        polygons: Any = shapely.polygons(lines, indices=part_rows)
        _fill(found, polygons, shape_of_part[whole[shape_of_part]])
    return found


def _fill(found: list[Any], polygons: NDArray[Any], owners: NDArray[np.int64]) -> None:
    """Put the outlines made of these polygons, or why they are none, where they belong."""
    numbers, first, counts = np.unique(owners, return_index=True, return_counts=True)
    outlines = polygons[first]
    many = np.flatnonzero(counts > 1)
    for row in many.tolist():
        outlines[row] = shapely.multipolygons(polygons[first[row] : first[row] + counts[row]])
    sound, empty = shapely.is_valid(outlines), shapely.area(outlines) == 0
    for row, number in enumerate(numbers.tolist()):
        if not sound[row]:
            reason = shapely.is_valid_reason(outlines[row])
            found[number] = Flawed("ring_invalid", reason)
        else:
            found[number] = Flawed("polygon_empty") if empty[row] else outlines[row]


def _broken_rings(rings: Sequence[Floats]) -> Iterator[tuple[int, str]]:
    """Rings whose numbers are no outline, in the order in which it is told."""
    if not rings:
        return
    lonlat = np.concatenate(rings)
    starts = np.cumsum([0, *(len(ring) for ring in rings)])
    finite = np.isfinite(lonlat).all(axis=1)
    near = (np.abs(lonlat) <= [180.0, 90.0]).all(axis=1)
    closed = (lonlat[starts[:-1]] == lonlat[starts[1:] - 1]).all(axis=1)
    long = np.diff(starts) >= 4
    for fault, sound in (
        ("coordinates_not_finite", np.logical_and.reduceat(finite, starts[:-1])),
        ("coordinates_out_of_range", np.logical_and.reduceat(near, starts[:-1])),
        ("ring_too_short", long),
        ("ring_not_closed", closed),
    ):
        for ring in np.flatnonzero(~sound).tolist():
            yield ring, fault
