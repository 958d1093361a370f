"""A queue as rows for a file: what one sees is what one exports, page by page, with no rider in it.

Of the rider's report only the hazard's place and its hour go out: no words, no device, no UUID.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.grid.coords import Datum, Point, from_wgs84
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.pages.lists import Row, read_rows
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import MAX_PAGE, list_queue

MOST_ROWS = 50_000
STEPS = (
    Action.FILE,
    Action.DISPATCH,
    Action.ACCEPT,
    Action.PROPOSE,
    Action.CLOSE,
)
COLUMNS = (
    "number",
    "state",
    "outcome",
    "category",
    "severity",
    "urgent",
    "place",
    "lat_wgs84",
    "lon_wgs84",
    "lat_gcj02",
    "lon_gcj02",
    "radius_m",
    "grade",
    "unit",
    "member",
    "reported_at",
    "due_at",
    *(f"{step}_at" for step in STEPS),
    "days_open",
    "reopened",
)
Sheet = dict[str, object]


def read_sheet(session: Session, actor: Actor, ask: QueueFilter, now: datetime) -> Iterator[Sheet]:
    """Each report of a queue as a row, at most MOST_ROWS; the filters are the queue's own."""
    after, told = None, 0
    while told < MOST_ROWS:
        page = list_queue(session, actor, ask, now=now, after=after, limit=MAX_PAGE)
        steps = _steps(session, [report.id for report in page.reports])
        rows = read_rows(session, actor, page.reports)
        yield from (
            _row(report, row, steps.get(report.id, {}))
            for report, row in zip(page.reports, rows, strict=True)
        )
        told += len(page.reports)
        after = page.next
        if after is None:
            return
        session.expunge_all()


def geojson(rows: Iterator[Sheet]) -> Iterator[str]:
    """The rows as one FeatureCollection, feature by feature; points in WGS-84 as RFC 7946 asks."""
    yield '{"type":"FeatureCollection","features":['
    for n, row in enumerate(rows):
        point = row["lon_wgs84"], row["lat_wgs84"]
        shape = {"type": "Point", "coordinates": point} if point[0] is not None else None
        feature = {"type": "Feature", "geometry": shape, "properties": row}
        yield ("," if n else "") + json.dumps(feature, ensure_ascii=False)
    yield "]}"


def _row(report: Report, row: Row, steps: Mapping[str, datetime]) -> Sheet:
    item = row.item
    lat, lon = report.lat, report.lon
    gcj = from_wgs84(Point(lat, lon), Datum.GCJ02) if lat is not None and lon is not None else None
    return {
        "number": item.number,
        "state": item.state.value,
        "outcome": item.outcome.value if item.outcome else None,
        "category": row.category,
        "severity": item.severity.value if item.severity else None,
        "urgent": item.urgent,
        "place": row.place,
        "lat_wgs84": _degrees(lat),
        "lon_wgs84": _degrees(lon),
        "lat_gcj02": _degrees(gcj[0] if gcj else None),
        "lon_gcj02": _degrees(gcj[1] if gcj else None),
        "radius_m": report.place.get("radius_m") if report.place else None,
        "grade": item.grade,
        "unit": row.unit,
        "member": row.member,
        "reported_at": _local(item.created_at.replace(minute=0, second=0, microsecond=0)),
        "due_at": _local(item.due_at),
        **{f"{step}_at": _local(steps.get(step)) for step in STEPS},
        "days_open": row.days,
        "reopened": report.reopened,
    }


def _steps(session: Session, report_ids: Sequence[int]) -> dict[int, dict[str, datetime]]:
    """When each of STEPS last happened to each report."""
    rows = session.execute(
        select(ReportEvent.report_id, ReportEvent.action, func.max(ReportEvent.at))
        .where(
            ReportEvent.report_id.in_(report_ids),
            ReportEvent.action.in_([step.value for step in STEPS]),
        )
        .group_by(ReportEvent.report_id, ReportEvent.action)
    )
    found: dict[int, dict[str, datetime]] = {}
    for report_id, action, at in rows:
        found.setdefault(report_id, {})[action] = at
    return found


def _degrees(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _local(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(CITY_ZONE).strftime("%Y-%m-%d %H:%M")
