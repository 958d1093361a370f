"""A desk's rules of routing: saved when all they name is there, put in order, removed; and which of
them a map leaves without their aim."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.queries import find_account
from civicprobe.audit import record_change
from civicprobe.errors import Conflict, FieldFault, NotFound, Unprocessable
from civicprobe.grid.choosing import AimKind
from civicprobe.grid.models import Area, Member, RoutingRule
from civicprobe.grid.people import find_member
from civicprobe.grid.queries import find_active, within
from civicprobe.grid.rules import MOST_RULES, Conditions

LONGEST_NAME, MOST_AREAS = 40, 50

_KEPT = ("name", "conditions", "active", "aim", "aim_area", "aim_account_id")


@dataclass(frozen=True)
class Draft:
    """A rule as it was typed: `to` is a user name or an area code, as the aim needs."""

    name: str
    conditions: Conditions
    aim: str
    to: str = ""
    active: bool = True


@dataclass(frozen=True)
class Broken:
    """A rule that can no longer do what it says: `missing` are codes or a user's number."""

    rule_id: int
    name: str
    scope: str
    missing: tuple[str, ...]


def check_rule(session: Session, draft: Draft, *, by: Actor, city_code: str) -> RoutingRule:
    """The rule as it would be stored, not yet kept.

    Raises Unprocessable naming the field: areas or people that are gone, or not this desk's.
    """
    if not 1 <= len(draft.name.strip()) <= LONGEST_NAME:
        raise Unprocessable("incomplete", FieldFault("name", "missing"))
    scope = by.area_code or ""
    _check_areas(session, draft.conditions.areas, scope, city_code)
    row = RoutingRule(
        area_code=scope,
        name=draft.name.strip(),
        conditions=draft.conditions.as_json(),
        active=draft.active,
        set_by_id=by.account_id,
    )
    _set_aim(session, row, draft, city_code)
    return row


def save_rule(
    session: Session,
    rule_id: int | None,
    draft: Draft,
    *,
    by: Actor,
    city_code: str,
    now: datetime,
) -> RoutingRule:
    """Keep a new rule at the end of the desk's order, or change one of the desk's own.

    Raises as `check_rule`, NotFound `no_rule`, Conflict `too_many_rules`.
    """
    checked = check_rule(session, draft, by=by, city_code=city_code)
    checked.set_at = now
    if rule_id is None:
        checked.position = _end(session, checked.area_code)
        session.add(checked)
        session.flush()
        _record(session, checked, {}, by, now)
        return checked
    row = get_rule(session, rule_id, by)
    before = _facts(row)
    for name in (*_KEPT, "set_by_id"):
        setattr(row, name, getattr(checked, name))
    row.set_at = now
    session.flush()
    _record(session, row, before, by, now)
    return row


def _facts(row: RoutingRule) -> dict[str, object]:
    return {name: getattr(row, name) for name in _KEPT}


def _record(
    session: Session, row: RoutingRule, before: dict[str, object], by: Actor, now: datetime
) -> None:
    who = by.account_id
    record_change(session, "rule.saved", f"{row.id}", before, _facts(row), by=who, now=now)


def get_rule(session: Session, rule_id: int, by: Actor) -> RoutingRule:
    """One of this desk's own rules; raises NotFound `no_rule`."""
    row = session.get(RoutingRule, rule_id)
    if row is None or row.area_code != by.area_code:
        raise NotFound("no_rule")
    return row


def move_rule(session: Session, rule_id: int, *, up: bool, by: Actor) -> None:
    """One place up or down in the desk's order; at the end it stays."""
    row = get_rule(session, rule_id, by)
    rows = list(
        session.scalars(
            select(RoutingRule)
            .where(RoutingRule.area_code == row.area_code)
            .order_by(RoutingRule.position, RoutingRule.id)
            .with_for_update()
        )
    )
    at = rows.index(row)
    to = max(0, min(len(rows) - 1, at - 1 if up else at + 1))
    rows.insert(to, rows.pop(at))
    for position, each in enumerate(rows, start=1):
        each.position = position
    session.flush()


def remove_rule(session: Session, rule_id: int, *, by: Actor) -> None:
    """Take a rule away; what it did stays in the record of each report."""
    session.delete(get_rule(session, rule_id, by))
    session.flush()


def list_scopes(session: Session) -> list[str]:
    """The areas whose desks have rules, the shorter code (the wider area) first."""
    found = session.scalars(select(RoutingRule.area_code).distinct())
    return sorted(found, key=lambda code: (len(code), code))


def broken_rules(session: Session, edition_id: int) -> list[Broken]:
    """Active rules that name an area this edition lacks, or somebody who is no member any more."""
    rows = session.scalars(select(RoutingRule).where(RoutingRule.active)).all()
    named = {row.id: _codes_of(row) for row in rows}
    wanted = {code for codes in named.values() for code in codes}
    held = select(Area.code).where(Area.edition_id == edition_id, Area.code.in_(wanted))
    there = set(session.scalars(held))
    cities = set(session.scalars(select(Area.parent_code).where(
        Area.edition_id == edition_id, Area.level == "district"
    )))  # fmt: skip
    people = {row.aim_account_id for row in rows if row.aim_account_id is not None}
    serving = set(
        session.scalars(
            select(Member.account_id).where(
                Member.account_id.in_(people), Member.ended_at.is_(None)
            )
        )
    )
    found = []
    for row in rows:
        missing = sorted(named[row.id] - there - cities)
        if row.aim_account_id is not None and row.aim_account_id not in serving:
            missing.append(f"#{row.aim_account_id}")
        if missing:
            found.append(Broken(row.id, row.name, row.area_code, tuple(missing)))
    return found


def _codes_of(row: RoutingRule) -> set[str]:
    areas = Conditions.from_json(row.conditions).areas
    return {*areas, *([row.aim_area] if row.aim_area else [])}


def _end(session: Session, scope: str) -> int:
    own = select(func.count(), func.max(RoutingRule.position)).where(RoutingRule.area_code == scope)
    count, last = session.execute(own).one()
    if count >= MOST_RULES:
        raise Conflict("too_many_rules")
    return (last or 0) + 1


def _check_areas(
    session: Session, codes: tuple[str, ...], scope: str, city_code: str, field: str = "areas"
) -> None:
    if len(codes) > MOST_AREAS:
        raise Unprocessable("incomplete", FieldFault(field, "too_long"))
    if _gone(session, codes, city_code):
        raise Unprocessable("incomplete", FieldFault(field, "area_gone"))
    if within(session, set(codes), scope, city_code) != set(codes):
        raise Unprocessable("incomplete", FieldFault(field, "not_below_you"))


def _gone(session: Session, codes: tuple[str, ...], city_code: str) -> set[str]:
    active = find_active(session)
    held = select(Area.code).where(
        Area.edition_id == (active.id if active else 0), Area.code.in_(codes)
    )
    return set(codes) - set(session.scalars(held)) - {city_code}


def _set_aim(session: Session, row: RoutingRule, draft: Draft, city_code: str) -> None:
    if draft.aim not in frozenset(AimKind):
        raise Unprocessable("incomplete", FieldFault("aim", "no_such_aim"))
    row.aim = draft.aim
    if draft.aim == AimKind.OWNER:
        return
    if not draft.to:
        raise Unprocessable("incomplete", FieldFault("to", "aim_missing"))
    if draft.aim == AimKind.MEMBER:
        row.aim_account_id = _member(session, draft.to, row.area_code, city_code)
        return
    if _gone(session, (draft.to,), city_code):
        raise Unprocessable("incomplete", FieldFault("to", "area_gone"))
    below = within(session, {draft.to}, row.area_code, city_code)
    above = draft.to == city_code or within(session, {row.area_code}, draft.to, city_code)
    if not below and not above:
        raise Unprocessable("incomplete", FieldFault("to", "not_below_you"))
    row.aim_area = draft.to


def _member(session: Session, username: str, scope: str, city_code: str) -> int:
    account = find_account(session, username)
    member = find_member(session, account.id) if account else None
    if account is None or member is None or member.ended_at is not None:
        raise Unprocessable("incomplete", FieldFault("to", "member_gone"))
    if not within(session, {account.area_code or ""}, scope, city_code):
        raise Unprocessable("incomplete", FieldFault("to", "not_below_you"))
    return account.id
