"""What an answer says of many hands: who leads, who was called, what is proved, who watches, which
unit is proposed and why."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.grid.queries import find_alias
from civicprobe.reports.lifecycle.table import Party
from civicprobe.reports.memory import propose_unit
from civicprobe.reports.models import Report
from civicprobe.reports.orders import Whistle
from civicprobe.reports.proofs import proof_of
from civicprobe.reports.services.unmask import sender_of
from civicprobe.reports.sources import times_here

_STAFF = frozenset({Party.MEMBER, Party.UNIT, Party.DESK})


class Body(BaseModel):
    """Base of what is answered: unknown fields refused, so that a slip shows in a test."""

    model_config = ConfigDict(extra="forbid")


class WhistleBody(Body):
    """One call to a unit (街道吹哨), with its question and its answer."""

    id: int
    unit: int
    state: str
    question: str
    answer: str | None
    due_at: datetime


class InspectionBody(Body):
    """Why somebody has to look before it is closed, what the last look found, and what riders on
    the spot said: how many of each answer."""

    due: list[str]
    result: str | None
    answers: dict[str, int]


class UnitHintBody(Body):
    """The unit proposed for a case and why: a `ruling`, `accepted_here` before, or the category's
    `default`; with the report that shows it, until when it counts, and how often units gave cases
    back at this spot. A ruling may name a street, `desk`, instead of a unit."""

    unit: int | None
    why: str
    report: str | None
    since: datetime | None
    returns: int
    until: datetime | None
    desk: str | None


class Hands(Body):
    """What of it concerns more than one pair of hands; each part only for who may know it."""

    primary: str | None
    followers: int
    urgent_owner: str | None
    sensitive: bool
    about_us: bool
    whistles: list[WhistleBody]
    inspection: InspectionBody | None
    unit_hint: UnitHintBody | None
    times_here: int | None
    sender: str | None


def hands_of(
    session: Session, report: Report, parties: frozenset[Party], seen_by: Actor, now: datetime
) -> dict[str, Any]:
    """The fields of `Hands`, as these parties may know them."""
    staff, desk = bool(parties & _STAFF), Party.DESK in parties
    primary = session.get(Report, report.primary_id) if report.primary_id else None
    times = times_here(session, report) if parties & {Party.MEMBER, Party.DESK} else 0
    return {
        "primary": primary.number if primary else None,
        "followers": report.followers if staff else 0,
        "urgent_owner": _owner(session, report) if staff else None,
        "sensitive": report.sensitive if staff else False,
        "about_us": report.about_us if desk else False,
        "whistles": _whistles(session, report, parties, seen_by),
        "inspection": _inspection(session, report) if desk or Party.MEMBER in parties else None,
        "unit_hint": _unit_hint(session, report, now) if desk else None,
        "times_here": times if times > 1 else None,
        "sender": sender_of(session, report, seen_by, now) if desk else None,
    }


def _owner(session: Session, report: Report) -> str | None:
    if report.urgent_owner_id is None:
        return None
    alias = find_alias(session, report.urgent_owner_id)
    account = session.get(Account, report.urgent_owner_id)
    return alias or (account.username if account else None)


def _whistles(
    session: Session, report: Report, parties: frozenset[Party], seen_by: Actor
) -> list[WhistleBody]:
    if not parties & {Party.DESK, Party.CALLED}:
        return []
    rows = session.scalars(
        select(Whistle).where(Whistle.report_id == report.id).order_by(Whistle.id)
    )
    return [
        WhistleBody(
            id=row.id,
            unit=row.unit_id,
            state=row.state,
            question=row.question,
            answer=row.answer or None,
            due_at=row.due_at,
        )
        for row in rows
        if Party.DESK in parties or row.unit_id == seen_by.unit_id
    ]


def _inspection(session: Session, report: Report) -> InspectionBody | None:
    proof = proof_of(session, report)
    if proof is None:
        return None
    return InspectionBody(due=list(proof.due), result=proof.result, answers=proof.answers)


def _unit_hint(session: Session, report: Report, now: datetime) -> UnitHintBody | None:
    hint = propose_unit(session, report, now)
    return None if hint is None else UnitHintBody(**vars(hint))
