"""How alike two reports are: near in space and time, the same kind, a like look, like words.

Pure. The answer is a score with its reasons; it proposes, and a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from math import cos, floor, hypot, radians

# One cell is 55.6 m high and, at the latitude of Chengdu, 57 m wide; up to 34 degrees it is wider
# than REACH_M, so that the nine cells around a point hold all that is within reach.
_CELL_LAT, _CELL_LON = 0.0005, 0.0006
_COLUMNS = 1 << 20
METRES_A_DEGREE = 111_195.0

REACH_M = 50.0
LOOK_BITS_SAME, LOOK_BITS_LIKE = 4, 10
LIKE_WORDS = 0.4
SHOWN_FROM = 0.45
ASKED_FROM = 0.6

SAME_PHOTO, NEAR, LOOKS = "same_photo", "near", "looks_alike"
REASONS = (SAME_PHOTO, NEAR, "same_category", LOOKS, "same_words", "same_day", "same_days")
# What each is worth; nearness counts in full on the spot and nothing at the reach.
WORTH = {NEAR: 0.45, "same_category": 0.25, "maybe_category": 0.1, "same_words": 0.15}
_OTHER_CATEGORY = -0.2
_LOOK_WORTH = ((LOOK_BITS_SAME, 0.4), (LOOK_BITS_LIKE, 0.25))
_TIME_WORTH = ((timedelta(hours=24), "same_day", 0.1), (timedelta(hours=72), "same_days", 0.05))


@dataclass(frozen=True, slots=True)
class Sight:
    """What is compared of a report: where (degrees, WGS-84), when, what kind, how it looks.

    `looks` are dHashes of its photos, `photos` the SHA-256 of their bytes, `words` the rider's.
    """

    lat: float
    lon: float
    at: datetime
    category: str | None = None
    looks: tuple[int, ...] = ()
    photos: frozenset[str] = field(default_factory=frozenset)
    words: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike, from 0 to 1, the reasons for it, and how many metres lie between the two."""

    score: float
    reasons: tuple[str, ...]
    distance_m: float


def cell_of(lat: float, lon: float) -> int:
    """The number of the cell that holds a point, for an ordinary index."""
    return _number(floor(lat / _CELL_LAT), floor(lon / _CELL_LON))


def cells_around(lat: float, lon: float) -> list[int]:
    """The cell of a point and its eight neighbours: they hold all within REACH_M."""
    row, column = floor(lat / _CELL_LAT), floor(lon / _CELL_LON)
    steps = (-1, 0, 1)
    return [_number(row + up, column + side) for up, side in product(steps, steps)]


def cells_within(lat: float, lon: float, radius_m: float) -> list[tuple[int, int]]:
    """First and last number of the cells of each row that a circle reaches into."""
    up = radius_m / METRES_A_DEGREE
    aside = up / cos(radians(lat))
    first, last = (floor((lon + side) / _CELL_LON) for side in (-aside, aside))
    rows = range(floor((lat - up) / _CELL_LAT), floor((lat + up) / _CELL_LAT) + 1)
    return [(_number(row, first), _number(row, last)) for row in rows]


def distance_m(a: Sight, b: Sight) -> float:
    """Metres between two points that lie close together."""
    east = (a.lon - b.lon) * cos(radians((a.lat + b.lat) / 2))
    return hypot(a.lat - b.lat, east) * METRES_A_DEGREE


def bits_apart(look: int, other: int) -> int:
    """In how many of 64 places two dHashes differ."""
    return ((look ^ other) & (1 << 64) - 1).bit_count()


def compare(new: Sight, old: Sight) -> Likeness | None:
    """How alike two reports are; None when they lie further apart than REACH_M."""
    apart = distance_m(new, old)
    if apart > REACH_M:
        return None
    if new.photos & old.photos:
        return Likeness(1.0, (SAME_PHOTO, NEAR), apart)
    found = [
        (WORTH[NEAR] * (1 - apart / REACH_M), NEAR),
        _category(new, old),
        _look(new.looks, old.looks),
        _words(new.words, old.words),
        _time(new.at, old.at),
    ]
    told = [item for item in found if item[1]]
    score = sum(worth for worth, _ in found)
    reasons = tuple(reason for worth, reason in sorted(told, reverse=True) if worth > 0)
    return Likeness(max(0.0, min(1.0, score)), reasons, apart)


def _category(new: Sight, old: Sight) -> tuple[float, str]:
    if new.category is None or old.category is None:
        return WORTH["maybe_category"], ""
    if new.category == old.category:
        return WORTH["same_category"], "same_category"
    return _OTHER_CATEGORY, ""


def _look(looks: Sequence[int], others: Sequence[int]) -> tuple[float, str]:
    closest = min((bits_apart(a, b) for a, b in product(looks, others)), default=64)
    worth = next((worth for bits, worth in _LOOK_WORTH if closest <= bits), 0.0)
    return worth, LOOKS if worth else ""


def _words(words: str, others: str) -> tuple[float, str]:
    """Shared pairs of characters: works for Chinese, which knows no gaps, and for English."""
    a, b = _pairs(words), _pairs(others)
    alike = bool(a and b) and len(a & b) >= LIKE_WORDS * len(a | b)
    return (WORTH["same_words"], "same_words") if alike else (0.0, "")


def _pairs(words: str) -> set[str]:
    plain = "".join(letter for letter in words.casefold() if letter.isalnum())
    return {plain[n : n + 2] for n in range(len(plain) - 1)}


def _time(at: datetime, other: datetime) -> tuple[float, str]:
    apart = abs(at - other)
    return next(((worth, why) for most, why, worth in _TIME_WORTH if apart <= most), (0.0, ""))


def _number(row: int, column: int) -> int:
    return row * _COLUMNS + column + _COLUMNS // 2
