"""Who gets a report: the ladder from the micro grid's members up to the city desk.

Pure: who serves where, who is away, who is barred and how much each holds are values given. The
answer always names someone and always says why, and why not those before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from civicprobe.grid.areas import AreaName, Level

NOBODY: frozenset[int] = frozenset()


class WhyNot(StrEnum):
    """Why someone, or a whole rung, was passed over. Duty will add its own (off duty, on leave)."""

    INACTIVE = "inactive"
    BARRED = "barred"
    ALREADY_HAD_IT = "already_had_it"
    HEAVIER_LOAD = "heavier_load"
    PART_TIME = "part_time"
    NO_MEMBER = "no_member"
    NO_DESK = "no_desk"


@dataclass(frozen=True, slots=True)
class Server:
    """A member as the roster shows them at one moment; `away` says why they cannot be asked now."""

    account_id: int
    alias: str
    full_time: bool = False
    away: WhyNot | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Who serves at which area code: members, and the officers of desks."""

    members: Mapping[str, tuple[Server, ...]] = field(default_factory=dict)
    desks: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Considered:
    """One person or rung that was not taken; a rung has no account."""

    area: str
    level: Level
    why_not: WhyNot
    account_id: int | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it. A desk is chosen as a desk: whoever of it is on shift and not barred may act.

    `rule` names the rung (`micro_member`, `street_desk`, …); `reason` says why there, with
    `params` for its words.
    """

    kind: str
    account_id: int | None
    alias: str | None
    area_code: str
    rule: str
    reason: str
    params: Mapping[str, object]
    considered: tuple[Considered, ...]

    def as_dict(self) -> dict[str, object]:
        """The choice as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand for one report: open reports by account, who is barred, who passed it on."""

    load: Mapping[int, int] = field(default_factory=dict)
    barred: frozenset[int] = NOBODY
    had_it: frozenset[int] = NOBODY


# On these rungs the desk of the area follows its members (lifecycle.md, 'Clocks': the ladder).
_DESK_LEVELS = (Level.STREET, Level.DISTRICT)


def choose(
    chain: Sequence[AreaName],
    roster: Roster,
    *,
    city_code: str,
    load: Mapping[int, int] | None = None,
    barred: frozenset[int] = NOBODY,
    had_it: frozenset[int] = NOBODY,
) -> Choice:
    """Climb from the finest area of `chain` to the city desk and take the first who may be asked.

    `barred` are accounts that may not decide on this report, `had_it` those who passed it on,
    `load` how many open reports each account holds. The city desk is the last resort and is
    chosen even when nobody is known to sit there.
    """
    standing = Standing(load or {}, barred, had_it)
    considered: list[Considered] = []
    for area in chain:
        taken = _best_member(area, roster, standing, considered)
        if taken is not None:
            climbed = area is not chain[0]
            return _member(taken, area, standing, considered, climbed=climbed)
        if area.level in _DESK_LEVELS:
            if roster.desks.get(area.code, NOBODY) - barred:
                return _desk(area.level, area.code, "desk_above", considered)
            considered.append(_empty_desk(area, roster))
    reason = "city_desk_last" if chain else "outside_the_map"
    return _desk(Level.CITY, city_code, reason, considered)


def _best_member(
    area: AreaName, roster: Roster, standing: Standing, considered: list[Considered]
) -> Server | None:
    """The best member of one area who may be asked; everyone else is noted with the reason."""
    present = roster.members.get(area.code, ())
    if not present and area.level not in _DESK_LEVELS:
        considered.append(Considered(area.code, area.level, WhyNot.NO_MEMBER))
    refused = [(server, _why_not(server, standing)) for server in present]
    considered.extend(_passed(server, area, why) for server, why in refused if why is not None)
    free = [server for server, why in refused if why is None]
    if not free:
        return None
    best, *others = sorted(free, key=lambda server: _order(server, area, standing))
    considered.extend(_passed(other, area, _lost(other, best, area)) for other in others)
    return best


def _why_not(server: Server, standing: Standing) -> WhyNot | None:
    if server.account_id in standing.barred:
        return WhyNot.BARRED
    if server.account_id in standing.had_it:
        return WhyNot.ALREADY_HAD_IT
    return server.away


def _order(server: Server, area: AreaName, standing: Standing) -> tuple[bool, int, int]:
    """Above the micro grid full-time members go first; then the lightest load; then the oldest."""
    last = area.level is not Level.MICRO and not server.full_time
    return last, standing.load.get(server.account_id, 0), server.account_id


def _lost(other: Server, best: Server, area: AreaName) -> WhyNot:
    by_kind = area.level is not Level.MICRO and best.full_time and not other.full_time
    return WhyNot.PART_TIME if by_kind else WhyNot.HEAVIER_LOAD


def _passed(server: Server, area: AreaName, why_not: WhyNot) -> Considered:
    return Considered(area.code, area.level, why_not, server.account_id, server.alias)


def _empty_desk(area: AreaName, roster: Roster) -> Considered:
    staffed = bool(roster.desks.get(area.code))
    return Considered(area.code, area.level, WhyNot.BARRED if staffed else WhyNot.NO_DESK)


def _member(
    server: Server,
    area: AreaName,
    standing: Standing,
    considered: Iterable[Considered],
    *,
    climbed: bool,
) -> Choice:
    return Choice(
        kind="member",
        account_id=server.account_id,
        alias=server.alias,
        area_code=area.code,
        rule=f"{area.level}_member",
        reason="member_above" if climbed else "member_here",
        params={"level": str(area.level), "load": standing.load.get(server.account_id, 0)},
        considered=tuple(considered),
    )


def _desk(level: Level, code: str, reason: str, considered: Iterable[Considered]) -> Choice:
    return Choice(
        kind="desk",
        account_id=None,
        alias=None,
        area_code=code,
        rule=f"{level}_desk",
        reason=reason,
        params={"level": str(level)},
        considered=tuple(considered),
    )
