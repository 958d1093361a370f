"""The whistles of a desk that are still open, with all who were called to the same cases; selects
only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.reports.models import Report
from civicprobe.reports.orders import OPEN_WHISTLES, Whistle
from civicprobe.reports.queries import visible_to

MOST = 300


@dataclass(frozen=True)
class Call:
    """One unit called to one case, and the others who were called there."""

    whistle: Whistle
    report: Report
    others: tuple[Whistle, ...]


def list_calls(session: Session, actor: Actor) -> Mapping[int, Sequence[Call]]:
    """Open calls by unit, the most pressing unit and call first; at most 300 in all."""
    rows = session.execute(
        select(Whistle, Report)
        .join(Report, Report.id == Whistle.report_id)
        .where(text(OPEN_WHISTLES), visible_to(actor))
        .order_by(Whistle.due_at, Whistle.id)
        .limit(MOST)
    ).all()
    together: dict[int, list[Whistle]] = {}
    reports = {row.Report.id for row in rows}
    for other in session.scalars(
        select(Whistle).where(Whistle.report_id.in_(reports)).order_by(Whistle.id)
    ):
        together.setdefault(other.report_id, []).append(other)
    found: dict[int, list[Call]] = {}
    for row in rows:
        mine, report = row.Whistle, row.Report
        others = tuple(each for each in together[report.id] if each.id != mine.id)
        found.setdefault(mine.unit_id, []).append(Call(mine, report, others))
    return found
