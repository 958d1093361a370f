"""Where a report is: every piece of evidence weighed, one chosen, the others' reasons kept.

Pure. The rider's own pin wins; else what was surest at the moment the shutter went. A conflict or
a doubt is a warning for the member to see: it never blocks, and nothing is silently moved.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from civicprobe.grid.coords import Point
from civicprobe.reports.photo.exif import PhotoFacts
from civicprobe.reports.sightings import (
    SOURCES,
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
# The warning that two pieces of evidence, of these kinds, contradict each other.
APART: Mapping[tuple[Source, ...], str] = {
    ("pin", "exif"): "pin_exif_apart",
    ("pin", "device"): "pin_device_apart",
    ("exif", "device"): "exif_device_apart",
    ("exif", "exif"): "photos_apart",
    ("device", "device"): "fixes_apart",
    **dict.fromkeys([("pin", "landmark"), ("exif", "landmark")], "landmark_apart"),
    ("device", "landmark"): "landmark_apart",
}


@dataclass(frozen=True)
class Evidence:
    """All that is known of where a report is; `taken_at` is the phone's word for the shutter.

    `earlier` are other fixes of the same phone: each counts by its own accuracy and age. `spot` is
    what the landmark's words were found to mean.
    """

    photos: tuple[PhotoFacts, ...] = ()
    fix: Sighting | None = None
    pin: Sighting | None = None
    landmark: str = ""
    taken_at: datetime | None = None
    earlier: tuple[Sighting, ...] = ()
    spot: Sighting | None = None

    @property
    def fixes(self) -> tuple[Sighting, ...]:
        """All that the phone measured."""
        return ((self.fix,) if self.fix else ()) + self.earlier


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
    """The place the evidence tells, or why there is none; in which order it came does not matter.

    Without `city_box` no point is judged to be outside.
    """
    times = _times(evidence, received_at)
    found, lost = _judge(evidence, times, city_box)
    if not found:
        return NoPlace(_why_none(evidence, lost), times.warnings + _elsewhere(lost), _unique(lost))
    found.sort(key=_rank)
    chosen = _on_site(found)
    beaten = "pin_given" if chosen.source == "pin" else "less_exact"
    doubts = (*_conflicts(chosen, found), *_doubts(evidence, found), *_elsewhere(lost))
    return Place(
        point=chosen.point,
        source=chosen.source,
        radius_m=chosen.radius_m,
        grade=_grade(chosen),
        warnings=tuple(dict.fromkeys((*times.warnings, *doubts))),
        others=_unique([(other.source, beaten) for other in found[1:]] + lost),
    )


def grade_of(radius_m: float | None) -> Grade:
    """How sure a place is: A to 30 m, B to 100 m, C below 1,000 m, D for vaguer or none."""
    if radius_m is None or not radius_m < VAGUE_M:
        return "D"
    return next(grade for most, grade in GRADES if radius_m <= most)


def _grade(chosen: Candidate) -> Grade:
    """A landmark is what somebody calls a place: however small, it is no measurement."""
    by_radius = grade_of(chosen.radius_m)
    return max(by_radius, "C") if chosen.source == "landmark" else by_radius


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
    if evidence.landmark and not evidence.spot:
        lost.append(("landmark", "not_found"))
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
    for fix in evidence.fixes:
        yield "device", fix, _age_s(fix.at, times.shots)
    if evidence.spot:
        yield "landmark", evidence.spot, 0.0


def _age_s(at: datetime | None, shots: Sequence[datetime]) -> float:
    if at is None or not shots:
        return 0.0
    return min(abs((at - shot).total_seconds()) for shot in shots)


def _rank(candidate: Candidate) -> tuple[bool, bool, float, bool, float, float]:
    """The pin, then what was measured, by radius, the photo's own first; words come last.

    Coordinates only break ties.
    """
    at = candidate.point
    return (
        candidate.source != "pin",
        candidate.source == "landmark",
        candidate.radius_m,
        candidate.source != "exif",
        at.lat,
        at.lon,
    )


def _on_site(found: Sequence[Candidate]) -> Candidate:
    """The best candidate; a pin that an exact measurement confirms was set by somebody there."""
    best = found[0]
    if best.source == "pin" and best.radius_m > PIN_ON_SITE_M:
        exact = [other for other in found[1:] if _grade(other) in "AB"]
        if any(not are_apart(best, other) for other in exact):
            return replace(best, radius_m=PIN_ON_SITE_M)
    return best


def _conflicts(chosen: Candidate, found: Sequence[Candidate]) -> Iterator[str]:
    """What cannot be true together with the chosen point."""
    for other in found:
        if not are_apart(chosen, other):
            continue
        yield APART[tuple(sorted((chosen.source, other.source), key=SOURCES.index))]
        if other.source != "landmark" and (is_shifted(chosen, other) or is_shifted(other, chosen)):
            yield "maybe_gcj02"


def _doubts(evidence: Evidence, found: Sequence[Candidate]) -> tuple[str, ...]:
    """What a person should know before believing any of it."""
    placed = [(photo.gps, photo.warnings) for photo in evidence.photos if photo.gps]
    holds = {
        "time_apart": any(grade_of(one.radius_m) != grade_of(one.at_shutter_m) for one in found),
        "riding_fast": any((fix.speed_mps or 0) > FAST_MPS for fix in evidence.fixes),
        "datum_unknown": any(gps.datum == "unknown" for gps, _ in placed),
        "gps_void": any("gps_void" in odd for _, odd in placed),
        "gps_from_xmp": any("gps_from_xmp" in odd for _, odd in placed),
        "gps_time_apart": any("gps_time_apart" in odd for _, odd in placed),
    }
    return tuple(code for code, is_so in holds.items() if is_so)


def _elsewhere(lost: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Evidence from outside the city was set aside: somebody should know."""
    return ("evidence_outside",) if any(why == "outside" for _, why in lost) else ()


def _why_none(evidence: Evidence, lost: Sequence[tuple[str, str]]) -> str:
    if evidence.landmark:
        return "landmark_only"
    reasons = {reason for _, reason in lost}
    order = ("outside", "too_vague", "not_at_capture")
    return next((code for code in order if code in reasons), "no_location")


def _unique(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(set(pairs)))
