"""Who covers the micro grids of an area: counts for wide areas, people and hours for narrow ones.

Selects only. A micro grid is covered by its own members and by those of the general grid above.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.models import Account
from civicprobe.catalog.calendars import Calendar
from civicprobe.grid.areas import TILING, AreaName, Level
from civicprobe.grid.choosing import Server
from civicprobe.grid.duty import Duty, stretches
from civicprobe.grid.locator import Locator
from civicprobe.grid.models import Leave, Member, MemberGrid
from civicprobe.grid.people import duty_of, roster

AHEAD = timedelta(hours=24)
# Above this many micro grids people and hours are not worked out: the areas below are named.
MOST_GRIDS = 1_500

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Below:
    """One area below another: how many micro grids it has, how many without a member of their
    own, and how many with nobody on duty in the next 24 hours."""

    area: AreaName
    micros: int
    unserved: int
    nobody: int


@dataclass(frozen=True, slots=True)
class Covered:
    """One micro grid: its own members and the general grid's as they stand now, and for how many
    of the next 24 hours at least one of them is on duty."""

    area: AreaName
    own: tuple[Server, ...]
    general: tuple[Server, ...]
    hours: float

    @property
    def now(self) -> Server | None:
        """Who would be asked first now, loads and caps apart."""
        return next((each for each in (*self.own, *self.general) if each.away is None), None)

    @property
    def nobody(self) -> bool:
        """Whether nobody at all is on duty in the next 24 hours."""
        return self.hours == 0


def count_below(
    session: Session, index: Locator, code: str | None, *, now: datetime, calendar: Calendar
) -> list[Below]:
    """The areas right below this one (None: the districts), the least covered first."""
    micros = index.micros_under(code)
    level = next((area.level for area in index.chain_of(code or "")), Level.CITY)
    finer = TILING[TILING.index(level) + 1 :] if level in TILING else TILING
    if not len(micros) or not finer[:-1]:
        return []
    lines = index.rows_above(micros)
    rows, places = np.unique(
        lines[:, len(TILING) - 1 - TILING.index(finer[0])], return_inverse=True
    )
    near = (
        None
        if code is None
        else {index.label(row).code for row in np.unique(lines[:, :2]).tolist()}
    )
    spans = _spans(session, near, now, calendar)
    manned = index.rows_of([area for area, found in spans.items() if found])
    without = ~np.isin(micros, index.rows_of(_served(session)))
    alone = ~np.isin(lines[:, :2], manned).any(axis=1)
    counts = [
        np.bincount(places, weights=each, minlength=len(rows)).astype(int).tolist()
        for each in (np.ones(len(micros)), without, alone)
    ]
    found = [
        Below(index.label(row), *numbers)
        for row, *numbers in zip(rows.tolist(), *counts, strict=True)
    ]
    return sorted(found, key=lambda x: (-x.nobody / x.micros, -x.unserved / x.micros, x.area.code))


def list_covered(
    session: Session, index: Locator, code: str, *, now: datetime, calendar: Calendar
) -> list[Covered] | None:
    """The micro grids of an area, those with the fewest covered hours first; None: too many."""
    micros = index.micros_under(code).tolist()
    if len(micros) > MOST_GRIDS:
        return None
    chains = [index.chain_at(row) for row in micros]
    codes = {area.code for chain in chains for area in chain[:2]}
    people = roster(session, codes, now=now, calendar=calendar)
    spans = _spans(session, codes, now, calendar)
    found = []
    for own, *above in chains:
        general = above[0].code if above else ""
        hours = _hours([*spans.get(own.code, ()), *spans.get(general, ())])
        found.append(
            Covered(own, people.members.get(own.code, ()), people.members.get(general, ()), hours)
        )
    return sorted(found, key=lambda each: (each.hours, each.area.code))


def _served(session: Session) -> list[str]:
    """Codes of the areas where somebody is enrolled who may be asked at some hour."""
    wanted = (
        select(MemberGrid.area_code)
        .join(Member, Member.id == MemberGrid.member_id)
        .join(Account, Account.id == Member.account_id)
        .where(
            Member.active, Member.ended_at.is_(None), Member.suspended_at.is_(None), Account.active
        )
        .distinct()
    )
    return list(session.scalars(wanted))


def _spans(
    session: Session, codes: Collection[str] | None, now: datetime, calendar: Calendar
) -> dict[str, list[Span]]:
    """Area code (None: all) to the stretches of the next 24 hours in which a member is on duty."""
    served = select(MemberGrid.area_code, MemberGrid.member_id)
    if codes is not None:
        served = served.where(MemberGrid.area_code.in_(codes))
    posts = session.execute(served).all()
    leaves: dict[int, list[Leave]] = {}
    for leave in session.scalars(
        select(Leave).where(Leave.ends_at > now, Leave.starts_at < now + AHEAD)
    ):
        leaves.setdefault(leave.member_id, []).append(leave)
    wanted = {row.member_id for row in posts}
    wanted |= {x.substitute_id for key in wanted & leaves.keys() for x in leaves[key]} - {None}
    on_duty = _on_duty(session, None if codes is None else wanted, leaves, now, calendar)
    found: dict[str, list[Span]] = {}
    for row in posts:
        spans = found.setdefault(row.area_code, [])
        spans += on_duty.get(row.member_id, ())
        for leave in leaves.get(row.member_id, ()):
            if leave.substitute_id is not None:
                spans += _cut(on_duty.get(leave.substitute_id, ()), leave)
    return found


def _on_duty(
    session: Session,
    member_ids: Collection[int] | None,
    leaves: Mapping[int, list[Leave]],
    now: datetime,
    calendar: Calendar,
) -> dict[int, list[Span]]:
    """Stretches by member (None: of all); many have the same week, which is worked out once."""
    members = (
        select(Member)
        .join(Account, Account.id == Member.account_id)
        .where(Member.active, Member.ended_at.is_(None), Account.active)
    )
    if member_ids is not None:
        members = members.where(Member.id.in_(member_ids))
    known: dict[Duty, list[Span]] = {}
    found = {}
    for member in session.scalars(members):
        duty = duty_of(member, leaves.get(member.id, ()))
        if duty not in known:
            shown = stretches(duty, now, now + AHEAD, calendar)
            known[duty] = [(each.start, each.end) for each in shown if each.away is None]
        found[member.id] = known[duty]
    return found


def _cut(spans: Iterable[Span], leave: Leave) -> list[Span]:
    """What of these stretches lies within a leave."""
    cut = [(max(start, leave.starts_at), min(end, leave.ends_at)) for start, end in spans]
    return [(start, end) for start, end in cut if start < end]


def _hours(spans: Iterable[Span]) -> float:
    """Hours that are in at least one stretch."""
    total, reached = timedelta(), None
    for start, end in sorted(spans):
        begin = start if reached is None or start > reached else reached
        total += max(end - begin, timedelta())
        reached = end if reached is None else max(reached, end)
    return round(total / timedelta(hours=1), 1)
