"""Selects over the people of the map: who serves where at a moment, leave, desks, rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.catalog.calendars import Calendar
from civicprobe.catalog.limits import city_calendar
from civicprobe.errors import NotFound
from civicprobe.grid.choosing import AimKind, Roster, Server, WhyNot
from civicprobe.grid.duty import Duty, Window, why_away
from civicprobe.grid.models import FULL_TIME, Leave, Member, MemberGrid, RoutingRule
from civicprobe.grid.queries import codes_below
from civicprobe.grid.rules import Conditions, Rule


def roster(
    session: Session,
    codes: Collection[str],
    *,
    now: datetime,
    calendar: Calendar | None = None,
    accounts: Collection[int] = (),
) -> Roster:
    """Who serves at these area codes at a moment: members as they stand, and officers of desks.

    Who stands in for somebody on leave serves their grids as well. `accounts` are members wanted
    by name, wherever they serve: they are found in `named`.
    """
    calendar = calendar or city_calendar(session)
    posts = session.execute(
        _people(MemberGrid.area_code)
        .join(MemberGrid, MemberGrid.member_id == Member.id)
        .where(MemberGrid.area_code.in_(codes))
        .order_by(Member.account_id)
    ).all()
    people: dict[int, Row[Any]] = {row.Member.id: row for row in posts}
    if accounts:
        named = session.execute(_people().where(Member.account_id.in_(accounts)))
        people |= {row.Member.id: row for row in named}
    leaves = list_leaves(session, people, now)
    stand_ins = {
        leave.member_id: leave.substitute_id
        for leave in leaves
        if leave.starts_at <= now and leave.substitute_id is not None
    }
    if more := set(stand_ins.values()) - people.keys():
        people |= {
            row.Member.id: row for row in session.execute(_people().where(Member.id.in_(more)))
        }
        leaves += list_leaves(session, more, now)
    servers = {key: _server(row, leaves, now, calendar) for key, row in people.items()}
    at: dict[str, list[int]] = {}
    for row in posts:
        at.setdefault(row.area_code, []).append(row.Member.id)
    return Roster(
        {code: _at_post(ids, servers, stand_ins) for code, ids in at.items()},
        list_desks(session, codes),
        {server.account_id: server for server in servers.values()},
    )


def _people(*also: Any) -> Select[Any]:
    return (
        select(Member, Account.active.label("may_enter"), *also)
        .join(Account, Account.id == Member.account_id)
        .execution_options(populate_existing=True)
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
    officers = session.execute(
        select(Account.area_code, Account.id).where(
            Account.role == Role.OFFICE.value, Account.active, Account.area_code.in_(codes)
        )
    )
    for officer in officers:
        desks.setdefault(str(officer.area_code), set()).add(officer.id)
    return {code: frozenset(accounts) for code, accounts in desks.items()}


def list_leaves(session: Session, member_ids: Collection[int], since: datetime) -> list[Leave]:
    """Leaves of these members that are not over, the earliest first."""
    if not member_ids:
        return []
    wanted = select(Leave).where(Leave.member_id.in_(member_ids), Leave.ends_at > since)
    return list(session.scalars(wanted.order_by(Leave.starts_at, Leave.id)))


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


def hold_members(session: Session, accounts: Collection[int]) -> bool:
    """Let nobody else count on these members until the transaction ends; whether that may have
    taken a wait, after which they must be looked at again.

    In one order for all, so that no two ever wait for each other. SQLite has one writer at a time.
    """
    if not accounts or session.get_bind().dialect.name == "sqlite":
        return False
    session.execute(
        select(Member.id)
        .where(Member.account_id.in_(accounts))
        .order_by(Member.id)
        .with_for_update(key_share=True)
    )
    return True


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


def list_rules(session: Session, scopes: Sequence[str], *, all_of: bool = False) -> list[Rule]:
    """The rules of these desks, the scopes' order first, then each desk's own; idle ones too on
    demand."""
    wanted = select(RoutingRule).where(RoutingRule.area_code.in_(scopes))
    if not all_of:
        wanted = wanted.where(RoutingRule.active)
    rank = {code: place for place, code in enumerate(scopes)}
    rows = sorted(
        session.scalars(wanted), key=lambda row: (rank[row.area_code], row.position, row.id)
    )
    return [rule_of(row) for row in rows]


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
