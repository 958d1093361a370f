"""One position somebody or something gave -> a point with its effective radius, or why not.

Pure. Which of several is chosen is `place`'s matter.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from civicprobe.errors import Invalid
from civicprobe.grid.coords import Datum, Point, distance_m, to_wgs84
from civicprobe.reports.photo.exif_tags import GpsFix

Source = Literal["pin", "exif", "device", "landmark"]
SOURCES: tuple[Source, ...] = ("pin", "exif", "device", "landmark")

VAGUE_M = 1000.0  # a cell tower or an address book of networks, not a place
UNSAID_M = {
    "pin": 50.0,
    "exif": 50.0,
    "device": 100.0,
    "landmark": 150.0,
}  # how far off, when nothing says it
LEAST_M = 5.0
METRES_PER_DOP = 5.0
APART_M = 30.0  # less than this is nothing that a person could act on
CAPTURE_S = 20.0  # the page keeps measuring this long after the shutter
LATE_S = 180.0  # a position measured later than this says where the rider is, not the hazard
WALKING_MPS = 1.5
_ZERO_DEG = 1e-3


@dataclass(frozen=True)
class Sighting:
    """A position somebody or something gave, in degrees of `datum`, and when it was measured."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    datum: Datum = Datum.WGS84
    at: datetime | None = None
    speed_mps: float | None = None


@dataclass(frozen=True)
class Box:
    """The city's bounds in degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, point: Point) -> bool:
        """Whether the point lies inside or on the edge."""
        return self.south <= point.lat <= self.north and self.west <= point.lon <= self.east


@dataclass(frozen=True)
class Candidate:
    """A usable position: WGS-84, with a radius that covers accuracy and way travelled.

    `at_shutter_m` is the radius it would have, had it been measured when the shutter went.
    """

    source: Source
    point: Point
    radius_m: float
    at_shutter_m: float


class Unusable(Exception):
    """This piece of evidence is none; the message is the reason code."""


def camera_sighting(gps: GpsFix) -> Sighting:
    """A photo's own position; dilution of precision stands in for an accuracy it does not give."""
    by_dop = None if gps.dop is None else gps.dop * METRES_PER_DOP
    return Sighting(
        gps.lat,
        gps.lon,
        accuracy_m=by_dop if gps.accuracy_m is None else gps.accuracy_m,
        datum=Datum.WGS84 if gps.datum == "unknown" else Datum(gps.datum),
        at=gps.at,
        speed_mps=gps.speed_mps,
    )


def weighed(source: Source, sighting: Sighting, age_s: float, box: Box | None) -> Candidate:
    """The candidate in a position measured `age_s` seconds from the shutter.

    Raises Unusable coordinates_not_finite, coordinates_out_of_range, coordinates_zero, outside,
    not_at_capture or too_vague.
    """
    try:
        point = to_wgs84(sighting.lat, sighting.lon, Datum(sighting.datum))
    except Invalid as fault:
        raise Unusable(fault.code) from None
    if abs(sighting.lat) < _ZERO_DEG and abs(sighting.lon) < _ZERO_DEG:
        raise Unusable("coordinates_zero")
    if box and not box.holds(point):
        raise Unusable("outside")
    if source == "device" and age_s > LATE_S:
        raise Unusable("not_at_capture")
    radii = (_radius_m(source, sighting, seconds) for seconds in (age_s, 0.0))
    return Candidate(source, point, *radii)


def _radius_m(source: Source, sighting: Sighting, age_s: float) -> float:
    """Accuracy, and how far the rider may have come between the measuring and the shutter."""
    accuracy, speed = sighting.accuracy_m, sighting.speed_mps
    if accuracy is None or accuracy <= 0:
        accuracy = UNSAID_M[source]
    if speed is None or not 0 <= speed < math.inf:
        speed = WALKING_MPS
    elif age_s > CAPTURE_S:
        speed = max(speed, WALKING_MPS)
    radius_m = round(accuracy + speed * age_s, 1)
    if not radius_m < VAGUE_M:  # which NaN is not either
        raise Unusable("too_vague")
    return max(LEAST_M, radius_m)


def are_apart(one: Candidate, other: Candidate) -> bool:
    """Whether both cannot be right: farther apart than their joint radius."""
    joint = max(APART_M, one.radius_m + other.radius_m)
    return distance_m(one.point, other.point) > joint


def is_shifted(one: Candidate, other: Candidate) -> bool:
    """Whether reading `one` as GCJ-02 would bring both together."""
    unshifted = to_wgs84(one.point.lat, one.point.lon, Datum.GCJ02)
    return not are_apart(replace(one, point=unshifted), other)
