"""What came of a case is proposed (办理反馈, 建议不予立案), or sent back for rework (返工)."""

from sqlalchemy.orm import Session

from civicprobe.errors import Conflict, FieldFault, Unprocessable
from civicprobe.reports.lifecycle.checks import outcome_refusal
from civicprobe.reports.lifecycle.commands import Propose, SendBack
from civicprobe.reports.lifecycle.table import TABLE, Action, Outcome
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import desk_for
from civicprobe.reports.services.photos import use_evidence
from civicprobe.reports.standings import facts_of, standing_of
from civicprobe.reports.transitions import Audience, By, Step, apply

WITH_DESTINATION = frozenset({Outcome.OUT_OF_SCOPE, Outcome.TRANSFERRED})


def propose(session: Session, report: Report, command: Propose, *, by: By) -> ReportEvent:
    """Hand the case in with an outcome; who proposes does not close.

    The report goes to the lowest desk with somebody other than the proposer. Raises Unprocessable
    where `fixed` has no after-photo, or a transfer no receiving body or receipt; Conflict for an
    outcome that this state does not allow; else as `apply`.
    """
    _check(command)
    acting = standing_of(session, report, by.actor).parties
    refused = outcome_refusal(facts_of(session, report, by.now), command.outcome, acting)
    if refused:
        raise Conflict(refused, outcome=command.outcome.value)
    photos = use_evidence(session, report, command.photos, by.actor)
    barred = {by.actor.account_id} if by.actor.account_id is not None else set()
    step = Step(
        change={
            "outcome": command.outcome.value,
            "proposer_id": by.actor.account_id,
            "desk_code": desk_for(session, report, barred=barred),
        },
        data={
            "outcome": command.outcome.value,
            "photos": photos,
            "destination": command.destination or None,
            **({"receipt": command.receipt} if command.receipt else {}),
        },
        private={"note": command.note, "for": Audience.STAFF},
    )
    return apply(session, report, TABLE[Action.PROPOSE], by=by, step=step)


def send_back(session: Session, report: Report, command: SendBack, *, by: By) -> ReportEvent:
    """Return a handled case to whose work it was; raises as `apply`."""
    step = Step(
        change={"outcome": None, "proposer_id": None, "desk_code": desk_for(session, report)},
        private={"note": command.reason, "for": Audience.STAFF},
    )
    return apply(session, report, TABLE[Action.SEND_BACK], by=by, step=step)


def _check(command: Propose) -> None:
    if command.outcome is Outcome.FIXED and not command.photos:
        raise Unprocessable("incomplete", FieldFault("photos", "after_photo_needed"))
    if command.outcome in WITH_DESTINATION and not command.destination:
        raise Unprocessable("incomplete", FieldFault("destination", "missing"))
    if command.outcome is Outcome.TRANSFERRED and not command.receipt:
        raise Unprocessable("incomplete", FieldFault("receipt", "missing"))
