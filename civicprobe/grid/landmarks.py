"""Words of a place -> areas and landmarks of our own that may be meant, by sight or by sound.

Pure. Names are compared as written, then by sound: voice input and Sichuan tongues mix up
characters of one sound, n and l, flat and curled tongues, front and back nasals. Who is sure enough
to be believed is said by `sure`; nobody is asked outside.
"""

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO

import numpy as np

from civicprobe.grid.areas import Level
from civicprobe.grid.coords import Point, degree_lengths_m
from civicprobe.grid.mapfile import LEVELS, Arrays

SHOWN_FROM, SURE_FROM = 70.0, 88.0
MOST_SHOWN = 8
MAX_PLACES, MAX_NAME = 200_000, 100
DEFAULT_RADIUS_M = 150.0
_NAMED = (Level.DISTRICT, Level.STREET, Level.COMMUNITY)
_SUFFIX = re.compile(
    r"(社区)?(居民委员会|居委会|村民委员会|村委会)$|(街道办事处|办事处|街道|社区|镇|乡|村|区|县|市)$"
)
_LEAST_LETTERS = 2
_BY_SIGHT, _BY_SOUND, _NEARLY, _AN_AREA_ABOVE = 100.0, 95.0, 0.9, 2.0
_SHORT, _SHORT_SIGHT, _SHORT_SOUND = 2, 85.0, 75.0  # two characters stand in many a sentence
_TONGUES = str.maketrans({"n": "l"})
_CURLED, _BACK = re.compile(r"([zcs])h"), re.compile(r"ng")


@dataclass(frozen=True, slots=True)
class Place:
    """Something with a name: a landmark, or an area with the point and radius that cover it."""

    name: str
    point: Point
    radius_m: float
    code: str = ""
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A place that may be meant, and how well the words fit it, from 0 to 100."""

    place: Place
    score: float


@dataclass(frozen=True, slots=True)
class _Key:
    """Words as they are compared: as written, their letters, their sounds, these in one word."""

    written: str
    letters: str
    sounds: str
    spoken: str


@dataclass(frozen=True)
class Landmarks:
    """The names of one edition and of the city's list; the index is made at the first question."""

    places: Sequence[Place] = field(default=(), repr=False)

    def search(self, words: str, most: int = MOST_SHOWN) -> list[Match]:
        """The places that these words may mean, the likeliest first."""
        said = _key(words[:200])
        if len(said.letters) < _LEAST_LETTERS:
            return []
        near = self._near(said)
        found = [
            Match(place, score)
            for place, key in self._index
            if (score := _fits(said, key) or near.get(key.spoken, 0.0)) >= SHOWN_FROM
        ]
        found = [Match(match.place, match.score + _above(match, said)) for match in found]
        found.sort(key=lambda match: (-match.score, -len(match.place.name), match.place.radius_m))
        return found[:most]

    def find(self, words: str) -> Place | None:
        """The one place that is meant beyond doubt; None when none is, or two are as likely."""
        found = [match for match in self.search(words, 3) if match.score >= SURE_FROM]
        if not found:
            return None
        first, *others = found
        rivals = (m for m in others if m.score > first.score - _AN_AREA_ABOVE)
        return None if any(not _is_kin(first.place, m.place) for m in rivals) else first.place

    @cached_property
    def _index(self) -> list[tuple[Place, _Key]]:
        return [(place, _key(_core(place.name), place.name)) for place in self.places]

    @cached_property
    def _spoken(self) -> list[str]:
        return sorted({key.spoken for _, key in self._index if len(key.letters) > _SHORT})

    def _near(self, said: _Key) -> dict[str, float]:
        """Names that sound nearly like a part of what was said, or what was said like a part."""
        from rapidfuzz import fuzz, process  # noqa: PLC0415  # only for those who ask

        found = process.extract(
            said.spoken, self._spoken, scorer=fuzz.partial_ratio, limit=32, score_cutoff=80
        )
        short = len(said.spoken)
        return {name: score * _NEARLY for name, score, _ in found if len(name) <= 2 * short}


def named_areas(arrays: Arrays) -> list[Place]:
    """Districts, streets and communities of a map, each with a circle around all of it."""
    bounds = _bounds(arrays)
    parents, names, codes = arrays["parent"], arrays["name"].tolist(), arrays["code"].tolist()
    wanted = [LEVELS.index(level) for level in _NAMED]
    found = []
    for row in np.flatnonzero(np.isin(arrays["level"], wanted)).tolist():
        west, south, east, north = bounds[row].tolist()
        if not west <= east:  # nothing below it has an outline
            continue
        middle = Point((south + north) / 2, (west + east) / 2)
        a_lat, a_lon = degree_lengths_m(middle.lat)
        radius_m = float(np.hypot((north - south) * a_lat, (east - west) * a_lon)) / 2
        above, up = [], int(parents[row])
        while up >= 0:
            above.append(names[up])
            up = int(parents[up])
        found.append(Place(names[row], middle, round(radius_m, 1), codes[row], tuple(above)))
    return found


def bounds_of(arrays: Arrays) -> tuple[float, float, float, float] | None:
    """South, west, north and east of a map in degrees; None for an empty one."""
    if not arrays["lonlat"].size:
        return None
    west, south = arrays["lonlat"].min(axis=0).tolist()
    east, north = arrays["lonlat"].max(axis=0).tolist()
    return south, west, north, east


def read_places(text: str) -> list[Place]:
    """Landmarks of a CSV with the columns name, lat, lon and, where known, radius_m (WGS-84).

    Raises ValueError that names the line at fault.
    """
    found = []
    for line, row in enumerate(csv.DictReader(StringIO(text.removeprefix("\ufeff"))), start=2):
        try:
            found.append(_place(row))
        except (KeyError, TypeError, ValueError) as fault:
            raise ValueError(f"line {line}: {fault}") from None
        if len(found) > MAX_PLACES:
            raise ValueError(f"more than {MAX_PLACES} landmarks")
    return found


def _place(row: dict[str, str]) -> Place:
    name = row["name"].strip()
    if not _LEAST_LETTERS <= len(name) <= MAX_NAME:
        raise ValueError(f"a name has {_LEAST_LETTERS} to {MAX_NAME} characters")
    lat, lon = float(row["lat"]), float(row["lon"])
    radius_m = float(row.get("radius_m") or DEFAULT_RADIUS_M)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 1 <= radius_m <= 10_000):
        raise ValueError("lat, lon or radius_m out of range")
    return Place(name, Point(lat, lon), radius_m)


def _bounds(arrays: Arrays) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """West, south, east and north of every area, from its leaves upward."""
    found = np.tile([np.inf, np.inf, -np.inf, -np.inf], (len(arrays["code"]), 1))
    if not arrays["lonlat"].size:
        return found
    starts = arrays["rings"][arrays["polygons"][:-1]]
    for side, least in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
        of_parts = least.reduceat(arrays["lonlat"][:, side % 2], starts)
        least.at(found[:, side], arrays["part_area"], of_parts)
    parents = arrays["parent"]
    for level in reversed(LEVELS):
        rows = np.flatnonzero((arrays["level"] == LEVELS.index(level)) & (parents >= 0))
        for side, least in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
            least.at(found[:, side], parents[rows], found[rows, side])
    return found


def _fits(said: _Key, name: _Key) -> float:
    """How well a name stands in what was said, or what was said in the name; 0 for neither."""
    if len(name.letters) < _LEAST_LETTERS:
        return 0.0
    is_all = said.letters in (name.letters, name.written) or said.spoken == name.spoken
    is_short = len(name.letters) <= _SHORT and not (is_all or name.written in said.letters)
    if name.letters in said.letters:
        return _SHORT_SIGHT if is_short else _BY_SIGHT
    if is_all or name.sounds in said.sounds:
        return _SHORT_SOUND if is_short else _BY_SOUND
    if said.letters in name.letters or said.sounds in name.sounds:
        return SHOWN_FROM + 15 * len(said.letters) / len(name.letters)
    return 0.0


def _above(match: Match, said: _Key) -> float:
    """What it is worth that areas above the place are named as well, beside the place itself."""
    rest = said.letters.replace(_core(match.place.name), "", 1)
    return _AN_AREA_ABOVE * sum(_core(name) in rest for name in match.place.above)


def _is_kin(one: Place, other: Place) -> bool:
    """Whether one lies in the other, so that both may be meant."""
    return other.name in one.above or one.name in other.above


def _core(name: str) -> str:
    """A name without the word for what it is: 春熙路 of 春熙路街道."""
    bare = _SUFFIX.sub("", name)
    return bare if len(bare) >= _LEAST_LETTERS else name


def _key(text: str, written: str = "") -> _Key:
    from pypinyin import lazy_pinyin  # noqa: PLC0415  # 60 MB, for those who need it

    letters = _letters(text)
    flat = [_BACK.sub("n", _CURLED.sub(r"\1", syllable)) for syllable in lazy_pinyin(letters)]
    sounds = " ".join(syllable[:1].translate(_TONGUES) + syllable[1:] for syllable in flat)
    return _Key(_letters(written or text), letters, f" {sounds} ", "".join(flat))


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in plain if char.isalnum())
