"""What happened at this spot before (同一处的记忆): rulings, accepted dispatches and returns, with
the report that shows each; selects only. Nothing older than two years is remembered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from civicprobe.catalog.models import Category, Unit
from civicprobe.reports.lifecycle.table import Action, State
from civicprobe.reports.likeness import cells_around
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.numbers import number_of
from civicprobe.reports.orders import Ruling

REMEMBERED = timedelta(days=730)
MOST = 200
_TELLING = (Action.DISPATCH, Action.ACCEPT, Action.RETURN)
_CLOSED_BOOKS = frozenset({State.SUSPENDED, State.HANDLED, State.MERGED, State.CLOSED})


@dataclass(frozen=True)
class UnitHint:
    """A unit for a case, why, which report shows it, since when and until when that is remembered;
    `returns` at this spot. `desk` is the street that a ruling names instead of a unit."""

    unit: int | None
    why: str
    report: str | None
    since: datetime | None
    returns: int
    until: datetime | None = None
    desk: str | None = None


def propose_unit(session: Session, report: Report, now: datetime) -> UnitHint | None:
    """The unit or the street that a ruling names, else the last unit that accepted such a case
    here, else the category's; None where a desk has to choose by itself, or has nothing to choose.

    Whoever gave this very case back is not proposed for it again, but by a ruling.
    """
    if report.state in _CLOSED_BOOKS or report.category_code is None:
        return None
    refused = _refused(session, report)
    accepted, returns = _here(session, report, now, refused)
    ruled = _ruled(session, report, now)
    if ruled is not None:
        number, until = number_of(ruled.report_id), ruled.expires_at
        return UnitHint(
            ruled.unit_id, "ruling", number, ruled.ruled_at, returns, until, ruled.desk_code
        )
    if accepted is not None:
        unit_id, row_id, at = accepted
        number, until = number_of(row_id), at + REMEMBERED
        return UnitHint(unit_id, "accepted_here", number, at, returns, until)
    category = session.get(Category, report.category_code)
    unit = session.get(Unit, category.default_unit_id or 0) if category else None
    if unit is None or not unit.active or unit.code in refused:
        return None
    return UnitHint(unit.id, "default", None, None, returns)


def _refused(session: Session, report: Report) -> set[str]:
    """The units that gave this very case back, by code."""
    events = session.scalars(
        select(ReportEvent.data).where(
            ReportEvent.report_id == report.id, ReportEvent.action == Action.RETURN.value
        )
    )
    return {str(data.get("unit")) for data in events}


def _ruled(session: Session, report: Report, now: datetime) -> Ruling | None:
    """The latest ruling that holds for this category where the report lies, the finest area's: of
    a unit that is still there, or of a street that has not got the case already."""
    codes = [code for code in (report.community_code, report.street_code) if code]
    rows = session.scalars(
        select(Ruling)
        .outerjoin(Unit, Unit.id == Ruling.unit_id)
        .where(
            or_(Unit.active, Ruling.desk_code != report.desk_code),
            Ruling.area_code.in_(codes),
            or_(Ruling.category_code.is_(None), Ruling.category_code == report.category_code),
            Ruling.expires_at > now,
        )
        .order_by(Ruling.id.desc())
    ).all()
    ranked = sorted(rows, key=lambda row: codes.index(row.area_code))
    return ranked[0] if ranked else None


def _here(
    session: Session, report: Report, now: datetime, refused: set[str]
) -> tuple[tuple[int, int, datetime] | None, int]:
    """Who accepted a case of this category around here last (and gave none back since, nor this
    very one), and how often one was given back."""
    if report.lat is None or report.lon is None:
        return None, 0
    near = (
        select(Report.id)
        .where(
            Report.cell.in_(cells_around(report.lat, report.lon)),
            Report.category_code == report.category_code,
            Report.created_at > now - REMEMBERED,
            Report.id != report.id,
        )
        .order_by(Report.created_at.desc())
        .limit(MOST)
    )
    steps = session.execute(
        select(ReportEvent.report_id, ReportEvent.action, ReportEvent.at, ReportEvent.data)
        .where(ReportEvent.report_id.in_(near.scalar_subquery()), ReportEvent.action.in_(_TELLING))
        .order_by(ReportEvent.at, ReportEvent.report_id, ReportEvent.seq)
    ).all()
    sent: dict[int, str] = {}
    accepted: dict[str, tuple[int, datetime]] = {}
    returns = 0
    for step in steps:
        if step.action == Action.DISPATCH:
            sent[step.report_id] = str(step.data.get("unit"))
        elif step.action == Action.ACCEPT and step.report_id in sent:
            accepted[sent[step.report_id]] = (step.report_id, step.at)
        elif step.action == Action.RETURN:
            returns += 1
            accepted.pop(sent.get(step.report_id, ""), None)
    for code in refused:
        accepted.pop(code, None)
    if not accepted:
        return None, returns
    code, (row_id, at) = max(accepted.items(), key=lambda item: item[1][1])
    unit_id = session.scalar(select(Unit.id).where(Unit.code == code, Unit.active))
    return (None if unit_id is None else (unit_id, row_id, at)), returns
