"""A closed report is opened again (退回重办), by someone who says why."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.reports.lifecycle.checks import REOPENS_BY_RIDERS
from civicprobe.reports.lifecycle.commands import Reopen
from civicprobe.reports.lifecycle.table import TABLE, Action, State, target_of
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import ABOVE_STREET, LEVELS, desk_for
from civicprobe.reports.services.photos import use_evidence
from civicprobe.reports.services.routing import route
from civicprobe.reports.transitions import Audience, By, Step, apply

DECISIONS = (Action.FILE.value, Action.PROPOSE.value, Action.CLOSE.value)


def reopen(session: Session, report: Report, command: Reopen, *, by: By, city: City) -> ReportEvent:
    """Open it again: a fixed case goes to its unit, any other to someone who did not decide it; the
    second time under the district's desk, which has the place looked at.

    Raises as `apply`.
    """
    row = TABLE[Action.REOPEN]
    again = target_of(row, report.facts(by.now)) is State.ASSIGNED
    photos = use_evidence(session, report, command.photos, by.actor)
    second = report.reopened + 1 >= REOPENS_BY_RIDERS
    levels = ABOVE_STREET if second else LEVELS
    step = Step(
        change={
            "closed_at": None,
            "outcome": None,
            "proposer_id": None,
            "accepted_at": None,
            "reopened": report.reopened + 1,
            **(_someone_else(session, report, city, by.now) if again and not second else {}),
            **({"assignee_id": None} if again and second else {}),
            "desk_code": desk_for(session, report, levels=levels),
        },
        data={"was": report.outcome, "photos": photos},
        private={"note": command.reason, "for": Audience.TRIAGE},
    )
    return apply(session, report, row, by=by, step=step)


def _someone_else(session: Session, report: Report, city: City, now: datetime) -> dict[str, Any]:
    """Whoever is next on the ladder after those who decided; as it was where the map is gone."""
    if report.lat is None or report.lon is None:
        return {}
    decided = session.scalars(
        select(ReportEvent.account_id).where(
            ReportEvent.report_id == report.id,
            ReportEvent.action.in_(DECISIONS),
            ReportEvent.account_id.is_not(None),
        )
    )
    had_it = frozenset(account for account in decided if account is not None)
    radius = report.place.get("radius_m", 0)
    routed = route(
        session,
        report,
        city,
        Point(report.lat, report.lon),
        float(radius) if isinstance(radius, int | float) else 0.0,
        now=now,
        had_it=had_it,
    )
    return dict(routed.change) if routed else {}
