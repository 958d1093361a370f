"""What a window on the map shows: as fine a level as is not too many shapes, drawn as paths.

Pure: an index and a middle -> paths in metres east and south of the middle, ready for SVG. Only
what the window touches is looked at: its cost does not depend on the size of the city.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from civicprobe.grid.areas import TILING, AreaName, Level
from civicprobe.grid.coords import Point, degree_lengths_m
from civicprobe.grid.layer import Layer
from civicprobe.grid.locator import Locator

MOST_SHAPES = 250
MOST_LABELS = 60
LETTER = 1 / 52  # of the width: how large a letter is drawn
PHONE = 1.9  # times as large on a phone
MIN_SPAN_M, MAX_SPAN_M = 100.0, 400_000.0
HEIGHT = 0.75  # of the width
_FINE_M = 5_000.0
_MARGIN = 1.2


@dataclass(frozen=True, slots=True)
class Frame:
    """A window: its middle, and how many metres wide it is."""

    middle: Point
    span_m: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        north, east = degree_lengths_m(self.middle.lat)
        side, up = self.span_m / 2 / east, self.span_m * HEIGHT / 2 / north
        lat, lon = self.middle.lat, self.middle.lon
        return lon - side, lat - up, lon + side, lat + up

    def metres(self, point: Point) -> tuple[float, float]:
        """Where a point is drawn: metres east and south of the middle."""
        north, east = degree_lengths_m(self.middle.lat)
        x = (point.lon - self.middle.lon) * east
        y = (self.middle.lat - point.lat) * north
        return round(x, 1), round(y, 1)

    def moved(self, right: float, up: float, scale: float = 1.0) -> "Frame":
        """Moved by parts of its width and height, and widened."""
        west, south, east, north = self.box
        middle = Point(
            min(max(self.middle.lat + up * (north - south), -85.0), 85.0),
            min(max(self.middle.lon + right * (east - west), -180.0), 180.0),
        )
        return Frame(middle, min(max(self.span_m * scale, MIN_SPAN_M), MAX_SPAN_M))


@dataclass(frozen=True, slots=True)
class Shape:
    """One area as it is drawn; `spot` lies within it, and `x`, `y` is where that is drawn."""

    row: int
    area: AreaName
    path: str
    spot: Point
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Label:
    """A name that has room at its place; `wide_only` where it has none on a phone."""

    text: str
    x: float
    y: float
    is_above: bool
    wide_only: bool


@dataclass(frozen=True, slots=True)
class Window:
    """What is drawn of a frame: areas of one level (or coarser ones that are not divided), the
    outlines of those above, and dedicated grids; `labels` are the names that fit."""

    frame: Frame
    level: Level
    shapes: tuple[Shape, ...]
    above: tuple[Shape, ...]
    dedicated: tuple[Shape, ...]
    labels: tuple[Label, ...]


def look(index: Locator, frame: Frame) -> Window:
    """What a window shows: the finest level of which it touches at most `MOST_SHAPES` areas."""
    level, layer, parts = _finest(index, frame)
    grouped = _grouped(layer, parts)
    shapes = tuple(_shapes(index, frame, grouped))
    fine = level in (Level.MICRO, Level.GENERAL)
    over = _grouped(index.overlay, index.overlay.touching(frame.box)) if fine else {}
    above = tuple(_shapes(index, frame, _unions(index, grouped)))
    names = [(each, each.area.name, True) for each in above]
    if len(shapes) <= MOST_LABELS:
        names += [(each, _own_part(index, each), False) for each in shapes]
    dedicated = tuple(_shapes(index, frame, over))
    return Window(frame, level, shapes, above, dedicated, tuple(_labels(frame, names)))


def frame_of(index: Locator, code: str | None) -> Frame:
    """The window that shows an area wholly; the whole map for a code that it does not know."""
    west, south, east, north = index.bounds_of(code)
    middle = Point((south + north) / 2, (west + east) / 2)
    up, side = degree_lengths_m(middle.lat)
    wanted = _MARGIN * max((east - west) * side, (north - south) * up / HEIGHT)
    return Frame(middle, min(max(wanted, MIN_SPAN_M), MAX_SPAN_M))


def _finest(index: Locator, frame: Frame) -> tuple[Level, Layer, NDArray[np.int64]]:
    for level in reversed(TILING[1:]):
        layer = index.drawn(level)
        parts = layer.touching(frame.box)
        if len(np.unique(layer.rows[parts])) <= MOST_SHAPES:
            return level, layer, parts
    layer = index.drawn(TILING[0])
    return TILING[0], layer, layer.touching(frame.box)


def _grouped(layer: Layer, parts: NDArray[np.int64]) -> dict[int, NDArray[Any]]:
    """Row of an area to its polygons; those out of sight are left out."""
    found: dict[int, list[Any]] = {}
    for row, part in zip(layer.rows[parts].tolist(), layer.parts[parts], strict=True):
        found.setdefault(row, []).append(part)
    return {row: np.array(shapes, dtype=object) for row, shapes in sorted(found.items())}


def _unions(index: Locator, grouped: dict[int, NDArray[Any]]) -> dict[int, NDArray[Any]]:
    """The areas above, made up of their children in sight."""
    below: dict[int, list[Any]] = {}
    for row, shapes in grouped.items():
        above = index.parent_row(row)
        if above >= 0:
            below.setdefault(above, []).extend(shapes)
    return {
        row: shapely.get_parts(shapely.coverage_union_all(shapes)) for row, shapes in below.items()
    }


def _shapes(index: Locator, frame: Frame, grouped: dict[int, NDArray[Any]]) -> Iterator[Shape]:
    if not grouped:
        return
    seen = shapely.box(*frame.box)
    biggest = [max(shapes, key=lambda each: each.area) for shapes in grouped.values()]
    shown = shapely.intersection(np.array(biggest, dtype=object), seen)
    shown = np.where(shapely.area(shown) > 0, shown, biggest)
    spots = shapely.get_coordinates(shapely.point_on_surface(shown))
    for (row, shapes), (lon, lat) in zip(grouped.items(), spots.tolist(), strict=True):
        spot = Point(lat, lon)
        yield Shape(row, index.label(row), _path(frame, shapes), spot, *frame.metres(spot))


def _metres(frame: Frame, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    north, east = degree_lengths_m(frame.middle.lat)
    moved = (lonlat - [frame.middle.lon, frame.middle.lat]) * [east, -north]
    return np.asarray(moved)


def _path(frame: Frame, shapes: NDArray[Any]) -> str:
    """All rings of the polygons, each from one point on by relative steps, in whole metres."""
    digits = 1 if frame.span_m < _FINE_M else 0
    rings = shapely.get_rings(shapes)
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    places = np.round(_metres(frame, lonlat), digits)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    return "".join(_steps(rows, digits) for rows in np.split(places, starts[1:]))


def _steps(places: NDArray[np.float64], digits: int) -> str:
    x, y = places[0].tolist()
    moves: list[list[float]] = np.diff(places[:-1], axis=0).tolist()
    return f"M{x:.{digits}f} {y:.{digits}f}l" + _pairs(moves, digits) + "z"


def _pairs(moves: Iterable[Sequence[float]], digits: int) -> str:
    return " ".join(f"{x:.{digits}f} {y:.{digits}f}" for x, y in moves)


def _own_part(index: Locator, shape: Shape) -> str:
    """A name without what it shares with the name above, which is written there."""
    above, name = index.parent_row(shape.row), shape.area.name
    wider = index.label(above).name if above >= 0 else ""
    shared = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, wider, strict=False))
    )
    return name[shared:] or name


def _labels(frame: Frame, names: Iterable[tuple[Shape, str, bool]]) -> Iterator[Label]:
    """The names that fit into the window and do not cover one written before."""
    large: list[_Box] = []
    small: list[_Box] = []
    for shape, text, is_above in names:
        box = _box(frame, shape, text, 1.0)
        if not _has_room(frame, box, small):
            continue
        small.append(box)
        on_phone = _box(frame, shape, text, PHONE)
        fits = _has_room(frame, on_phone, large)
        if fits:
            large.append(on_phone)
        yield Label(text, shape.x, shape.y, is_above, not fits)


_Box = tuple[float, float, float, float]


def _box(frame: Frame, shape: Shape, text: str, scale: float) -> _Box:
    """Where a name is written: Chinese letters are as wide as high, others half."""
    letter = frame.span_m * LETTER * scale
    wide = letter * sum(1.0 if ord(each) > 0x2E7F else 0.55 for each in text)
    return shape.x - wide / 2, shape.y - letter, shape.x + wide / 2, shape.y + letter * 0.4


def _has_room(frame: Frame, box: _Box, others: Iterable[_Box]) -> bool:
    left, top, right, low = box
    side, up = frame.span_m / 2, frame.span_m * HEIGHT / 2
    if left < -side or right > side or top < -up or low > up:
        return False
    return not any(
        left < each[2] and each[0] < right and top < each[3] and each[1] < low for each in others
    )
