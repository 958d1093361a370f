"""Selects for riders on the road: what is filed around a spot, what lies open in a square."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.grid.coords import Point
from civicprobe.reports.lifecycle.table import Action, Outcome, State
from civicprobe.reports.likeness import cells_around
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.vicinity import Square

FILED_WITHIN = timedelta(days=180)
MOST_READ = 400
MOST_AHEAD = 200
# Somebody has looked at it and it is not over; before that it is one rider's word.
_CONFIRMED = (State.FILED, State.DISPATCHED, State.SUSPENDED, State.HANDLED)
_WAS_FILED = (*_CONFIRMED, State.CLOSED)
_REAL = ("fixed", "transferred")


@dataclass(frozen=True)
class Ahead:
    """An open case that other riders may know of: an urgent one and whether it is fenced, or one
    that is said to be repaired, of which who stands there is asked (`asks`)."""

    number: str
    asks: bool
    lat: float
    lon: float
    category: str | None
    since: datetime
    fenced: bool


def filed_around(session: Session, point: Point, *, now: datetime) -> list[tuple[str, int, int]]:
    """Category, hour of day and count of what was filed within about 60 m in half a year."""
    rows = session.execute(
        select(Report.category_code, Report.created_at)
        .where(
            Report.cell.in_(cells_around(point.lat, point.lon)),
            Report.category_code.is_not(None),
            Report.created_at > now - FILED_WITHIN,
            Report.state.in_(_WAS_FILED),
            Report.outcome.is_(None) | Report.outcome.in_(_REAL),
        )
        .order_by(Report.created_at.desc())
        .limit(MOST_READ)
    )
    counted = Counter((str(code), at.astimezone(CITY_ZONE).hour) for code, at in rows)
    return [(code, hour, count) for (code, hour), count in sorted(counted.items())]


def list_ahead(session: Session, square: Square) -> list[Ahead]:
    """Of a square, the newest first: open urgent cases that were confirmed, and repairs that wait
    to be checked; nothing discreet, sensitive or about staff."""
    fenced = exists().where(
        ReportEvent.report_id == Report.id,
        ReportEvent.action == Action.INSPECT.value,
        ReportEvent.data["result"].as_string() == "fenced",
    )
    repaired = and_(Report.state == State.HANDLED.value, Report.outcome == Outcome.FIXED.value)
    rows = session.execute(
        select(Report, repaired, fenced)
        .where(
            or_(Report.urgent, repaired),
            ~Report.discreet,
            ~Report.sensitive,
            ~Report.about_us,
            Report.state.in_(_CONFIRMED),
            Report.lat >= square.south,
            Report.lat < square.north,
            Report.lon >= square.west,
            Report.lon < square.east,
        )
        .order_by(Report.created_at.desc())
        .limit(MOST_AHEAD)
    )
    return [
        Ahead(
            number=report.number,
            asks=bool(asks),
            lat=round(report.lat, 5),
            lon=round(report.lon, 5),
            category=report.category_code,
            since=report.created_at,
            fenced=bool(closed_off),
        )
        for report, asks, closed_off in rows
        if report.lat is not None and report.lon is not None
    ]
