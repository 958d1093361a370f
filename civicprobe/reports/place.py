"""Where a report is: every piece of evidence weighed, one chosen, the others' reasons kept.

Pure. The rider's own pin wins; else what was surest at the moment the shutter went. A conflict or
a doubt is a warning for the member to see: it never blocks, and nothing is silently moved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from civicprobe.grid.coords import Point
from civicprobe.reports.exif import PhotoFacts
from civicprobe.reports.sightings import (
    VAGUE_M,
    Box,
    Candidate,
    Sighting,
    Source,
    Unusable,
    are_apart,
    camera_sighting,
    is_shifted,
    weighed,
)

Grade = Literal["A", "B", "C", "D"]

GRADES: tuple[tuple[float, Grade], ...] = ((30, "A"), (100, "B"), (1000, "C"))
PIN_ON_SITE_M = 30.0
FAST_MPS = 5.5
CLOCK_AHEAD = timedelta(minutes=5)
CLOCK_BEHIND = timedelta(days=365)
LONG_AGO = timedelta(hours=2)


@dataclass(frozen=True)
class Evidence:
    """All that is known of where a report is; `taken_at` is the phone's word for the shutter."""

    photos: tuple[PhotoFacts, ...] = ()
    fix: Sighting | None = None
    pin: Sighting | None = None
    landmark: str = ""
    taken_at: datetime | None = None


@dataclass(frozen=True)
class Place:
    """The chosen point, how far off it may be, how sure that is, and why the others lost."""

    point: Point
    source: Source
    radius_m: float
    grade: Grade
    warnings: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class NoPlace:
    """Nothing says where: `reason` is landmark_only, outside, too_vague, not_at_capture or
    no_location."""

    reason: str
    warnings: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Times:
    """When the shutter went, as far as it is believed, and what is odd about that."""

    shots: tuple[datetime, ...]
    warnings: tuple[str, ...]


def weigh(
    evidence: Evidence, *, received_at: datetime, city_box: Box | None = None
) -> Place | NoPlace:
    """The place the evidence tells, or why there is none; the order of photos does not matter.

    Without `city_box` no point is judged to be outside.
    """
    times = _times(evidence, received_at)
    found, lost = _judge(evidence, times, city_box)
    if not found:
        return NoPlace(_why_none(evidence, lost), times.warnings, _unique(lost))
    found.sort(key=_rank)
    chosen = _on_site(found)
    beaten = "pin_given" if chosen.source == "pin" else "less_exact"
    return Place(
        point=chosen.point,
        source=chosen.source,
        radius_m=chosen.radius_m,
        grade=grade_of(chosen.radius_m),
        warnings=tuple(dict.fromkeys([*times.warnings, *_doubts(evidence, chosen, found)])),
        others=_unique([(other.source, beaten) for other in found[1:]] + lost),
    )


def grade_of(radius_m: float | None) -> Grade:
    """How sure a place is: A to 30 m, B to 100 m, C below 1,000 m, D for vaguer or none."""
    if radius_m is None or not radius_m < VAGUE_M:
        return "D"
    return next(grade for most, grade in GRADES if radius_m <= most)


def _times(evidence: Evidence, received_at: datetime) -> _Times:
    said = [photo.taken_at for photo in evidence.photos if photo.taken_at]
    said = said or [at for at in [evidence.taken_at] if at]
    ahead = [at for at in said if at > received_at + CLOCK_AHEAD]
    behind = [at for at in said if at < received_at - CLOCK_BEHIND]
    believed = tuple(sorted(set(said) - {*ahead, *behind}))
    found = {
        "clock_ahead": bool(ahead),
        "clock_years_off": bool(behind),
        "taken_long_ago": any(at < received_at - LONG_AGO for at in believed),
        "shot_time_unknown": bool(evidence.photos) and not believed,
    }
    return _Times(believed, tuple(code for code, holds in found.items() if holds))


def _judge(
    evidence: Evidence, times: _Times, box: Box | None
) -> tuple[list[Candidate], list[tuple[str, str]]]:
    found: list[Candidate] = []
    lost = [("exif", why) for photo in evidence.photos if (why := photo.no_gps_reason)]
    for source, sighting, age_s in _sightings(evidence, times):
        try:
            found.append(weighed(source, sighting, age_s, box))
        except Unusable as reason:
            lost.append((source, str(reason)))
    if evidence.landmark:
        lost.append(("landmark", "not_looked_up"))
    return found, lost


def _sightings(evidence: Evidence, times: _Times) -> Iterator[tuple[Source, Sighting, float]]:
    """Every position with its source and how many seconds it was measured from the shutter."""
    if evidence.pin:
        yield "pin", evidence.pin, 0.0
    for photo in evidence.photos:
        if photo.gps:
            zoned = photo.taken_at_source != "assumed_zone"
            shots = [at for at in times.shots if zoned and at == photo.taken_at]
            yield "exif", camera_sighting(photo.gps), _age_s(photo.gps.at, shots)
    if evidence.fix:
        yield "device", evidence.fix, _age_s(evidence.fix.at, times.shots)


def _age_s(at: datetime | None, shots: Sequence[datetime]) -> float:
    if at is None or not shots:
        return 0.0
    return min(abs((at - shot).total_seconds()) for shot in shots)


def _rank(candidate: Candidate) -> tuple[bool, float, bool, float, float]:
    """The pin, then the smallest radius, then the photo's own; coordinates only break ties."""
    at = candidate.point
    return (
        candidate.source != "pin",
        candidate.radius_m,
        candidate.source != "exif",
        at.lat,
        at.lon,
    )


def _on_site(found: Sequence[Candidate]) -> Candidate:
    """The best candidate; a pin that an exact measurement confirms was set by somebody there."""
    best = found[0]
    if best.source == "pin" and best.radius_m > PIN_ON_SITE_M:
        exact = [other for other in found[1:] if grade_of(other.radius_m) in "AB"]
        if any(not are_apart(best, other) for other in exact):
            return replace(best, radius_m=PIN_ON_SITE_M)
    return best


def _doubts(evidence: Evidence, chosen: Candidate, found: Sequence[Candidate]) -> Iterator[str]:
    """What a person should know before believing the chosen point."""
    for other in found:
        if are_apart(chosen, other):
            first, second = sorted((chosen.source, other.source), key="pin exif device".index)
            yield "photos_apart" if first == second else f"{first}_{second}_apart"
            if is_shifted(chosen, other) or is_shifted(other, chosen):
                yield "maybe_gcj02"
    if any(grade_of(one.radius_m) != grade_of(one.at_shutter_m) for one in found):
        yield "time_apart"
    if evidence.fix and (evidence.fix.speed_mps or 0) > FAST_MPS:
        yield "riding_fast"
    if any(photo.gps and photo.gps.datum == "unknown" for photo in evidence.photos):
        yield "datum_unknown"


def _why_none(evidence: Evidence, lost: Sequence[tuple[str, str]]) -> str:
    if evidence.landmark:
        return "landmark_only"
    reasons = {reason for _, reason in lost}
    order = ("outside", "too_vague", "not_at_capture")
    return next((code for code in order if code in reasons), "no_location")


def _unique(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(set(pairs)))
