"""Map tiles under a window, where a city has them: which, and where each is drawn.

Pure. Tiles are Web Mercator squares of their own datum; each is placed by its corners in WGS-84, so
that a point stays where it is whatever the tiles were drawn in.
"""

import math
from dataclasses import dataclass

from civicprobe.grid.coords import Datum, Point, degree_lengths_m, from_wgs84, to_wgs84
from civicprobe.grid.windows import Frame

MOST_TILES = 48
_SIDE_PX = 256
_WIDTH_PX = 900
_MAX_ZOOM = 18
_EQUATOR_M = 40_075_016.7


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture: where it is got, and its place in metres east and south of the middle."""

    url: str
    x: float
    y: float
    width: float
    height: float


def tiles_of(frame: Frame, template: str, datum: Datum) -> tuple[Tile, ...]:
    """The tiles that a frame touches; none where no `template` (`{z}/{x}/{y}`) is set."""
    if not template:
        return ()
    zoom = _zoom(frame)
    west, south, east, north = frame.box
    left, top = _column_row(Point(north, west), datum, zoom)
    right, bottom = _column_row(Point(south, east), datum, zoom)
    places = [
        (column, row)
        for row in range(int(top), int(bottom) + 1)
        for column in range(int(left), int(right) + 1)
    ]
    return tuple(
        Tile(_url(template, zoom, *each), *_place(frame, datum, zoom, each))
        for each in places[:MOST_TILES]
    )


def _zoom(frame: Frame) -> int:
    """The zoom at which the window is about as wide as a screen."""
    around = _EQUATOR_M * math.cos(math.radians(frame.middle.lat))
    return min(max(round(math.log2(around * _WIDTH_PX / _SIDE_PX / frame.span_m)), 0), _MAX_ZOOM)


def _column_row(point: Point, datum: Datum, zoom: int) -> tuple[float, float]:
    lat, lon = from_wgs84(point, datum)
    turned = math.asinh(math.tan(math.radians(lat))) / math.pi
    return (lon + 180) / 360 * 2**zoom, (1 - turned) / 2 * 2**zoom


def _corner(column: int, row: int, datum: Datum, zoom: int) -> Point:
    turned = math.pi * (1 - 2 * row / 2**zoom)
    lat = math.degrees(math.atan(math.sinh(turned)))
    return to_wgs84(lat, column / 2**zoom * 360 - 180, datum)


def _url(template: str, zoom: int, column: int, row: int) -> str:
    names = {"{z}": zoom, "{x}": column, "{y}": row, "{s}": "abc"[(column + row) % 3]}
    for name, value in names.items():
        template = template.replace(name, str(value))
    return template


def _place(
    frame: Frame, datum: Datum, zoom: int, place: tuple[int, int]
) -> tuple[float, float, float, float]:
    north, east = degree_lengths_m(frame.middle.lat)
    one = _corner(*place, datum, zoom)
    two = _corner(place[0] + 1, place[1] + 1, datum, zoom)
    return (
        round((one.lon - frame.middle.lon) * east, 1),
        round((frame.middle.lat - one.lat) * north, 1),
        round((two.lon - one.lon) * east, 1),
        round((one.lat - two.lat) * north, 1),
    )
