"""Who waits urges who has it (催办): riders when it is late and once a day, desks at any time."""

from sqlalchemy.orm import Session

from civicprobe.accounts.roles import Role
from civicprobe.reports.lifecycle.commands import Remind
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.transitions import Audience, By, Step, apply


def remind(session: Session, report: Report, command: Remind, *, by: By) -> ReportEvent:
    """Tell whoever's move it is that somebody waits; raises as `apply`."""
    rider = by.actor.role is Role.RIDER
    readers = Audience.TRIAGE if rider else Audience.STAFF
    step = Step(
        change={"reminded_at": by.now} if rider else {},
        private={"note": command.note, "for": readers} if command.note else {},
    )
    return apply(session, report, TABLE[Action.REMIND], by=by, step=step)
