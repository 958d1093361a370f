"""What a caller is to a report, and what the table of actions needs to know of it; selects only."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Device
from civicprobe.accounts.roles import Role
from civicprobe.catalog.models import Category
from civicprobe.reports.bonds import FOLLOWER, Tie, Unmasking
from civicprobe.reports.lifecycle.checks import Standing
from civicprobe.reports.lifecycle.table import Bar, Facts, Outcome, Party, State, Transition
from civicprobe.reports.models import Report
from civicprobe.reports.orders import Undoable, Whistle
from civicprobe.reports.proofs import inspection_of
from civicprobe.reports.queries import RECEIVED, find_result, is_named, left_by

UNDO_FOR = timedelta(seconds=10)
_UNDO_IN = frozenset({State.FILED, State.DISPATCHED, State.HANDLED, State.MERGED})


def standing_of(session: Session, report: Report, actor: Actor) -> Standing:
    """What this caller is to this report, judged on persons: a linked phone is its member."""
    named = report.about_us and is_named(session, report, actor)
    parties = frozenset() if named else _parties(session, report, actor)
    return Standing(parties=parties, bars=_bars(session, report, actor, named=named))


def facts_of(
    session: Session,
    report: Report,
    now: datetime,
    actor: Actor | None = None,
    *,
    row: Transition | None = None,
) -> Facts:
    """What the table of actions needs to know of this report, for this caller, at this moment.

    With `row`, what that one row asks: a step reads no more than its own checks look at.
    """
    facts = report.facts(now)
    if _asks(row, "member_dispatches_self_service", "member_handles_self_service"):
        category = session.get(Category, report.category_code) if report.category_code else None
        facts = replace(facts, self_service=category is not None and category.self_service)
    if report.primary_id is not None:
        primary = session.get(Report, report.primary_id)
        facts = replace(facts, primary_closed=primary is not None and primary.state == State.CLOSED)
    if facts.state is State.HANDLED and _asks(row, "inspected_if_due", "inspection_passed"):
        facts = replace(facts, inspection=inspection_of(session, report))
    handed = facts.state is State.CLOSED and facts.outcome is Outcome.TRANSFERRED
    if handed and _asks(row, "result_not_known"):
        step = find_result(session, report)
        facts = replace(facts, result_known=step is not None and step.data["answer"] == RECEIVED)
    if actor is None or actor.account_id is None:
        return facts
    if _asks(row, "asked_to_unmask", "not_asked_to_unmask"):
        held, grants = _unmasking(session, report, actor, now)
        facts = replace(facts, unmask_asked=held, unmask_to_grant=grants)
    if _asks(row, "just_done_by_you"):
        facts = _undoable(session, report, facts, actor, now)
    return facts


def _asks(row: Transition | None, *checks: str) -> bool:
    return row is None or not set(checks).isdisjoint(row.only_if)


def find_undoable(session: Session, report: Report, actor: Actor, now: datetime) -> Undoable | None:
    """The step that this caller may still take back."""
    step = session.get(Undoable, report.id, populate_existing=True)
    if step is None or step.account_id != actor.account_id or step.version != report.version:
        return None
    return step if now - step.at <= UNDO_FOR else None


def is_above(report: Report, area_code: str | None) -> bool:
    """Whether a desk stands above the one that answers for the report; the city's always does."""
    codes = list(report.area_codes.values())
    if area_code == report.city_code:
        return True
    if report.desk_code not in codes or area_code not in codes:
        return False
    return codes.index(area_code) < codes.index(report.desk_code)


def _undoable(session: Session, report: Report, facts: Facts, actor: Actor, now: datetime) -> Facts:
    if facts.state not in _UNDO_IN:
        return facts
    step = find_undoable(session, report, actor, now)
    return facts if step is None else replace(facts, undoable=True, before=State(step.state))


def _unmasking(session: Session, report: Report, actor: Actor, now: datetime) -> tuple[bool, bool]:
    """Whether this desk has asked who sent it and waits or knows, and whether it may grant that."""
    if actor.role is not Role.OFFICE or actor.area_code is None:
        return False, False
    asked = session.scalars(select(Unmasking).where(Unmasking.report_id == report.id)).all()
    mine = [row for row in asked if row.area_code == actor.area_code]
    held = any(row.until is None or row.until > now for row in mine)
    grants = any(may_grant(report, row, actor) for row in asked)
    return held, grants


def may_grant(report: Report, asked: Unmasking, actor: Actor) -> bool:
    """Whether a desk stands above the one that asked; at the city another officer does."""
    if asked.granted_by_id is not None or asked.asked_by_id == actor.account_id:
        return False
    codes = list(report.area_codes.values())
    if actor.area_code not in codes or asked.area_code not in codes:
        return False
    if asked.area_code == actor.area_code:
        return actor.area_code == report.city_code
    return codes.index(actor.area_code) < codes.index(asked.area_code)


def _parties(session: Session, report: Report, actor: Actor) -> frozenset[Party]:
    match actor.role:
        case Role.WORKER:
            return frozenset({Party.WORKER})
        case Role.RIDER:
            return _rider(session, report, actor)
        case Role.MEMBER if report.assignee_id == actor.account_id:
            return frozenset({Party.MEMBER})
        case Role.UNIT if actor.unit_id is not None:
            return _unit(session, report, actor)
        case Role.OFFICE if actor.area_code in report.area_codes.values():
            return _desk(report, actor.area_code)
    return frozenset()


def _desk(report: Report, area_code: str | None) -> frozenset[Party]:
    high = is_above(report, area_code)
    raised_to_it = area_code == report.desk_code != report.street_code
    parties = {Party.DESK} | ({Party.DESK_ABOVE} if high else set())
    return frozenset(
        parties | ({Party.ARBITER} if report.raised and (high or raised_to_it) else set())
    )


def _rider(session: Session, report: Report, actor: Actor) -> frozenset[Party]:
    if report.reporter_id is not None and report.reporter_id in actor.device_ids:
        return frozenset({Party.RIDER, Party.REPORTER})
    follows = _follows(session, report, actor.device_ids)
    return frozenset({Party.RIDER, Party.FOLLOWER} if follows else {Party.RIDER})


def _unit(session: Session, report: Report, actor: Actor) -> frozenset[Party]:
    if report.unit_id == actor.unit_id:
        return frozenset({Party.UNIT})
    called = exists().where(
        Whistle.report_id == report.id,
        Whistle.unit_id == actor.unit_id,
        Whistle.state != "cancelled",
    )
    return frozenset({Party.CALLED} if session.scalar(select(called)) else ())


def _follows(session: Session, report: Report, device_ids: frozenset[int]) -> bool:
    if not report.followers or not device_ids:
        return False
    tied = exists().where(
        Tie.report_id == report.id, Tie.kind == FOLLOWER, Tie.device_id.in_(device_ids)
    )
    return bool(session.scalar(select(tied)))


def _bars(session: Session, report: Report, actor: Actor, *, named: bool) -> frozenset[Bar]:
    if actor.role in {Role.WORKER, Role.RIDER}:
        return frozenset()
    bars = {Bar.NAMED} if named else set()
    if _is_tied(session, report, actor):
        bars.add(Bar.TIED)
    if report.proposer_id is not None and report.proposer_id == actor.account_id:
        bars.add(Bar.PROPOSER)
    if report.unit_id is not None and report.unit_id == actor.unit_id:
        bars.add(Bar.OF_THE_UNIT)
    return frozenset(bars)


def _is_tied(session: Session, report: Report, actor: Actor) -> bool:
    if report.reporter_id in actor.device_ids or _follows(session, report, actor.device_ids):
        return True
    if actor.device_ids and left_by(session, report.id) & actor.device_ids:
        return True
    if report.reporter_id is None:
        return False
    owner = session.scalar(select(Device.account_id).where(Device.id == report.reporter_id))
    return owner is not None and owner == actor.account_id
