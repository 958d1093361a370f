"""A desk asks who sent a report (申请实名查看); a desk above grants it for a day, and the rider
reads of it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account, Device
from civicprobe.reports.bonds import Unmasking
from civicprobe.reports.lifecycle.commands import AskUnmask, GrantUnmask
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.standings import may_grant
from civicprobe.reports.transitions import Audience, By, Step, apply

HOLDS_FOR = timedelta(hours=24)


def ask_unmask(session: Session, report: Report, command: AskUnmask, *, by: By) -> ReportEvent:
    """Ask, with a reason that the desk above reads; raises as `apply`."""
    step = Step(
        data={"area": by.actor.area_code},
        private={"note": command.reason, "for": Audience.OFFICE},
        audience=Audience.OFFICE,
    )
    event = apply(session, report, TABLE[Action.ASK_UNMASK], by=by, step=step)
    session.add(
        Unmasking(
            report_id=report.id,
            area_code=by.actor.area_code,
            asked_by_id=by.actor.account_id,
            asked_at=by.now,
        )
    )
    session.flush()
    return event


def grant_unmask(session: Session, report: Report, command: GrantUnmask, *, by: By) -> ReportEvent:
    """Grant what waits below this desk, for 24 hours; the rider sees that and why; raises as
    `apply`."""
    waiting = _waiting(session, report, by.actor)
    step = Step(
        data={"areas": {"asked": waiting[0].area_code} if waiting else {}},
        private={"note": command.reason, "for": Audience.TRIAGE},
    )
    event = apply(session, report, TABLE[Action.GRANT_UNMASK], by=by, step=step)
    for row in waiting:
        row.granted_by_id, row.until = by.actor.account_id, by.now + HOLDS_FOR
    session.flush()
    return event


def sender_of(session: Session, report: Report, actor: Actor, now: datetime) -> str | None:
    """What is known of who sent it, for a desk that may know it now: the account its phone is
    linked to, else the phone's own number."""
    granted = select(Unmasking.id).where(
        Unmasking.report_id == report.id,
        Unmasking.area_code == actor.area_code,
        Unmasking.until > now,
    )
    if report.reporter_id is None or session.scalar(granted.limit(1)) is None:
        return None
    name = session.scalar(
        select(Account.username)
        .join(Device, Device.account_id == Account.id)
        .where(Device.id == report.reporter_id)
    )
    return name or f"device:{report.reporter_id}"


def _waiting(session: Session, report: Report, actor: Actor) -> list[Unmasking]:
    rows = session.scalars(select(Unmasking).where(Unmasking.report_id == report.id))
    return [row for row in rows if may_grant(report, row, actor)]
