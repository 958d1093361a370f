"""Evidence to place, and words to landmarks over every name of the city."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from civicprobe.grid.chengdu import communities, districts, streets
from civicprobe.grid.coords import Point
from civicprobe.grid.landmarks import Landmarks, Place
from civicprobe.reports.photo.exif import PhotoFacts
from civicprobe.reports.photo.exif_tags import GpsFix
from civicprobe.reports.place import Evidence, weigh
from civicprobe.reports.sightings import Box, Sighting

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SHOT = NOW - timedelta(seconds=40)
CITY = Box(30.0, 102.9, 31.5, 104.9)
WORDS = (
    "春熙路",
    "春西路口全家便利店门口",
    "hongpailou",
    "今天下雨路上有个坑",
    "锦江区春熙路街道总府路",
)


def run() -> dict[str, float]:
    """Milliseconds of one weighing of all kinds of evidence, and of one question for a place."""
    evidence = all_kinds()
    weighed = _times(lambda: weigh(evidence, received_at=NOW, city_box=CITY), 2_000)
    names = Landmarks(city_names())
    began = time.perf_counter()
    names.search("春熙路")
    made_s = time.perf_counter() - began
    asked = [spent for words in WORDS for spent in _times(lambda w=words: names.find(w), 40)]  # type: ignore[misc]
    return {
        "weigh_p50_ms": round(median(weighed), 4),
        "weigh_p95_ms": round(quantiles(weighed, n=20)[-1], 4),
        "names": len(names.places),
        "landmarks_first_s": round(made_s, 2),
        "landmarks_p50_ms": round(median(asked), 2),
        "landmarks_p95_ms": round(quantiles(asked, n=20)[-1], 2),
    }


def all_kinds() -> Evidence:
    """Three photos, three fixes, a pin and words, all within a few hundred metres."""

    def near(n: int) -> Point:
        return Point(30.6586 + n / 3_000, 104.0648)

    photos = tuple(
        PhotoFacts(
            taken_at=SHOT,
            taken_at_source="offset",
            gps=GpsFix(near(n).lat, near(n).lon, accuracy_m=8.0 + n, at=SHOT),
        )
        for n in range(3)
    )
    fixes = tuple(
        Sighting(near(n).lat, near(n).lon, 12.0, at=SHOT + timedelta(seconds=9 * n), speed_mps=6.0)
        for n in range(3)
    )
    pin, spot = (Sighting(near(n).lat, near(n).lon, 60.0) for n in (4, 5))
    return Evidence(photos, fixes[0], pin, "春熙路", SHOT, fixes[1:], spot)


def city_names() -> list[Place]:
    """Every district, street and community of Chengdu; where they are costs nothing."""
    spot, found = Point(30.66, 104.06), []
    for district in districts():
        found.append(Place(district.name, spot, 9_000.0, district.code))
        for code, street in streets().get(district.code, ()):
            found.append(Place(street, spot, 900.0, code, (district.name,)))
            above = (street, district.name)
            for inner, name in communities().get(code, ()):
                found.append(Place(name, spot, 400.0, inner, above))
    return found


def _times(work: Callable[[], object], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1e3)
    return times
