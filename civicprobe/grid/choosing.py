"""Who gets a report: the ladder from the micro grid's members up to the city desk.

Pure: who serves where, who is away, who is barred and how much each holds are values given. The
answer always names someone and always says why, and why not those before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from civicprobe.grid.areas import AreaName, Level

NOBODY: frozenset[int] = frozenset()


class WhyNot(StrEnum):
    """Why someone, a whole rung or the aim of a rule was passed over."""

    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    ON_LEAVE = "on_leave"
    OFF_DUTY = "off_duty"
    OFF_SHIFT = "off_shift"
    HOLIDAY = "holiday"
    QUIET_HOURS = "quiet_hours"
    AT_CAP = "at_cap"
    BARRED = "barred"
    ALREADY_HAD_IT = "already_had_it"
    HEAVIER_LOAD = "heavier_load"
    PART_TIME = "part_time"
    NO_MEMBER = "no_member"
    NO_DESK = "no_desk"


@dataclass(frozen=True, slots=True)
class Server:
    """A member as the roster shows them at one moment; `away` says why they cannot be asked now.

    `cap` is how many open cards they hold at most (None: no limit). `stands_in` is the alias of
    the member on leave whose grid they serve meanwhile.
    """

    account_id: int
    alias: str
    full_time: bool = False
    away: WhyNot | None = None
    cap: int | None = None
    stands_in: str | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Who serves at which area code: members, and the officers of desks; `named` by account."""

    members: Mapping[str, tuple[Server, ...]] = field(default_factory=dict)
    desks: Mapping[str, frozenset[int]] = field(default_factory=dict)
    named: Mapping[int, Server] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Considered:
    """One person or rung that was not taken; a rung has no account."""

    area: str
    level: Level
    why_not: WhyNot
    account_id: int | None = None
    alias: str | None = None


class AimKind(StrEnum):
    """Where a declared rule sends a report: to one member, down the ladder of an area, or straight
    to the desk of an area; `owner` is the desk of the unit that owns the component (属主)."""

    MEMBER = "member"
    AREA = "area"
    DESK = "desk"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Aim:
    """What the matching rule makes of this report: its number, name and kind, with the member it
    names, or the chain of the area it names, finest first."""

    rule_id: int
    name: str
    kind: AimKind
    server: Server | None = None
    chain: tuple[AreaName, ...] = ()


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
    """How things stand for one report: open reports by account, who is barred, who passed it on.

    Before an `urgent` one quiet hours and caps do not count (lifecycle.md, 'Urgent lane').
    """

    load: Mapping[int, int] = field(default_factory=dict)
    barred: frozenset[int] = NOBODY
    had_it: frozenset[int] = NOBODY
    urgent: bool = False


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
    urgent: bool = False,
    aim: Aim | None = None,
) -> Choice:
    """Climb from the finest area of `chain` to the city desk and take the first who may be asked.

    `barred` are accounts that may not decide on this report, `had_it` those who passed it on,
    `load` how many open reports each account holds, `aim` what a declared rule says. The city desk
    is the last resort and is chosen even when nobody is known to sit there.
    """
    climb = _Climb(roster, city_code, Standing(load or {}, barred, had_it, urgent))
    if aim is None:
        return climb.up(chain)
    if aim.server is None:
        found = climb.up(aim.chain, desks_only=aim.kind is not AimKind.AREA)
        return replace(found, reason=f"rule_{aim.kind}", params={**found.params, **_named(aim)})
    refused = _why_not(aim.server, climb.standing)
    if refused is None:
        return _by_rule(aim, aim.server, chain)
    climb.considered.append(_passed(aim.server, chain[0], refused))
    found = climb.up(chain)
    return replace(found, reason="rule_member_away", params={**found.params, **_named(aim)})


@dataclass
class _Climb:
    """One way up the ladder, with everybody who was passed over on it."""

    roster: Roster
    city_code: str
    standing: Standing
    considered: list[Considered] = field(default_factory=list)

    @property
    def _at(self) -> tuple[Roster, Standing, list[Considered]]:
        return self.roster, self.standing, self.considered

    def up(self, chain: Sequence[AreaName], *, desks_only: bool = False) -> Choice:
        """The first of these areas with somebody to ask, else the city desk."""
        for area in chain:
            taken = None if desks_only else _best_member(area, *self._at)
            if taken is not None:
                climbed = area is not chain[0]
                return _member(taken, area, self.standing, self.considered, climbed=climbed)
            if area.level in _DESK_LEVELS:
                if self.roster.desks.get(area.code, NOBODY) - self.standing.barred:
                    return _desk(area.level, area.code, "desk_above", self.considered)
                self.considered.append(_empty_desk(area, self.roster))
        reason = "city_desk_last" if chain else "outside_the_map"
        return _desk(Level.CITY, self.city_code, reason, self.considered)


def _named(aim: Aim) -> dict[str, object]:
    return {"rule_id": aim.rule_id, "rule_name": aim.name}


def _by_rule(aim: Aim, server: Server, chain: Sequence[AreaName]) -> Choice:
    return Choice(
        kind="member",
        account_id=server.account_id,
        alias=server.alias,
        area_code=chain[0].code,
        rule="by_rule",
        reason="rule_member",
        params=_named(aim),
        considered=(),
    )


def _best_member(
    area: AreaName, roster: Roster, standing: Standing, considered: list[Considered]
) -> Server | None:
    """The best member of one area who may be asked; everyone else is noted with the reason."""
    present = roster.members.get(area.code, ())
    if not present and area.level not in (*_DESK_LEVELS, Level.DEDICATED):
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
    if server.away is not None:
        passes = standing.urgent and server.away is WhyNot.QUIET_HOURS
        return None if passes else server.away
    full = server.cap is not None and standing.load.get(server.account_id, 0) >= server.cap
    return WhyNot.AT_CAP if full and not standing.urgent else None


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
