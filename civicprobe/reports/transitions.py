"""The only writer of a report's state: one guarded UPDATE, one chained event, its notices."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.db import inserting
from civicprobe.errors import Conflict, Forbidden
from civicprobe.reports.bonds import Naming
from civicprobe.reports.lifecycle.chain import Link, bind, link_hash
from civicprobe.reports.lifecycle.checks import refusal
from civicprobe.reports.lifecycle.table import Action, Facts, Party, State, Transition, target_of
from civicprobe.reports.models import EventPrivate, Report, ReportEvent
from civicprobe.reports.orders import Undoable
from civicprobe.reports.standings import UNDO_FOR, facts_of, standing_of
from civicprobe.reports.winding import wind

VERSIONED = frozenset(
    {"desk_code", "assignee_id", "unit_id", "lat", "lon", "category_code", "severity"}
)
_BEFORE_FILED = frozenset({None, State.RECEIVED, State.NEEDS_PLACE, State.ASSIGNED})


class Audience(StrEnum):
    """Who may read an event or its words: all tied to the report, the staff on it, those who
    triage it (the reporter, the member, the desks), or the desks alone."""

    PUBLIC = "public"
    STAFF = "staff"
    TRIAGE = "triage"
    OFFICE = "office"


@dataclass(frozen=True)
class By:
    """Who acts, when, and on which version they think they act (None: no claim)."""

    actor: Actor
    now: datetime
    version: int | None = None


@dataclass(frozen=True)
class Step:
    """What an action changes and leaves in the record.

    `change` holds columns of the report; `data` goes into the event for good; `private` (words,
    devices) lies beside it and can be erased. With `same_hands` it stays whose turn it is: clocks
    run on and nobody is told.
    """

    change: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)
    audience: Audience = Audience.PUBLIC
    same_hands: bool = False


WORKER = Actor(role=Role.WORKER)


def apply(
    session: Session, report: Report, row: Transition, *, by: By, step: Step | None = None
) -> ReportEvent:
    """Take the action `row` on `report`; flushes, never commits.

    Raises Forbidden when the caller may not (`recused` when it is their own), Conflict when the
    state does not allow it (`not_in_this_state` …) or the report moved meanwhile (`stale_version`).
    """
    step = step or Step()
    move = _decide(session, report, row, by)
    private = _private(report, step)
    event = _event(report, move, by, step, private)
    before = {name: getattr(report, name) for name in step.change}
    _write(session, report, row, step, event)
    session.add_all([event, private] if private else [event])
    if report.about_us and step.change.keys() & {"street_code", "about_us"}:
        name_street(session, report)
    if not step.same_hands:
        wind(session, report, move.action, move.party, by.now)
    if step.private.get("note"):
        outbox.write(session, "words", now=by.now, report_id=report.id)
    waits = row.undone and by.actor.account_id is not None
    for about in () if step.same_hands else row.tells:
        outbox.write(
            session,
            "notice",
            now=by.now,
            due_at=by.now + UNDO_FOR if waits else by.now,
            report_id=report.id,
            seq=event.seq,
            about=about.value,
        )
    _lead(session, report, move, by.now)
    _look_after(session, report, move, by.now)
    session.flush()
    if waits:
        _remember(session, report, move, by, before)
    return event


def name_street(session: Session, report: Report) -> None:
    """A report about a street's own staff (涉及本单位) is kept from the street that it lies in
    from the moment that this is known."""
    if report.street_code is None:
        return
    named = select(Naming.id).where(
        Naming.report_id == report.id, Naming.area_code == report.street_code
    )
    if session.scalar(named.limit(1)) is None:
        session.add(Naming(report_id=report.id, area_code=report.street_code))


def _remember(
    session: Session, report: Report, move: "_Move", by: By, before: Mapping[str, Any]
) -> None:
    """Keep what the step changed, so that its doer can take it back."""
    kept = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in before.items()
    }
    step = {
        "seq": report.seq,
        "version": report.version,
        "account_id": by.actor.account_id,
        "at": by.now,
        "state": str(move.source),
        "before": kept,
    }
    session.execute(
        inserting(session, Undoable)
        .values(report_id=report.id, **step)
        .on_conflict_do_update(index_elements=["report_id"], set_=step)
    )


def _lead(session: Session, report: Report, move: "_Move", now: datetime) -> None:
    """What was merged into a report follows it where it is closed or opened again."""
    if not report.followers or (move.source is State.CLOSED) is (move.target is State.CLOSED):
        return
    for child in session.scalars(select(Report.id).where(Report.primary_id == report.id)):
        outbox.write(session, "follow", now=now, report_id=child)


def _look_after(session: Session, report: Report, move: "_Move", now: datetime) -> None:
    """A card that comes back to its member is handed over if they left or are away meanwhile."""
    comes_back = move.target is State.ASSIGNED and move.source not in _BEFORE_FILED
    if comes_back and report.assignee_id is not None:
        outbox.write(session, "hand_over", now=now, account_id=report.assignee_id, why="away")


@dataclass(frozen=True)
class _Move:
    """What the table made of an action: taken as which party, from where to where."""

    action: Action
    party: Party
    source: State | None
    target: State


def _decide(session: Session, report: Report, row: Transition, by: By) -> _Move:
    facts = (
        facts_of(session, report, by.now, by.actor, row=row) if report.seq else Facts(state=None)
    )
    standing = standing_of(session, report, by.actor)
    if by.version is not None and by.version != report.version:
        raise Conflict("stale_version", version=report.version)
    refused = refusal(row, facts, standing)
    if refused:
        raise (Forbidden if refused.forbidden else Conflict)(refused.code, action=row.action.value)
    party = next(party for party in row.by if party in standing.parties)
    return _Move(row.action, party, facts.state, target_of(row, facts))


def _private(report: Report, step: Step) -> EventPrivate | None:
    if not step.private:
        return None
    salt = secrets.token_bytes(16)
    return EventPrivate(report_id=report.id, seq=report.seq + 1, salt=salt, body=dict(step.private))


def _event(
    report: Report, move: _Move, by: By, step: Step, private: EventPrivate | None
) -> ReportEvent:
    link = Link(
        seq=report.seq + 1,
        at=by.now,
        action=move.action.value,
        party=move.party.value,
        account_id=by.actor.account_id,
        from_state=move.source.value if move.source else None,
        to_state=move.target.value,
        audience=step.audience.value,
        data=dict(step.data),
        private_hash=bind(private.salt, private.body) if private else None,
        before_hash=report.head_hash,
    )
    return ReportEvent(
        report_id=report.id, **{**vars(link), "hash": link_hash(str(report.uuid), link)}
    )


def _write(
    session: Session, report: Report, row: Transition, step: Step, event: ReportEvent
) -> None:
    bumps = row.is_move or bool(VERSIONED & step.change.keys())
    session.flush()
    written = session.scalar(
        update(Report)
        .where(Report.id == report.id, Report.seq == report.seq, Report.version == report.version)
        .values(
            {
                **step.change,
                "state": event.to_state,
                "seq": event.seq,
                "head_hash": event.hash,
                "version": report.version + bumps,
            }
        )
        .returning(Report)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if written is None:
        raise Conflict("stale_version", version=report.version)
