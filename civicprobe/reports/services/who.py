"""Who would get a report of these areas at a moment: the declared rules first, then the ladder.

The one place that puts map, roster, load and rules together; routing, the explain page, the rules'
dry run and the command line all ask here.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.catalog.models import Category, Unit
from civicprobe.grid.areas import AreaName
from civicprobe.grid.choosing import NOBODY, Aim, AimKind, Choice, Roster, choose
from civicprobe.grid.city import City
from civicprobe.grid.locator import Located
from civicprobe.grid.people import find_member, list_rules, roster
from civicprobe.grid.rules import Case, Rule, Tried, first_match
from civicprobe.reports.lifecycle.table import State
from civicprobe.reports.models import OPEN_STATES, Report

# Put together once, for every report asks.
_LOAD = (
    select(Report.assignee_id, func.count())
    .where(Report.assignee_id.in_(bindparam("accounts", expanding=True)))
    .where(
        Report.state == State.ASSIGNED.value,
        text(OPEN_STATES),  # written out, so that the index of open reports serves it
    )
    .group_by(Report.assignee_id)
)


@dataclass(frozen=True)
class Asked:
    """What is asked about: the moment, what is known of the report, and who cannot have it."""

    at: datetime
    category: str | None = None
    severity: str | None = None
    urgent: bool = False
    barred: frozenset[int] = NOBODY
    had_it: frozenset[int] = NOBODY


@dataclass(frozen=True)
class Answer:
    """Who gets it and why, and every declared rule that was looked at on the way."""

    choice: Choice
    tried: tuple[Tried, ...]


def who_gets(
    session: Session,
    city: City,
    located: Located,
    asked: Asked,
    *,
    rules: Sequence[Rule] | None = None,
) -> Answer:
    """Who would get a report at a point, as things stand at the moment asked about.

    Outside the map the nearest area's people are asked, beyond its limit the city desk.
    """
    chain = located.chain or located.nearest_chain
    return who_along(session, city, chain, asked, dedicated=located.dedicated, rules=rules)


def who_along(
    session: Session,
    city: City,
    chain: Sequence[AreaName],
    asked: Asked,
    *,
    dedicated: AreaName | None = None,
    hold: bool = False,
    rules: Sequence[Rule] | None = None,
) -> Answer:
    """The same for the areas themselves, finest first.

    With `hold` everybody who might be chosen is locked before they are counted on, so that two
    who choose at once keep the caps. `rules` stand in for the declared ones, for a dry run.
    """
    if rules is None:
        rules = list_rules(session, scopes_of(city, chain))
    category = _category(session, asked, rules)
    found = decide(session, city, chain, asked, rules, category=category, dedicated=dedicated)
    rule, tried = found
    ahead = _chain_of_aim(session, city, rule, category)
    codes = [area.code for area in (*chain, *ahead, *([dedicated] if dedicated else []))]
    accounts = {rule.account_id} if rule and rule.account_id is not None else set()
    people = roster(session, codes, now=asked.at, accounts=accounts, hold=hold)
    if dedicated is not None and dedicated.code in people.members:
        chain = (dedicated, *chain)
    choice = choose(
        chain,
        people,
        city_code=city.city_code,
        load=open_load(session, people.named.keys()),
        barred=asked.barred,
        had_it=asked.had_it,
        urgent=asked.urgent,
        aim=_aim(rule, people, ahead),
    )
    return Answer(choice, tried)


def scopes_of(city: City, chain: Sequence[AreaName]) -> list[str]:
    """The desks whose rules hold for these areas, the widest first."""
    return [city.city_code, *(area.code for area in reversed(chain))]


def decide(
    session: Session,
    city: City,
    chain: Sequence[AreaName],
    asked: Asked,
    rules: Sequence[Rule],
    *,
    category: Category | None,
    dedicated: AreaName | None = None,
    gone: Callable[[Rule, Category | None], str] | None = None,
) -> tuple[Rule | None, tuple[Tried, ...]]:
    """The rule that decides, if one does, and every rule looked at. `gone` is `why_gone` bound to
    this session and city, for who asks it often and remembers what it said."""
    case = Case(
        areas=frozenset(scopes_of(city, chain)) | ({dedicated.code} if dedicated else set()),
        local=asked.at.astimezone(CITY_ZONE),
        category=asked.category,
        component=category.is_component if category else None,
        severity=asked.severity,
        urgent=asked.urgent,
    )
    is_gone = gone or partial(why_gone, session, city)
    return first_match(rules, case, lambda rule: is_gone(rule, category))


def why_gone(session: Session, city: City, rule: Rule, category: Category | None = None) -> str:
    """Why a rule's aim cannot be reached: `target_gone` from map or roster, `no_owner` where
    nobody is named for the component; empty where it can."""
    if rule.aim is AimKind.MEMBER:
        member = find_member(session, rule.account_id or 0)
        return "" if member is not None and member.ended_at is None else "target_gone"
    if rule.aim is AimKind.OWNER:
        return "" if _owner(session, category) else "no_owner"
    is_there = rule.area_code == city.city_code or city.locator.chain_of(rule.area_code or "")
    return "" if is_there else "target_gone"


def open_load(session: Session, accounts: Collection[int]) -> dict[int, int]:
    """How many reports wait for each of these members now."""
    if not accounts:
        return {}
    rows = session.execute(_LOAD, {"accounts": [*accounts]})
    return {account_id: count for account_id, count in rows if account_id is not None}


def _category(session: Session, asked: Asked, rules: Iterable[Rule]) -> Category | None:
    """What is known of the category, where a rule asks for more than its code."""
    if asked.category is None:
        return None
    asks = any(r.conditions.component is not None or r.aim is AimKind.OWNER for r in rules)
    return session.get(Category, asked.category) if asks else None


def _chain_of_aim(
    session: Session, city: City, rule: Rule | None, category: Category | None
) -> tuple[AreaName, ...]:
    """The areas that a rule's aim names, finest first; none for a member or the city."""
    if rule is None or rule.aim is AimKind.MEMBER:
        return ()
    code = _owner(session, category) if rule.aim is AimKind.OWNER else rule.area_code
    return city.locator.chain_of(code or "")


def _owner(session: Session, category: Category | None) -> str | None:
    """The area of the unit that owns what a category names (属主)."""
    if category is None or category.default_unit_id is None:
        return None
    unit = session.get(Unit, category.default_unit_id)
    return unit.area_code if unit is not None and unit.active else None


def _aim(rule: Rule | None, people: Roster, ahead: tuple[AreaName, ...]) -> Aim | None:
    if rule is None:
        return None
    server = people.named.get(rule.account_id) if rule.account_id is not None else None
    return Aim(rule.id, rule.name, rule.aim, server, ahead)
