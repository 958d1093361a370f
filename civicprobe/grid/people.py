"""Selects over the people of the map: who serves where at a moment, leave, desks, rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.catalog.calendars import CITY_ZONE, Calendar
from civicprobe.catalog.limits import city_calendar
from civicprobe.errors import NotFound
from civicprobe.grid.choosing import AimKind, Roster, Server, WhyNot
from civicprobe.grid.duty import Duty, Window, why_away
from civicprobe.grid.models import FULL_TIME, Leave, Member, MemberGrid, RoutingRule
from civicprobe.grid.queries import codes_below
from civicprobe.grid.rules import Conditions, Rule

# Statements that every report asks for are put together once; their parameters are bound by name.
_CODES: BindParameter[str] = bindparam("codes", expanding=True)
_SERVING = select(MemberGrid.member_id).where(MemberGrid.area_code.in_(_CODES))
_STANDING_IN = (
    select(Leave.substitute_id)
    .join(MemberGrid, MemberGrid.member_id == Leave.member_id)
    .where(MemberGrid.area_code.in_(_CODES), Leave.substitute_id.is_not(None))
    .where(Leave.starts_at <= bindparam("now"), Leave.ends_at > bindparam("now"))
)
_BY_NAME = select(Member.id).where(Member.account_id.in_(bindparam("accounts", expanding=True)))
# Members by id, a row for each of the areas that they serve: those who do, those who stand in for
# them, and those wanted by name.
_PEOPLE = (
    select(Member, Account.active.label("may_enter"), MemberGrid.area_code)
    .join(Account, Account.id == Member.account_id)
    .outerjoin(
        MemberGrid, and_(MemberGrid.member_id == Member.id, MemberGrid.area_code.in_(_CODES))
    )
    .where(Member.id.in_(_SERVING.union_all(_STANDING_IN, _BY_NAME)))
    .order_by(Member.id)
    .execution_options(populate_existing=True)
)
_HELD = _PEOPLE.with_for_update(of=Member, key_share=True)
_DESKS = select(Account.area_code, Account.id).where(
    Account.role == Role.OFFICE.value, Account.active, Account.area_code.in_(_CODES)
)
_LEAVES = (
    select(Leave)
    .where(Leave.member_id.in_(bindparam("members", expanding=True)))
    .where(Leave.ends_at > bindparam("since"))
    .order_by(Leave.starts_at, Leave.id)
)
_RULES = select(RoutingRule).where(RoutingRule.area_code.in_(_CODES))
_ACTIVE_RULES = _RULES.where(RoutingRule.active)


def roster(
    session: Session,
    codes: Collection[str],
    *,
    now: datetime,
    calendar: Calendar | None = None,
    accounts: Collection[int] = (),
    hold: bool = False,
) -> Roster:
    """Who serves at these area codes at a moment: members as they stand, and officers of desks.

    Who stands in for somebody on leave serves their grids as well. `accounts` are members wanted
    by name, wherever they serve: they are found in `named`. With `hold` nobody else may count on
    these members until the transaction ends; they are seen as they are once that holds, and locked
    in one order, so that no two ever wait for each other. SQLite has one writer at a time.
    """
    given = {"codes": [*codes], "accounts": [*accounts], "now": now}
    rows: Sequence[Any] = session.execute(_HELD if hold else _PEOPLE, given).all()
    people = {row.Member.id: row for row in rows}
    # A statement of its own, so that it sees what came while the first one waited for a lock.
    leaves = list_leaves(session, people, now)
    if calendar is None and any(row.Member.rests_on_holidays for row in rows):
        calendar = city_calendar(session)
    calendar = calendar or Calendar(CITY_ZONE)
    servers = {key: _server(row, leaves, now, calendar) for key, row in people.items()}
    at: dict[str, list[int]] = {}
    for row in sorted(rows, key=lambda row: row.Member.account_id):
        if row.area_code is not None:
            at.setdefault(row.area_code, []).append(row.Member.id)
    stand_ins = {
        leave.member_id: leave.substitute_id
        for leave in leaves
        if leave.starts_at <= now
        and leave.substitute_id is not None
        and leave.substitute_id in servers
    }
    return Roster(
        {code: _at_post(ids, servers, stand_ins) for code, ids in at.items()},
        list_desks(session, codes),
        {server.account_id: server for server in servers.values()},
    )


def _server(row: Row[Any], leaves: Iterable[Leave], now: datetime, calendar: Calendar) -> Server:
    member: Member = row.Member
    serves = member.active and row.may_enter and member.ended_at is None
    away = why_away(duty_of(member, leaves), now, calendar) if serves else WhyNot.INACTIVE
    return Server(member.account_id, member.alias, member.kind == FULL_TIME, away, member.cap)


def _at_post(
    ids: Sequence[int], servers: Mapping[int, Server], stand_ins: Mapping[int, int]
) -> tuple[Server, ...]:
    """Who serves at one area, each once; a substitute says for whom."""
    found = {member_id: servers[member_id] for member_id in ids}
    for member_id in ids:
        other = stand_ins.get(member_id)
        if other is not None and other not in found:
            found[other] = replace(servers[other], stands_in=servers[member_id].alias)
    return tuple(found.values())


def list_desks(session: Session, codes: Collection[str]) -> dict[str, frozenset[int]]:
    """Area code to the officers of its desk, where there are any."""
    desks: dict[str, set[int]] = {}
    officers = session.execute(_DESKS, {"codes": [*codes]})
    for officer in officers:
        desks.setdefault(str(officer.area_code), set()).add(officer.id)
    return {code: frozenset(accounts) for code, accounts in desks.items()}


def list_leaves(session: Session, member_ids: Collection[int], since: datetime) -> list[Leave]:
    """Leaves of these members that are not over, the earliest first."""
    if not member_ids:
        return []
    return list(session.scalars(_LEAVES, {"members": [*member_ids], "since": since}))


def duty_of(member: Member, leaves: Iterable[Leave]) -> Duty:
    """When a member may be asked, from their row and leaves."""
    return Duty(
        windows=tuple(Window(*window) for window in member.windows),
        quiet=tuple((start, end) for start, end in member.quiet),
        rests_on_holidays=member.rests_on_holidays,
        tap=member.tap,
        tap_until=member.tap_until,
        leaves=tuple((x.starts_at, x.ends_at) for x in leaves if x.member_id == member.id),
        suspended=member.suspended_at is not None,
    )


def find_member(session: Session, account_id: int, *, lock: bool = False) -> Member | None:
    """The member that an account is; as it is now and locked on demand."""
    wanted = select(Member).where(Member.account_id == account_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(wanted).first()


def get_member(session: Session, account_id: int, *, lock: bool = False) -> Member:
    """The member that an account is; raises NotFound `no_member`."""
    member = find_member(session, account_id, lock=lock)
    if member is None:
        raise NotFound("no_member")
    return member


def list_members(
    session: Session,
    top: str | None,
    city_code: str,
    *,
    named: str = "",
    first: int = 0,
    limit: int = 50,
) -> list[tuple[Member, Account]]:
    """Members who work in an area or below it (of the whole city with None or its code), by area
    and user name, whose enrolment has not ended; `named` is how user name or alias begins."""
    wanted = (
        select(Member, Account)
        .join(Account, Account.id == Member.account_id)
        .where(Member.ended_at.is_(None))
        .order_by(Account.area_code, Account.username)
        .offset(first)
        .limit(limit)
    )
    if named:
        begins = [c.startswith(named, autoescape=True) for c in (Account.username, Member.alias)]
        wanted = wanted.where(or_(*begins))
    if top is not None and top != city_code:
        wanted = wanted.where(Account.area_code.in_(codes_below(session, top)))
    return [(row.Member, row.Account) for row in session.execute(wanted)]


def list_staff(
    session: Session,
    actor: Actor,
    city_code: str,
    *,
    named: str = "",
    first: int = 0,
    limit: int = 50,
) -> list[tuple[Account, Member | None]]:
    """Accounts below an officer, by area and name; an administrator's are all but their own.

    Below is who works in the desk's area or under it, and every desk strictly under it. `named` is
    how user name or alias begins.
    """
    wanted = (
        select(Account, Member)
        .outerjoin(Member, Member.account_id == Account.id)
        .where(Account.id != actor.account_id)
        .order_by(Account.area_code, Account.username)
        .offset(first)
        .limit(limit)
    )
    if named:
        begins = [c.startswith(named, autoescape=True) for c in (Account.username, Member.alias)]
        wanted = wanted.where(or_(*begins))
    if actor.role is not Role.ADMIN:
        own = actor.area_code or ""
        hands = Account.role.in_((Role.MEMBER.value, Role.UNIT.value))
        desks = and_(Account.role == Role.OFFICE.value, Account.area_code != own)
        wanted = wanted.where(or_(hands, desks))
        if own != city_code:
            wanted = wanted.where(Account.area_code.in_(codes_below(session, own)))
    return [(row.Account, row.Member) for row in session.execute(wanted)]


def list_rules(session: Session, scopes: Sequence[str], *, all_of: bool = False) -> list[Rule]:
    """The rules of these desks, the scopes' order first, then each desk's own; idle ones too on
    demand."""
    rows = session.scalars(_RULES if all_of else _ACTIVE_RULES, {"codes": [*scopes]})
    rank = {code: place for place, code in enumerate(scopes)}
    rows_in_order = sorted(rows, key=lambda row: (rank[row.area_code], row.position, row.id))
    return [rule_of(row) for row in rows_in_order]


def rule_of(row: RoutingRule) -> Rule:
    """A stored rule as the value that decides."""
    return Rule(
        row.id,
        row.name,
        row.area_code,
        Conditions.from_json(row.conditions),
        AimKind(row.aim),
        row.aim_area,
        row.aim_account_id,
    )
