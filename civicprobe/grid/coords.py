"""Points on the ground: WGS-84 inside, GCJ-02 and BD-09 at the edge, distances in true metres.

Pure. The shift of GCJ-02 is the published approximation all converters share; its inverse is
iterated, so that there and back again is exact far below half a metre.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

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
_INVERSE_DEG = 1e-12
_CHINA = (0.8293, 55.8271, 72.004, 137.8347)


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
        point = _undo(_gcj_to_bd, point)
    if datum in (Datum.GCJ02, Datum.BD09):
        point = _undo(_wgs_to_gcj, point)
    return point


def from_wgs84(point: Point, datum: Datum) -> tuple[float, float]:
    """Latitude and longitude of a point in `datum`."""
    if datum in (Datum.GCJ02, Datum.BD09):
        point = _wgs_to_gcj(point)
    if datum is Datum.BD09:
        point = _gcj_to_bd(point)
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


def _wgs_to_gcj(point: Point) -> Point:
    south, north, west, east = _CHINA
    if not (south <= point.lat <= north and west <= point.lon <= east):
        return point  # the shift is defined within China's bounds only
    x, y = point.lon - 105.0, point.lat - 35.0
    sin_lat = math.sin(math.radians(point.lat))
    flat = 1 - _GCJ_EE * sin_lat * sin_lat
    meridian = _GCJ_A * (1 - _GCJ_EE) / (flat * math.sqrt(flat))
    parallel = _GCJ_A / math.sqrt(flat) * math.cos(math.radians(point.lat))
    return Point(
        point.lat + math.degrees(_north_m(x, y) / meridian),
        point.lon + math.degrees(_east_m(x, y) / parallel),
    )


def _north_m(x: float, y: float) -> float:
    smooth = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    waves = _waves((20.0, 6 * x), (20.0, 2 * x), (20.0, y), (40.0, y / 3))
    return smooth + (waves + _waves((160.0, y / 12), (320.0, y / 30))) * 2 / 3


def _east_m(x: float, y: float) -> float:
    smooth = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    waves = _waves((20.0, 6 * x), (20.0, 2 * x), (20.0, x), (40.0, x / 3))
    return smooth + (waves + _waves((150.0, x / 12), (300.0, x / 30))) * 2 / 3


def _waves(*parts: tuple[float, float]) -> float:
    return sum(height * math.sin(turns * math.pi) for height, turns in parts)


def _gcj_to_bd(point: Point) -> Point:
    radius = math.hypot(point.lon, point.lat) + 0.00002 * math.sin(point.lat * _BD_PI)
    angle = math.atan2(point.lat, point.lon) + 0.000003 * math.cos(point.lon * _BD_PI)
    return Point(radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065)


def _undo(forward: Callable[[Point], Point], target: Point) -> Point:
    """The point that `forward` takes to `target`; the shifts are small and smooth: it converges."""
    guess = target
    for _ in range(_INVERSE_ROUNDS):
        there = forward(guess)
        north, east = target.lat - there.lat, target.lon - there.lon
        guess = Point(guess.lat + north, guess.lon + east)
        if abs(north) + abs(east) < _INVERSE_DEG:
            break
    return guess
