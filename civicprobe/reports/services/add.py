"""Somebody tied to an open report adds words or pictures (补充情况)."""

from sqlalchemy.orm import Session

from civicprobe.accounts.roles import Role
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.lifecycle.commands import Add
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.photos import use_evidence
from civicprobe.reports.services.resemble import answer
from civicprobe.reports.transitions import Audience, By, Step, apply


def add(session: Session, report: Report, command: Add, *, by: By) -> ReportEvent:
    """Add to the record; raises Unprocessable when there is nothing to add, else as `apply`."""
    other = command.same_as or command.not_same_as
    if not command.note and not command.photos and not other:
        raise Unprocessable("incomplete", FieldFault("note", "missing"))
    photos = use_evidence(session, report, command.photos, by.actor)
    rider = by.actor.role is Role.RIDER  # staff have phones too
    audience = Audience.TRIAGE if rider else Audience(command.audience)
    if other:
        answer(session, report, other, same=bool(command.same_as))
    said = {"same_as": command.same_as, "not_same_as": command.not_same_as}
    step = Step(
        data={"photos": photos, **{name: number for name, number in said.items() if number}},
        private={"note": command.note, "for": audience} if command.note else {},
        audience=audience,
    )
    return apply(session, report, TABLE[Action.ADD], by=by, step=step)
