"""The city as an immutable index: a point -> the areas that hold it, those near, or none.

Pure, but for `save` and `load` of its one file. What holds a point is decided in degrees, exactly
as the outlines are written; distances are true metres around the point. On a border the lowest
code wins, and the answer says that it is on a border.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from civicprobe.grid.areas import TILING, AreaName, AreaShape, Level
from civicprobe.grid.cells import Cells
from civicprobe.grid.coords import Point
from civicprobe.grid.layer import Floats, Layer, Rows
from civicprobe.grid.mapfile import (
    LEVELS,
    UPPER,
    Arrays,
    compile_areas,
    load_arrays,
    parts_of,
    save_arrays,
)

ON_BORDER_M = 0.01
# A worse fix than this names no candidates worth showing; the list would be thousands long.
MAX_RADIUS_M = 2_000.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An area the point may truly lie in, and how many metres away it is (0: it holds it).

    `share` is the part of the accuracy circle that the area covers, from 0 to 1: the shares of all
    candidates make 1 where the circle lies within the map. `above` are the areas above it.
    """

    area: AreaName
    distance_m: float
    share: float
    above: tuple[AreaName, ...] = ()


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point is. `chain` goes from the finest area up to the district; outside it is empty.

    `border_m` is the distance to the finest area's border, worked out when it is asked for.
    `candidates` are the finest areas within `radius_m`, nearest first. `nearest` is set outside
    only: named, with its chain, never assumed.
    """

    point: Point
    radius_m: float
    chain: tuple[AreaName, ...] = ()
    border: Callable[[], float] | None = field(default=None, repr=False, compare=False)
    candidates: tuple[Candidate, ...] = ()
    dedicated: AreaName | None = None
    nearest: Candidate | None = None
    nearest_chain: tuple[AreaName, ...] = ()

    @property
    def border_m(self) -> float | None:
        """Metres to the border of the finest area that holds the point."""
        return None if self.border is None else self.border()

    @property
    def on_border(self) -> bool:
        """Whether the point lies on a border, to a centimetre."""
        border_m = self.border_m
        return border_m is not None and border_m <= ON_BORDER_M

    @property
    def inside(self) -> bool:
        """Whether an area of the map holds the point."""
        return bool(self.chain)

    @property
    def codes(self) -> dict[Level, str]:
        """Level to code of the areas that hold the point."""
        return {area.level: area.code for area in self.chain}

    def at(self, level: Level) -> AreaName | None:
        """The area of this level that holds the point, if there is one."""
        return next((area for area in self.chain if area.level is level), None)

    def candidates_at(self, level: Level) -> tuple[Candidate, ...]:
        """The areas of one level within `radius_m`, nearest first, with all their shares."""
        found: dict[str, Candidate] = {}
        for each in self.candidates:
            chain = (each.area, *each.above)
            for place, area in enumerate(chain):
                if area.level is level:
                    first = found.get(area.code)
                    nearest = first.distance_m if first else each.distance_m
                    share = each.share + (first.share if first else 0.0)
                    found[area.code] = Candidate(area, nearest, share, chain[place + 1 :])
        return tuple(found.values())


class Locator:
    """The index of one edition: its content never changes, threads share it freely."""

    def __init__(self, arrays: Arrays) -> None:
        """An index over the arrays of `mapfile.compile_areas`."""
        self._levels = [LEVELS[number] for number in arrays["level"].tolist()]
        self._numbers = arrays["level"]
        self._codes, self._names = arrays["code"], arrays["name"]
        self._parent_rows = arrays["parent"]
        self._parents = self._parent_rows.tolist()
        self._synthetic = arrays["synthetic"].tolist()
        self._chains: dict[int, tuple[AreaName, ...]] = {}
        over = arrays["level"][arrays["part_area"]] == LEVELS.index(Level.DEDICATED)
        parts = parts_of(arrays)
        self._ground = Layer(parts[~over], arrays["part_area"][~over])
        self.overlay = Layer(parts[over], arrays["part_area"][over])
        self._below = self._ground.beneath(self.overlay)
        self._drawn = {
            level: Layer(parts_of(arrays, f"{level}_"), arrays[f"{level}_area"]) for level in UPPER
        }

    @classmethod
    def build(cls, areas: Iterable[AreaShape]) -> Self:
        """An index of areas that name each other as parents."""
        return cls(compile_areas(areas))

    @classmethod
    def load(cls, path: Path) -> Self:
        """The index kept in a file; raises OSError, ValueError or BadZipFile if it is not one."""
        return cls(load_arrays(path))

    @staticmethod
    def save(areas: Iterable[AreaShape], path: Path) -> None:
        """Keep the index of these areas in a file."""
        save_arrays(compile_areas(areas), path)

    def __len__(self) -> int:
        """How many areas of all levels there are."""
        return len(self._codes)

    def find(self, code: str) -> AreaName | None:
        """The area of a code."""
        row = self._row(code)
        return None if row is None else self.label(row)

    def chain_of(self, code: str) -> tuple[AreaName, ...]:
        """The area of a code and those above it, finest first; empty if there is none."""
        row = self._row(code)
        return () if row is None else self._chain(row)

    def locate(
        self, point: Point, radius_m: float = 0.0, *, nearest_limit_m: float = 0.0
    ) -> Located:
        """The areas of a point known to within `radius_m`; outside, the nearest within a limit."""
        radius_m = min(radius_m, MAX_RADIUS_M)
        spot = shapely.points((point.lon, point.lat))
        row, part, shared = self._ground.holder(spot)
        if row is None:
            return self._outside(point, radius_m, nearest_limit_m)
        chain = self._chain(row)
        border = partial(self._ground.border_m, part, point)
        candidates: tuple[Candidate, ...] = (Candidate(chain[0], 0.0, 1.0, chain[1:]),)
        if shared or (radius_m and border() <= radius_m):
            candidates = self._near(point, radius_m, radius_m)
        dedicated = self._dedicated(spot) if self._below[part] else None
        return Located(point, radius_m, chain, border, candidates, dedicated)

    def rows_at(self, lonlat: Floats, cells: Cells | None = None) -> Rows:
        """The row of the finest area that holds each point, for many at once; -1 where none does.

        Those `locate` may still find in a seam, or near. `cells` speed up very long lists.
        """
        return (cells or self._ground).holders(lonlat)

    def rows_above(self, rows: Rows) -> NDArray[np.int32]:
        """For each row a line of rows: itself, its parent and so on up; -1 where there is none."""
        lines = [rows]
        for _ in range(len(TILING) - 1):
            lines.append(np.where(lines[-1] >= 0, self._parent_rows[lines[-1]], -1))
        return np.column_stack(lines)

    def chain_at(self, row: int) -> tuple[AreaName, ...]:
        """The area of a row and those above it, finest first; empty for -1."""
        return () if row < 0 else self._chain(row)

    def drawn(self, level: Level) -> Layer:
        """A tiling level as pictures show it: simplified, but for the finest; with the areas of
        coarser levels that are not divided. `overlay` holds the dedicated grids."""
        return self._drawn.get(level, self._ground)

    def bounds_of(self, code: str | None) -> tuple[float, float, float, float]:
        """West, south, east and north of an area as it is drawn; of the map for an unknown code."""
        row = None if code is None else self._row(code)
        layer = self._ground if row is None else self.drawn(self._levels[row])
        parts = layer.parts if row is None else layer.parts[layer.rows == row]
        west, south, east, north = shapely.total_bounds(parts).tolist()
        return west, south, east, north

    def parent_row(self, row: int) -> int:
        """The row above a row; -1 where there is none."""
        return int(self._parents[row])

    def micros_under(self, code: str | None) -> Rows:
        """The rows of all micro grids of an area; of the whole map for None."""
        micros = np.flatnonzero(self._numbers == LEVELS.index(Level.MICRO)).astype(np.int32)
        if code is None:
            return micros
        row = self._row(code)
        held = (self.rows_above(micros) == (-2 if row is None else row)).any(axis=1)
        return np.asarray(micros[held])

    def rows_of(self, codes: Sequence[str]) -> Rows:
        """The rows of those codes that the map knows, in no order."""
        known = np.isin(self._codes, np.array(codes, dtype=np.str_))
        return np.flatnonzero(known).astype(np.int32)

    def make_cells(self, side_deg: float = 6e-4) -> Cells:
        """A raster for `rows_at`: it takes seconds to make, and tens of megabytes."""
        return Cells(self._ground, side_deg)

    def _outside(self, point: Point, radius_m: float, limit_m: float) -> Located:
        """No area holds the point; within a centimetre of some it lies in a seam between them."""
        near = self._near(point, max(radius_m, limit_m, ON_BORDER_M), radius_m)
        candidates = tuple(each for each in near if each.distance_m <= radius_m)
        seam = [each.area.code for each in near if each.distance_m <= ON_BORDER_M]
        if seam:
            spot = shapely.points((point.lon, point.lat))
            chain = self.chain_of(min(seam))
            return Located(
                point, radius_m, chain, float, candidates or near[:1], self._dedicated(spot)
            )
        if not near or near[0].distance_m > limit_m:
            return Located(point, radius_m, candidates=candidates)
        return Located(
            point,
            radius_m,
            candidates=candidates,
            nearest=near[0],
            nearest_chain=self.chain_of(near[0].area.code),
        )

    def _near(self, point: Point, reach_m: float, radius_m: float) -> tuple[Candidate, ...]:
        """The finest areas within reach, nearest first, then by code; shares of the radius."""
        found = self._ground.within(point, reach_m, max(radius_m, ON_BORDER_M))
        order = sorted(found, key=lambda row: (found[row][0], row))
        return tuple(
            Candidate(chain[0], *found[row], chain[1:])
            for row, chain in zip(order, map(self._chain, order), strict=True)
        )

    def _dedicated(self, spot: shapely.Point) -> AreaName | None:
        row = self.overlay.holder(spot)[0]
        return None if row is None else self.label(row)

    def _row(self, code: str) -> int | None:
        row = int(np.searchsorted(self._codes, code))
        return row if row < len(self._codes) and self._codes[row] == code else None

    def label(self, row: int) -> AreaName:
        """The area of a row."""
        return AreaName(
            self._levels[row],
            self._codes[row].item(),
            self._names[row].item(),
            self._synthetic[row],
        )

    def _chain(self, row: int) -> tuple[AreaName, ...]:
        parent = self._parents[row]
        return (self.label(row), *self._above(parent)) if parent >= 0 else (self.label(row),)

    def _above(self, row: int) -> tuple[AreaName, ...]:
        """The chain of an area with children: few, asked for often, so kept once made."""
        kept = self._chains.get(row)
        if kept is None:
            kept = self._chains[row] = self._chain(row)
        return kept
