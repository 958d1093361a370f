"""Follow-up work that failed five times: what it was about goes before a person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.table import TABLE, Action, State
from civicprobe.reports.models import Photo
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.hand_over import hand_over_card, list_cards
from civicprobe.reports.transitions import WORKER, By, Step, apply


def give_up(session: Session, failed_id: int, *, now: datetime) -> None:
    """A report that could not be enriched goes to a desk; a photo without copies says so; cards
    that could not be handed over wait at the desk, which sees whose they were and why.

    A notice that could not be told stays among the failed rows, to be replayed.
    """
    row = session.get(OutboxRow, failed_id)
    if row is None or row.state != "failed":
        return
    if row.topic == "enrich":
        _to_desk(session, int(str(row.payload["report_id"])), now)
    elif row.topic == "pictures":
        _unreadable(session, UUID(str(row.payload["photo_id"])))
    elif row.topic == "hand_over":
        _cards_to_desk(session, int(str(row.payload["account_id"])), str(row.payload["why"]), now)


def _cards_to_desk(session: Session, account_id: int, why: str, now: datetime) -> None:
    for card in list_cards(session, account_id):
        hand_over_card(session, card, account_id, why, city=None, now=now)


def _to_desk(session: Session, report_id: int, now: datetime) -> None:
    report = get_report_by_id(session, report_id, lock=True)
    if report.state == State.RECEIVED:
        step = Step(data={"reason": "enrich_failed"})
        apply(session, report, TABLE[Action.ASK_PLACE], by=By(WORKER, now), step=step)


def _unreadable(session: Session, photo_id: UUID) -> None:
    photo = session.get(Photo, photo_id)
    if photo is not None and photo.state == "stored":
        photo.state, photo.reason = "unreadable", "copies_failed"
