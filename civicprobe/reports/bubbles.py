"""Cases in a window of the map, those close to each other as one; selects only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, select
from sqlalchemy.orm import Session

from civicprobe.grid.coords import Point
from civicprobe.grid.windows import HEIGHT, Frame
from civicprobe.reports.models import Report
from civicprobe.reports.numbers import number_of

ACROSS = 22  # so many stand beside each other at most


@dataclass(frozen=True)
class Bubble:
    """Cases at one place of a window: how many, how many of them late or urgent; `number` where
    it is one alone, `radius_m` within which all of them lie."""

    point: Point
    n: int
    late: int
    urgent: int
    number: str | None
    radius_m: float


def list_bubbles(
    session: Session, conditions: Sequence[ColumnElement[bool]], frame: Frame, now: datetime
) -> list[Bubble]:
    """The cases of a window for which the conditions hold, in at most some 400 bubbles."""
    west, south, east, north = frame.box
    wide, high = (east - west) / ACROSS, (north - south) / (ACROSS * HEIGHT)
    column, row = func.floor((Report.lon - west) / wide), func.floor((Report.lat - south) / high)
    inside = and_(Report.lat.between(south, north), Report.lon.between(west, east))
    found = (
        select(
            func.avg(Report.lat),
            func.avg(Report.lon),
            func.count(),
            func.sum(cast(case((Report.due_at < now, 1), else_=0), Integer)),
            func.sum(cast(case((Report.urgent, 1), else_=0), Integer)),
            func.min(Report.id),
        )
        .where(inside, *conditions)
        .group_by(column, row)
    )
    radius_m = frame.span_m / ACROSS
    return [
        Bubble(
            Point(lat, lon),
            n,
            int(late),
            int(urgent),
            number_of(first) if n == 1 else None,
            radius_m,
        )
        for lat, lon, n, late, urgent, first in session.execute(found)
    ]
