"""What one member did lately, for their own eyes: no table compares members; selects only."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.models import Report, ReportEvent

TALLIED: Sequence[Action] = (Action.FILE, Action.PROPOSE, Action.MERGE, Action.INSPECT)
# A card is decided within weeks of coming in: looked for among those, by the member's own index.
_BEFORE = timedelta(days=60)


def monday_of(now: datetime) -> datetime:
    """When this week began, on the city's clock."""
    local = now.astimezone(CITY_ZONE)
    monday = local - timedelta(days=local.weekday())
    return monday.replace(hour=0, minute=0, second=0, microsecond=0)


def count_deeds(session: Session, account_id: int, since: datetime) -> Counter[str]:
    """How often this account took each of TALLIED since then, on its own cards."""
    found = session.execute(
        select(ReportEvent.action, func.count())
        .join(Report, Report.id == ReportEvent.report_id)
        .where(
            Report.assignee_id == account_id,
            Report.created_at >= since - _BEFORE,
            ReportEvent.account_id == account_id,
            ReportEvent.at >= since,
            ReportEvent.action.in_(TALLIED),
        )
        .group_by(ReportEvent.action)
    )
    return Counter({action: n for action, n in found})
