"""A case as it is handed to another body (转办单), such as the 12345 line: structured, for a
program to read; selects only.

What leaves the house: the hazard, its place, day and hour, the desks' own words of the handling,
which redacted pictures belong to it, and the head of the chain. Never the rider, their words, their
device or the report's UUID.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.catalog.models import Category
from civicprobe.grid.coords import Datum, Point, from_wgs84
from civicprobe.grid.queries import area_names
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.models import EventPrivate, Photo, Report, ReportEvent

FORM = "civicprobe-handover/1"
_SAID = (Action.FILE, Action.DISPATCH, Action.PROPOSE, Action.INSPECT)


def handover_of(session: Session, report: Report, now: datetime) -> dict[str, Any]:
    """The hand-over document of a report as JSON values; moments carry the city's offset, the
    report's own is cut to its hour. `receipt` is None until the other body has given one."""
    steps = _steps(session, report)
    handed = next((step for step in reversed(steps) if step["action"] == Action.PROPOSE), None)
    data = handed["data"] if handed else {}
    return {
        "form": FORM,
        "number": report.number,
        "made_at": _local(now),
        "hazard": _hazard(session, report),
        "place": _place(session, report),
        "reported_at": _local(report.created_at.replace(minute=0, second=0, microsecond=0)),
        "desk": report.desk_code,
        "handling": [
            {"at": step["at"], "action": step["action"], "words": step["words"]} for step in steps
        ],
        "pictures": _pictures(session, report),
        "handed_to": data.get("destination"),
        "receipt": data.get("receipt"),
        "chain": {"seq": report.seq, "head": report.head_hash},
    }


def _hazard(session: Session, report: Report) -> dict[str, Any]:
    category = session.get(Category, report.category_code) if report.category_code else None
    return {
        "category": report.category_code,
        "name_zh": category.name_zh if category else None,
        "major": category.major if category else None,
        "severity": report.severity,
        "urgent": report.urgent,
    }


def _place(session: Session, report: Report) -> dict[str, Any] | None:
    if report.lat is None or report.lon is None:
        return None
    gcj = from_wgs84(Point(report.lat, report.lon), Datum.GCJ02)
    areas = area_names(session, report.edition_id, report.area_codes)
    return {
        "wgs84": [round(report.lat, 6), round(report.lon, 6)],
        "gcj02": [round(gcj[0], 6), round(gcj[1], 6)],
        "radius_m": report.place.get("radius_m"),
        "areas": {level: {"code": area.code, "name": area.name} for level, area in areas.items()},
    }


def _steps(session: Session, report: Report) -> list[dict[str, Any]]:
    """The steps of the handling, with what the staff said of them."""
    rows = session.execute(
        select(ReportEvent.action, ReportEvent.at, ReportEvent.data, EventPrivate.body)
        .outerjoin(
            EventPrivate,
            (EventPrivate.report_id == ReportEvent.report_id)
            & (EventPrivate.seq == ReportEvent.seq),
        )
        .where(ReportEvent.report_id == report.id, ReportEvent.action.in_(_SAID))
        .order_by(ReportEvent.seq)
    )
    return [
        {"action": action, "at": _local(at), "data": data, "words": (body or {}).get("note")}
        for action, at, data, body in rows
    ]


def _pictures(session: Session, report: Report) -> list[dict[str, Any]]:
    """By the hash of their redacted copies; none of a sensitive case."""
    if report.sensitive:
        return []
    rows = session.scalars(
        select(Photo)
        .where(Photo.report_id == report.id, Photo.screen_sha256.is_not(None))
        .order_by(Photo.kind.desc(), Photo.n, Photo.received_at)
    )
    return [{"kind": photo.kind, "sha256": photo.screen_sha256} for photo in rows]


def _local(at: datetime) -> str:
    return at.astimezone(CITY_ZONE).isoformat(timespec="minutes")
