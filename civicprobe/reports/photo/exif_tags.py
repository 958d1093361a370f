"""EXIF values -> numbers, times and a position, each checked; doubt is none, never a guess.

Pure. A value of the wrong type, a zero denominator or a number out of range is as good as absent.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL.TiffImagePlugin import IFDRational
from pydantic import AwareDatetime

_EARLIEST_YEAR = 1980  # before any digital camera: an unset clock
_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
_DATE = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?([0-5]\d)", re.ASCII)
_LATEST_OFFSET = timedelta(hours=14)
_QUARTER_HOUR = timedelta(minutes=15)
_FILE_TIME = 0x0132  # whoever edits a picture writes this one anew
_TIME_TAGS = ((0x9003, 0x9011), (0x9004, 0x9012), (_FILE_TIME, 0x9010))  # original, digitized, file
_SPEED_UNITS = {"K": 1 / 3.6, "M": 1.609344 / 3.6, "N": 1.852 / 3.6}
_DATUMS = {"": "wgs84", "WGS84": "wgs84", "CGCS2000": "wgs84", "GCJ02": "gcj02", "BD09": "bd09"}

Tags = Mapping[int, Any]


@dataclass(frozen=True)
class GpsFix:
    """A position in degrees of `datum` (wgs84, gcj02, bd09, unknown), as the camera wrote it.

    `bearing_deg` is where the lens looked; `at` is the satellite clock's time of the position.
    """

    lat: float
    lon: float
    accuracy_m: float | None = None
    dop: float | None = None
    bearing_deg: float | None = None
    speed_mps: float | None = None
    altitude_m: float | None = None
    datum: str = "wgs84"
    at: AwareDatetime | None = None


class NoGps(Exception):
    """There is no usable position; the message is the reason code."""


@dataclass(frozen=True)
class CameraTime:
    """The camera's wall clock, written as if it were UTC, its offset, and what is wrong with it."""

    local: datetime | None = None
    offset: timedelta | None = None
    warnings: tuple[str, ...] = ()


def read_gps(gps: Tags, *, has_block: bool) -> GpsFix:
    """The position in a GPS block; raises NoGps gps_absent, gps_empty, gps_half, gps_malformed,
    gps_not_finite, gps_out_of_range or gps_zero."""
    missing = sum(gps.get(tag) in (None, "") for tag in (1, 2, 3, 4))
    if missing:
        none = "gps_empty" if has_block else "gps_absent"
        raise NoGps(none if missing == 4 else "gps_half")
    lat = _degrees(gps[2], gps[1], "NS", 90)
    lon = _degrees(gps[4], gps[3], "EW", 180)
    if abs(lat) < 1e-6 and abs(lon) < 1e-6:
        raise NoGps("gps_zero")
    speed = _number(gps.get(0x0D), 0, 1000)
    unit = _SPEED_UNITS.get(clean_text(gps.get(0x0C)) or "K")
    altitude = _number(gps.get(6), 0, 9000)
    below = gps.get(5) in (1, b"\x01")
    datum = "".join(filter(str.isalnum, clean_text(gps.get(0x12)) or "")).upper()
    return GpsFix(
        lat,
        lon,
        accuracy_m=_at_most(gps.get(0x1F), 1e6) or None,
        dop=_at_most(gps.get(0x0B), 1000) or None,
        bearing_deg=_number(gps.get(0x11), 0, 360),
        speed_mps=None if speed is None or unit is None else speed * unit,
        altitude_m=-altitude if altitude and below else altitude,
        datum=_DATUMS.get(datum, "unknown"),
        at=gps_time(gps),
    )


def camera_time(tags: Tags) -> CameraTime:
    """When the camera says the picture was taken: its original time, else digitized, else file."""
    warnings: tuple[str, ...] = ()
    for time_tag, offset_tag in _TIME_TAGS:
        written = clean_text(tags.get(time_tag))
        local = _time_of(_TIME.fullmatch(written or ""))
        if local:
            said = clean_text(tags.get(offset_tag))
            offset = _offset_of(said)
            odd = {
                "offset_malformed": bool(said) and offset is None,
                "time_not_original": time_tag == _FILE_TIME,
            }
            told = tuple(code for code, holds in odd.items() if holds)
            return CameraTime(local, offset, warnings + told)
        if written and written.strip(" :-0"):
            warnings = ("time_malformed",)
    return CameraTime(warnings=warnings)


def _time_of(match: re.Match[str] | None) -> datetime | None:
    if match is None:
        return None
    year, month, day, hour, minute, second = (*map(int, match.groups()), 0, 0, 0)[:6]
    try:
        found = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return found if _EARLIEST_YEAR <= found.year < 9999 else None


def _offset_of(text: str | None) -> timedelta | None:
    if text == "Z":
        return timedelta()
    match = _OFFSET.fullmatch(text or "")
    if not match:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return None if size > _LATEST_OFFSET else size if match[1] == "+" else -size


def nearest_offset(apart: timedelta) -> timedelta | None:
    """The zone's offset that explains wall clock minus satellite time; None when none does."""
    offset = round(apart / _QUARTER_HOUR) * _QUARTER_HOUR
    return offset if abs(offset) <= _LATEST_OFFSET else None


def gps_time(gps: Tags) -> datetime | None:
    """The satellites' time of the position (UTC); None when date or clock is missing or odd."""
    date = _DATE.fullmatch(clean_text(gps.get(0x1D)) or "")
    clock = _three(gps.get(7))
    if not (date and clock and clock[0] < 24 and clock[1] < 60 and clock[2] < 61):
        return None
    midnight = _time_of(date)
    hours, minutes, seconds = clock
    return midnight and midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _degrees(parts: object, ref: object, letters: str, limit: int) -> float:
    """Signed degrees of degrees, minutes and seconds; raises NoGps for any doubt."""
    hemisphere = (clean_text(ref) or "?").upper()
    numbers = _three(parts, finite=False)
    if numbers is None or hemisphere not in letters:
        raise NoGps("gps_malformed")
    if not all(map(math.isfinite, numbers)):
        raise NoGps("gps_not_finite")
    degrees, minutes, seconds = numbers
    size = degrees + minutes / 60 + seconds / 3600
    if min(numbers) < 0 or minutes > 60 or seconds > 60 or size > limit:
        raise NoGps("gps_out_of_range")
    if (degrees % 1 and (minutes or seconds)) or (minutes % 1 and seconds):
        raise NoGps(
            "gps_malformed"
        )  # a fraction that is told once more below: one of both is wrong
    return size if hemisphere == letters[0] else -size


def _three(value: object, *, finite: bool = True) -> tuple[float, float, float] | None:
    """Three fractions, as the standard has it; the same bytes read as another type are no angle."""
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    if not all(isinstance(part, IFDRational) for part in value):
        return None
    try:
        first, second, third = (float(part) for part in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    numbers = (first, second, third)
    return numbers if not finite or all(0 <= n < math.inf for n in numbers) else None


def _number(value: Any, low: float, high: float) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if low <= number <= high else None  # which NaN is not


def _at_most(value: Any, most: float) -> float | None:
    """A number from 0; a larger one is the largest: vague, not unknown."""
    number = _number(value, 0, math.inf)
    return None if number is None else min(number, most)


def clean_text(value: object) -> str | None:
    """Printable text of at most 64 characters up to a closing zero; None for nothing."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if not isinstance(value, str):
        return None
    value = value.partition("\0")[0]
    return "".join(filter(str.isprintable, value)).strip()[:64] or None
