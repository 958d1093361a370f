"""A case that another body has (转办), as its page shows it: who has it, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from civicprobe.reports.lifecycle.table import Action, Outcome, State
from civicprobe.reports.queries import RECEIVED
from civicprobe.reports.schemas import ReportBody
from civicprobe.reports.services.result import ASKED_AFTER


@dataclass(frozen=True)
class Handed:
    """Who has it, since when, with the receipt they gave; when its desk is asked what came of it,
    None once that is known."""

    to: str
    receipt: str | None
    at: datetime
    asked_at: datetime | None


def handed_of(body: ReportBody) -> Handed | None:
    """Where a report was handed to, as long as that is how it ended."""
    if body.state is not State.CLOSED or body.outcome is not Outcome.TRANSFERRED:
        return None
    given = [step for step in body.timeline if step.action is Action.PROPOSE]
    closed = [step for step in body.timeline if step.action is Action.CLOSE]
    if not given or not closed:  # it follows another, or this reader sees no such step
        return None
    said = [step for step in body.timeline if step.action is Action.RESULT]
    last = max(closed[-1], *said, key=lambda step: step.seq) if said else closed[-1]
    return Handed(
        to=str(given[-1].data.get("destination") or "–"),
        receipt=given[-1].data.get("receipt"),
        at=closed[-1].at,
        asked_at=None if last.data.get("answer") == RECEIVED else last.at + ASKED_AFTER,
    )
