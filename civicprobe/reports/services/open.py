"""A member looks at a card: from then on its reporter cannot take it back unseen."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.reports.models import Report


def mark_opened(session: Session, report: Report, actor: Actor, now: datetime) -> None:
    """Note the first time that the report's member saw it; anybody else's look changes nothing."""
    if report.opened_at is None and report.assignee_id == actor.account_id:
        session.execute(
            update(Report)
            .where(Report.id == report.id, Report.opened_at.is_(None))
            .values(opened_at=now)
        )
