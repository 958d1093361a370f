"""Where reports come from, without who: how often one source reported a spot, and whether it sent
abuse before; selects only."""

from datetime import datetime, timedelta
from math import cos, radians

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from civicprobe.reports.lifecycle.table import Outcome, State
from civicprobe.reports.models import Report

SPOT_M = 100.0
COUNTED_OVER = timedelta(days=30)
_M_PER_DEGREE = 111_320.0


def sent_abuse(session: Session, device_ids: frozenset[int]) -> bool:
    """Whether a report of these phones was closed as abuse."""
    found = exists().where(
        Report.reporter_id.in_(device_ids),
        Report.state == State.CLOSED.value,
        Report.outcome == Outcome.ABUSE.value,
    )
    return bool(session.scalar(select(found)))


def times_here(session: Session, report: Report) -> int:
    """Which report of its source at this spot it is, of the 30 days before it (同一来源 30 天第 n
    次反映此处); 0 where the source or the spot is unknown."""
    if report.reporter_id is None or report.lat is None or report.lon is None:
        return 0
    dlat = SPOT_M / _M_PER_DEGREE
    dlon = dlat / max(cos(radians(report.lat)), 0.01)
    since: datetime = report.created_at - COUNTED_OVER
    return (
        session.scalar(
            select(func.count()).where(
                Report.reporter_id == report.reporter_id,
                Report.created_at.between(since, report.created_at),
                Report.lat.between(report.lat - dlat, report.lat + dlat),
                Report.lon.between(report.lon - dlon, report.lon + dlon),
            )
        )
        or 0
    )
