"""One report of several hazards becomes several (拆分), each with its photos and its place."""

from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.catalog.queries import find_category
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.city import City
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.reports.bonds import Naming
from civicprobe.reports.lifecycle.chain import digest
from civicprobe.reports.lifecycle.commands import Split, SplitPart
from civicprobe.reports.lifecycle.table import TABLE, Action, State
from civicprobe.reports.models import Photo, Report, ReportEvent
from civicprobe.reports.place import grade_of
from civicprobe.reports.services.place import BY_HAND
from civicprobe.reports.services.routing import at, route
from civicprobe.reports.transitions import WORKER, Audience, By, Step, apply

_OF_A_PHOTO = (
    *("state", "reason", "received_at", "sha256", "media_type", "size", "facts", "dhash"),
    *("screen_sha256", "thumb_sha256", "plates_sha256", "boxes"),
)

_OF_A_NAMING = ("area_code", "unit_id", "account_id")


def split(session: Session, report: Report, command: Split, *, by: By, city: City) -> ReportEvent:
    """Make a report of each part; they are the same rider's, and the first one goes on as it is.

    Raises Unprocessable naming the part at fault (`photos`: `no_such_photo`; `category`; a point
    `outside` the map), else as `apply`.
    """
    photos = _photos(session, report)
    made = [
        _make(session, report, part, number, photos, by=By(WORKER, by.now), city=city)
        for number, part in enumerate(command.parts)
    ]
    step = Step(data={"parts": [part.number for part in made]})
    return apply(session, report, TABLE[Action.SPLIT], by=by, step=step)


def _photos(session: Session, report: Report) -> dict[int, Photo]:
    rows = session.scalars(
        select(Photo).where(Photo.report_id == report.id, Photo.kind == "hazard")
    )
    return {row.n: row for row in rows if row.n is not None}


def _make(
    session: Session,
    report: Report,
    part: SplitPart,
    number: int,
    photos: dict[int, Photo],
    *,
    by: By,
    city: City,
) -> Report:
    _check(session, part, number, photos)
    made = _new(session, report, part, by)
    for n, old in enumerate((photos[n] for n in part.photos), start=1):
        same = {name: getattr(old, name) for name in _OF_A_PHOTO}
        photo = Photo(id=uuid4(), report_id=made.id, kind="hazard", n=n, **same)
        session.add(photo)
        if photo.state in ("stored", "held"):
            outbox.write(session, "pictures", now=by.now, photo_id=str(photo.id))
    point = to_wgs84(part.lat, part.lon, Datum(part.datum))
    routed = route(session, made, city, point, part.radius_m, now=by.now)
    if routed is None:
        raise Unprocessable("incomplete", FieldFault(f"parts.{number}.lat", "outside"))
    place = {
        "source": BY_HAND,
        "radius_m": part.radius_m,
        "grade": grade_of(part.radius_m),
        "warnings": [],
    }
    step = Step(
        change={**routed.change, **at(point), "place": place},
        data={**routed.data, "source": BY_HAND, "grade": place["grade"]},
    )
    apply(session, made, TABLE[Action.PLACE], by=by, step=step)
    outbox.write(session, "resemble", now=by.now, report_id=made.id)
    return made


def _check(session: Session, part: SplitPart, number: int, photos: dict[int, Photo]) -> None:
    if set(part.photos) - photos.keys():
        raise Unprocessable("incomplete", FieldFault(f"parts.{number}.photos", "no_such_photo"))
    if part.category is not None and find_category(session, part.category) is None:
        fault = FieldFault(f"parts.{number}.category", "no_such_category")
        raise Unprocessable("incomplete", fault)


def _new(session: Session, report: Report, part: SplitPart, by: By) -> Report:
    made = Report(
        uuid=uuid4(),
        digest=digest(part.model_dump(mode="json")),
        reporter_id=report.reporter_id,
        created_at=report.created_at,
        state=State.RECEIVED.value,
        city_code=report.city_code,
        desk_code=report.desk_code,
        category_code=part.category,
        urgent=report.urgent,
        urgent_owner_id=report.urgent_owner_id,
        sensitive=report.sensitive,
        discreet=report.discreet,
        about_us=report.about_us,
        evidence={},
    )
    session.add(made)
    session.flush()
    for named in session.scalars(select(Naming).where(Naming.report_id == report.id)).all():
        whom = {name: getattr(named, name) for name in _OF_A_NAMING}
        session.add(Naming(report_id=made.id, **whom))
    session.flush()
    step = Step(
        data={"split_from": report.number, "urgent": report.urgent, "category": part.category},
        private={"note": part.note, "for": Audience.TRIAGE} if part.note else {},
    )
    apply(session, made, TABLE[Action.SUBMIT], by=by, step=step)
    return made
