"""Somebody tied to an open report adds words or pictures (补充情况), or a later position."""

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.reports.commands import Add, LaterFix
from civicprobe.reports.lifecycle import TABLE, Action, State
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.photos import use_evidence
from civicprobe.reports.services.resemble import answer
from civicprobe.reports.transitions import Audience, By, Step, apply

BEFORE_FILED = frozenset({State.RECEIVED, State.NEEDS_PLACE, State.ASSIGNED})


def add(session: Session, report: Report, command: Add, *, by: By) -> ReportEvent:
    """Add to the record; raises Unprocessable when there is nothing to add, else as `apply`."""
    other = command.same_as or command.not_same_as
    if not command.note and not command.photos and not other:
        raise Unprocessable("incomplete", FieldFault("note", "missing"))
    photos = use_evidence(session, report, command.photos, by.actor)
    audience = Audience.TRIAGE if by.actor.device_ids else Audience(command.audience)
    if other:
        answer(session, report, other, same=bool(command.same_as))
    said = {"same_as": command.same_as, "not_same_as": command.not_same_as}
    step = Step(
        data={"photos": photos, **{name: number for name, number in said.items() if number}},
        private={"note": command.note, "for": audience} if command.note else {},
        audience=audience,
    )
    return apply(session, report, TABLE[Action.ADD], by=by, step=step)


def add_fix(session: Session, report: Report, command: LaterFix, *, by: By) -> bool:
    """Keep the reporter's later position or pin; False when it changes nothing any more.

    The last `at` wins, and the place is weighed anew only before the case is filed.
    """
    if report.state not in BEFORE_FILED:
        return False
    newer = {
        name: value
        for name, value in command.model_dump(mode="json", exclude_none=True).items()
        if str(value.get("at", "")) >= str(_kept(report, name).get("at", ""))
    }
    if not newer:
        return False
    step = Step(
        change={"evidence": {**report.evidence, **newer}},
        data={"position": sorted(newer)},
        audience=Audience.TRIAGE,
    )
    apply(session, report, TABLE[Action.ADD], by=by, step=step)
    outbox.write(session, "enrich", now=by.now, report_id=report.id)
    return True


def _kept(report: Report, name: str) -> dict[str, object]:
    kept = report.evidence.get(name)
    return kept if isinstance(kept, dict) else {}
