"""The worker reads what the photos tell, settles the place and hands the report to a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.errors import NotFound
from civicprobe.grid.areas import AreaName
from civicprobe.grid.city import City
from civicprobe.grid.coords import degree_lengths_m, to_wgs84
from civicprobe.grid.landmarks import Place as Landmark
from civicprobe.reports.lifecycle.table import TABLE, Action, State
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.photo.darkroom import read_facts
from civicprobe.reports.photo.exif import PhotoFacts
from civicprobe.reports.place import Place, weigh
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.services.evidence import evidence_of
from civicprobe.reports.services.routing import Routed, at, route
from civicprobe.reports.sightings import Box
from civicprobe.reports.transitions import WORKER, By, Step, apply
from civicprobe.storage import Storage

STILL_WEIGHED = frozenset({State.RECEIVED, State.NEEDS_PLACE, State.ASSIGNED})
BY_HAND = "hand"
HINT_OF_STREET_M = 1_000.0


@dataclass(frozen=True)
class Unread:
    """A photo whose bytes nobody has read yet."""

    photo_id: UUID
    sha256: str


def list_unread(session: Session, report_id: int) -> list[Unread]:
    """The rider's photos of a report that have bytes and no facts."""
    rows = session.scalars(
        select(Photo).where(Photo.report_id == report_id, Photo.kind == "hazard")
    )
    return [Unread(row.id, row.sha256) for row in rows if row.sha256 and not row.facts]


def read_photos(storage: Storage, wanted: Sequence[Unread]) -> dict[UUID, PhotoFacts]:
    """What each photo tells of time and place; call with no transaction open."""
    facts = {}
    for item in wanted:
        try:
            facts[item.photo_id] = read_facts(storage.get(item.sha256))
        except NotFound:
            continue
    return facts


def find_spot(session: Session, report_id: int, city: City | None) -> Landmark | None:
    """What a report's words of a place mean, None where they mean nothing for certain.

    The first question of a process takes seconds: call with no writing transaction open.
    """
    said = session.scalar(select(Report.evidence).where(Report.id == report_id)) or {}
    words = str(said.get("landmark") or "")
    return city.landmarks.find(words) if city and words else None


def enrich(
    session: Session,
    report_id: int,
    facts: Mapping[UUID, PhotoFacts],
    *,
    city: City | None,
    now: datetime,
    spot: Landmark | None = None,
) -> None:
    """Choose the place, find the grid and the member, and apply `place`; or ask where it is.

    Safe to repeat: the same evidence leads to the same place, and then nothing is written. A
    place set by hand, or a case that is filed, is left alone.
    """
    report = get_report_by_id(session, report_id, lock=True)
    rows = _keep_facts(session, report, facts)
    if report.state not in STILL_WEIGHED or report.place.get("source") == BY_HAND:
        return
    photos = [PhotoFacts.from_json(row.facts) for row in rows if row.facts]
    last_heard_at = max([report.created_at, *(row.received_at for row in rows)])
    weighed = weigh(
        evidence_of(report, photos, spot), received_at=last_heard_at, city_box=_box_of(city)
    )
    if not isinstance(weighed, Place):
        _ask(session, report, weighed.reason, now, _hint(session, report, city, spot))
    elif _is_there(report, weighed):
        _doubt_anew(session, report, weighed, now)
    elif routed := route(session, report, city, weighed.point, weighed.radius_m, now=now):
        _place(session, report, weighed, routed, now)
    else:
        _ask(session, report, "no_map" if city is None else "outside", now, {})


def _box_of(city: City | None) -> Box | None:
    """The map's bounds with as much around them as a point may lie outside and be routed."""
    if city is None or city.bounds is None:
        return None
    south, west, north, east = city.bounds
    a_lat, a_lon = degree_lengths_m(north)
    more_lat, more_lon = city.nearest_limit_m / a_lat, city.nearest_limit_m / a_lon
    return Box(south - more_lat, west - more_lon, north + more_lat, east + more_lon)


def _hint(
    session: Session, report: Report, city: City | None, spot: Landmark | None
) -> dict[str, Any]:
    """The desk of the best hint, and the areas that let it see the report: of the place that was
    named, else of where the phone roughly was; a street where that is good to a kilometre, a
    district where it is not."""
    if city is None:
        return {}
    chain, rough = _hinted(report, city, spot)
    areas: dict[str, str] = {area.level.value: area.code for area in chain}
    if rough:
        areas.pop("street", None)
    if not areas:
        return {}
    held = {f"{level}_code": areas.get(level) for level in ("district", "street")}
    return {**held, "desk_code": desk_for(session, report, areas=areas)}


def _hinted(report: Report, city: City, spot: Landmark | None) -> tuple[tuple[AreaName, ...], bool]:
    """The areas that a name or a position hints at, finest first, and whether it is vague."""
    if spot is not None:
        return city.locator.chain_of(spot.code), False
    evidence = evidence_of(report, ())
    seen = evidence.pin or evidence.fix
    if seen is None:
        return (), False
    point = to_wgs84(seen.lat, seen.lon, seen.datum)
    located = city.locator.locate(point, nearest_limit_m=city.nearest_limit_m)
    return located.chain or located.nearest_chain, (seen.accuracy_m or 0.0) > HINT_OF_STREET_M


def _keep_facts(
    session: Session, report: Report, facts: Mapping[UUID, PhotoFacts]
) -> Sequence[Photo]:
    rows = session.scalars(
        select(Photo)
        .where(Photo.report_id == report.id, Photo.kind == "hazard", Photo.sha256.is_not(None))
        .order_by(Photo.n)
    ).all()
    for row in rows:
        if row.id in facts:
            row.facts = facts[row.id].to_json()
    return rows


def _ask(
    session: Session, report: Report, reason: str, now: datetime, hint: Mapping[str, Any]
) -> None:
    if report.state == State.RECEIVED:
        step = Step(data={"reason": reason}, change={"place": {}, **hint})
        apply(session, report, TABLE[Action.ASK_PLACE], by=By(WORKER, now), step=step)


def _is_there(report: Report, place: Place) -> bool:
    return (
        report.state == State.ASSIGNED
        and report.place.get("source") == place.source
        and (report.lat, report.lon) == (place.point.lat, place.point.lon)
    )


def _place(session: Session, report: Report, place: Place, routed: Routed, now: datetime) -> None:
    owner = report.urgent_owner_id
    if owner is not None and owner == report.assignee_id:
        # A member watches over it already: nobody takes that from them.
        routed.change.pop("assignee_id")
    step = Step(
        change={**routed.change, **at(place.point), "place": _as_kept(place)},
        data={**routed.data, "source": place.source, "grade": place.grade},
    )
    apply(session, report, TABLE[Action.PLACE], by=By(WORKER, now), step=step)
    outbox.write(session, "resemble", now=now, report_id=report.id)
    if report.urgent and report.urgent_owner_id is None:
        outbox.write(session, "alarm", now=now, report_id=report.id)


def _doubt_anew(session: Session, report: Report, place: Place, now: datetime) -> None:
    """The point and who has it stay; a new doubt, or one that is gone, is shown on the card."""
    told = (report.place.get("grade"), report.place.get("warnings"))
    if told == (place.grade, list(place.warnings)):
        return
    step = Step(
        change={"place": _as_kept(place)},
        data={"source": place.source, "grade": place.grade, "same_point": True},
        same_hands=True,
    )
    apply(session, report, TABLE[Action.PLACE], by=By(WORKER, now), step=step)


def _as_kept(place: Place) -> dict[str, Any]:
    return {
        "source": place.source,
        "radius_m": place.radius_m,
        "grade": place.grade,
        "warnings": list(place.warnings),
        "others": [list(other) for other in place.others],
    }
