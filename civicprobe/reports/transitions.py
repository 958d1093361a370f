"""The only writer of a report's state: one guarded UPDATE, one chained event, its notices."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Device
from civicprobe.accounts.roles import Role
from civicprobe.catalog.models import Category
from civicprobe.errors import Conflict, Forbidden
from civicprobe.reports.chain import Link, bind, link_hash
from civicprobe.reports.checks import Standing, refusal
from civicprobe.reports.lifecycle import (
    Action,
    Bar,
    Facts,
    Party,
    State,
    Transition,
    target_of,
)
from civicprobe.reports.models import EventPrivate, Report, ReportEvent
from civicprobe.reports.winding import wind

VERSIONED = frozenset(
    {"desk_code", "assignee_id", "unit_id", "lat", "lon", "category_code", "severity"}
)


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
    devices) lies beside it and can be erased.
    """

    change: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)
    audience: Audience = Audience.PUBLIC


WORKER = Actor(role=Role.WORKER)


def standing_of(session: Session, report: Report, actor: Actor) -> Standing:
    """What this caller is to this report, judged on persons: a linked phone is its member."""
    return Standing(parties=_parties(report, actor), bars=_bars(session, report, actor))


def facts_of(session: Session, report: Report, now: datetime) -> Facts:
    """What the table of actions needs to know of this report at this moment."""
    category = session.get(Category, report.category_code) if report.category_code else None
    self_service = category is not None and category.self_service
    return replace(report.facts(now), self_service=self_service)


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
    _write(session, report, row, step, event)
    session.add_all([event, private] if private else [event])
    wind(session, report, move.action, move.party, by.now)
    if step.private.get("note"):
        outbox.write(session, "words", now=by.now, report_id=report.id)
    for about in row.tells:
        outbox.write(
            session, "notice", now=by.now, report_id=report.id, seq=event.seq, about=about.value
        )
    session.flush()
    return event


@dataclass(frozen=True)
class _Move:
    """What the table made of an action: taken as which party, from where to where."""

    action: Action
    party: Party
    source: State | None
    target: State


def _decide(session: Session, report: Report, row: Transition, by: By) -> _Move:
    facts = facts_of(session, report, by.now) if report.seq else Facts(state=None)
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
    written = session.execute(
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
        .returning(Report.id)
        .execution_options(synchronize_session=False)
    )
    if written.first() is None:
        raise Conflict("stale_version", version=report.version)
    session.refresh(report)


def _parties(report: Report, actor: Actor) -> frozenset[Party]:
    match actor.role:
        case Role.WORKER:
            return frozenset({Party.WORKER})
        case Role.RIDER:
            own = report.reporter_id is not None and report.reporter_id in actor.device_ids
            return frozenset({Party.RIDER, Party.REPORTER} if own else {Party.RIDER})
        case Role.MEMBER if report.assignee_id == actor.account_id:
            return frozenset({Party.MEMBER})
        case Role.UNIT if actor.unit_id is not None and report.unit_id == actor.unit_id:
            return frozenset({Party.UNIT})
        case Role.OFFICE if actor.area_code in report.area_codes.values():
            above = actor.area_code != report.desk_code and _is_above(report, actor.area_code)
            return frozenset({Party.DESK, Party.DESK_ABOVE} if above else {Party.DESK})
    return frozenset()


def _is_above(report: Report, area_code: str | None) -> bool:
    codes = list(report.area_codes.values())
    if report.desk_code not in codes or area_code not in codes:
        return False
    return codes.index(area_code) < codes.index(report.desk_code)


def _bars(session: Session, report: Report, actor: Actor) -> frozenset[Bar]:
    if actor.role in {Role.WORKER, Role.RIDER}:
        return frozenset()
    bars = set()
    if _is_tied(session, report, actor):
        bars.add(Bar.TIED)
    if report.proposer_id is not None and report.proposer_id == actor.account_id:
        bars.add(Bar.PROPOSER)
    if report.unit_id is not None and report.unit_id == actor.unit_id:
        bars.add(Bar.OF_THE_UNIT)
    return frozenset(bars)


def _is_tied(session: Session, report: Report, actor: Actor) -> bool:
    if report.reporter_id is None:
        return False
    if report.reporter_id in actor.device_ids:
        return True
    owner = session.scalar(select(Device.account_id).where(Device.id == report.reporter_id))
    return owner is not None and owner == actor.account_id
