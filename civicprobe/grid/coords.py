"""Points on the ground: WGS-84 inside, GCJ-02 and BD-09 at the edge, distances in true metres.

Pure. The shift of GCJ-02 is the published approximation all converters share; its inverse is
iterated, so that there and back again is exact far below half a metre.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from civicprobe.errors import Invalid

SEMI_MAJOR_M = 6_378_137.0
ECCENTRICITY_2 = 0.006694379990141317
_MEAN_RADIUS_M = 6_371_008.8
_NEAR_DEG = 1.0

# GCJ-02 is defined on the Krasovsky 1940 ellipsoid; BD-09 turns and pushes GCJ-02.
_GCJ_A = 6_378_245.0
_GCJ_EE = 0.00669342162296594323
_BD_PI = math.pi * 3000.0 / 180.0
_INVERSE_ROUNDS = 8
_KEPT_DIGITS = 10
_CHINA = (0.8293, 55.8271, 72.004, 137.8347)


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the ground in degrees, WGS-84 always."""

    lat: float
    lon: float


class Datum(StrEnum):
    """What a pair of coordinates is measured against."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def make_point(lat: float, lon: float) -> Point:
    """A point of two numbers in degrees; raises `Invalid` when they are no place on Earth."""
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise Invalid("coordinates_not_finite")
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Invalid("coordinates_out_of_range", lat=lat, lon=lon)
    return Point(float(lat), float(lon))


def to_wgs84(lat: float, lon: float, datum: Datum = Datum.WGS84) -> Point:
    """The WGS-84 point of coordinates in `datum`; raises `Invalid` like `make_point`."""
    point = make_point(lat, lon)
    if datum is Datum.BD09:
        point = Point(*_undo(_gcj_to_bd, (point.lat, point.lon)))
    if datum in (Datum.GCJ02, Datum.BD09):
        point = Point(*_undo(_wgs_to_gcj, (point.lat, point.lon)))
    return point


def from_wgs84(point: Point, datum: Datum) -> tuple[float, float]:
    """Latitude and longitude of a point in `datum`."""
    if datum in (Datum.GCJ02, Datum.BD09):
        point = Point(*_wgs_to_gcj(point.lat, point.lon, math))
    if datum is Datum.BD09:
        point = Point(*_gcj_to_bd(point.lat, point.lon, math))
    return point.lat, point.lon


def distance_m(a: Point, b: Point) -> float:
    """Metres between two points: on the ellipsoid within a degree, on the sphere beyond."""
    d_lat, d_lon = b.lat - a.lat, (b.lon - a.lon + 180) % 360 - 180
    if abs(d_lat) < _NEAR_DEG and abs(d_lon) < _NEAR_DEG:
        north, east = degree_lengths_m((a.lat + b.lat) / 2)
        return math.hypot(d_lat * north, d_lon * east)
    half = (
        math.sin(math.radians(d_lat) / 2) ** 2
        + math.cos(math.radians(a.lat))
        * math.cos(math.radians(b.lat))
        * math.sin(math.radians(d_lon) / 2) ** 2
    )
    return 2 * _MEAN_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def degree_lengths_m(lat: float) -> tuple[float, float]:
    """Length in metres of a degree of latitude and of longitude at this latitude (WGS-84)."""
    flat = 1 - ECCENTRICITY_2 * math.sin(math.radians(lat)) ** 2
    prime = SEMI_MAJOR_M / math.sqrt(flat)
    meridian = prime * (1 - ECCENTRICITY_2) / flat
    return math.radians(meridian), math.radians(prime) * math.cos(math.radians(lat))


def lonlat_to_wgs84(lonlat: Floats, datum: Datum) -> Floats:
    """Rows of longitude and latitude in `datum` as WGS-84, to 1e-10 degrees.

    The same place gives the same numbers wherever it stands: borders stay shared.
    """
    if datum is Datum.WGS84:
        return lonlat
    place: tuple[Any, Any] = (lonlat[:, 1], lonlat[:, 0])
    if datum is Datum.BD09:
        place = _undo(_gcj_to_bd, place, np)
    lat, lon = _undo(_wgs_to_gcj, place, np)
    return np.column_stack([lon, lat]).round(_KEPT_DIGITS)


# The shifts are written once, for numbers (`math`) and for rows of them (`numpy`).
def _wgs_to_gcj(lat: Any, lon: Any, m: Any) -> tuple[Any, Any]:
    x, y = lon - 105.0, lat - 35.0
    sin_lat = m.sin(m.radians(lat))
    flat = 1 - _GCJ_EE * sin_lat * sin_lat
    meridian = _GCJ_A * (1 - _GCJ_EE) / (flat * m.sqrt(flat))
    parallel = _GCJ_A / m.sqrt(flat) * m.cos(m.radians(lat))
    south, north, west, east = _CHINA
    # The shift is defined within China's bounds only.
    inside = (south <= lat) & (lat <= north) & (west <= lon) & (lon <= east)
    return (
        lat + inside * m.degrees(_north_m(x, y, m) / meridian),
        lon + inside * m.degrees(_east_m(x, y, m) / parallel),
    )


def _north_m(x: Any, y: Any, m: Any) -> Any:
    smooth = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * m.sqrt(abs(x))
    waves = _waves(m, (20.0, 6 * x), (20.0, 2 * x), (20.0, y), (40.0, y / 3))
    return smooth + (waves + _waves(m, (160.0, y / 12), (320.0, y / 30))) * 2 / 3


def _east_m(x: Any, y: Any, m: Any) -> Any:
    smooth = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * m.sqrt(abs(x))
    waves = _waves(m, (20.0, 6 * x), (20.0, 2 * x), (20.0, x), (40.0, x / 3))
    return smooth + (waves + _waves(m, (150.0, x / 12), (300.0, x / 30))) * 2 / 3


def _waves(m: Any, *parts: tuple[float, Any]) -> Any:
    return sum(height * m.sin(turns * math.pi) for height, turns in parts)


def _gcj_to_bd(lat: Any, lon: Any, m: Any) -> tuple[Any, Any]:
    radius = m.hypot(lon, lat) + 0.00002 * m.sin(lat * _BD_PI)
    angle = m.atan2(lat, lon) + 0.000003 * m.cos(lon * _BD_PI)
    return radius * m.sin(angle) + 0.006, radius * m.cos(angle) + 0.0065


def _undo(
    forward: Callable[[Any, Any, Any], tuple[Any, Any]], target: tuple[Any, Any], m: Any = math
) -> tuple[Any, Any]:
    """The place that `forward` takes to `target`; the shifts are small and smooth: it converges."""
    lat, lon = target
    for _ in range(_INVERSE_ROUNDS):
        there_lat, there_lon = forward(lat, lon, m)
        lat, lon = lat + (target[0] - there_lat), lon + (target[1] - there_lon)
    return lat, lon
