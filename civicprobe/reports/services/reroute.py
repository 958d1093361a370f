"""Open reports move to the areas of a new edition: which would, and one at a time with an event.

Until then they keep the edition they were routed under. Where an area ceased, its named successor
has its reports, else the area above it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from civicprobe.grid.areas import AreaName
from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Located
from civicprobe.grid.queries import heirs
from civicprobe.reports.heirs import Why, new_areas
from civicprobe.reports.lifecycle.table import TABLE, Action, State, Topic
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.numbers import number_of
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.desks import LEVELS, desk_for
from civicprobe.reports.services.routing import route_along
from civicprobe.reports.transitions import WORKER, Audience, By, Step, apply

_BATCH = 5_000
_AREAS = ("district", "street", "community", "general", "micro")
_CODES = tuple(f"{level}_code" for level in _AREAS)
_MOVING = (
    State.NEEDS_PLACE,
    State.ASSIGNED,
    State.FILED,
    State.DISPATCHED,
    State.SUSPENDED,
    State.HANDLED,
)
# Whom a desk's new case is told to, by what it has to do with it.
_TELLS: Mapping[State, Topic] = {
    State.NEEDS_PLACE: Topic.DESK_PLACE,
    State.FILED: Topic.DESK_DISPATCH,
    State.HANDLED: Topic.DESK_CHECK,
}


@dataclass(frozen=True, slots=True)
class Move:
    """What the active edition makes of one open report of an earlier one."""

    report_id: int
    state: str
    edition_id: int
    why: Why
    was: Mapping[str, str]
    areas: tuple[AreaName, ...]

    @property
    def number(self) -> str:
        """The report's public number."""
        return number_of(self.report_id)


def list_moves(session: Session, city: City) -> Iterator[Move]:
    """Open reports of earlier editions that the city's edition would move, in the order of numbers.

    A report whose areas are the same on both is not among them.
    """
    followed = heirs(session)
    rows = session.execute(_elsewhere(city).execution_options(yield_per=_BATCH))
    for batch in rows.partitions(_BATCH):
        finest = city.locator.rows_at(np.array([(row.lon, row.lat) for row in batch]))
        for row, at in zip(batch, finest.tolist(), strict=True):
            if _codes(city.locator.chain_at(at)) == _was(row):
                continue  # most of them: all looked for at once, in a fraction of the time
            move = _move(city, followed, row)
            if move is not None:
                yield move


def reroute(session: Session, report_id: int, city: City, *, now: datetime) -> ReportEvent | None:
    """Move one report to where the city's edition puts it; None when it stays where it is.

    Safe to repeat and to race: the report is locked and looked at again. Raises as `apply`.
    """
    report = get_report_by_id(session, report_id, lock=True)
    row = session.execute(_elsewhere(city).where(Report.id == report_id)).first()
    followed = heirs(session)
    move = None if row is None else _move(city, followed, row)
    if move is None or move.why is Why.OUTSIDE:
        return None
    take = _to_member if report.state == State.ASSIGNED else _to_desk
    return take(session, report, move, city, now)


def _elsewhere(city: City) -> Select[Any]:
    return (
        select(
            Report.id,
            Report.state,
            Report.lat,
            Report.lon,
            Report.edition_id,
            *(getattr(Report, name) for name in _CODES),
        )
        .where(
            Report.state.in_([state.value for state in _MOVING]),
            Report.edition_id != city.edition.id,
            Report.lat.is_not(None),
        )
        .order_by(Report.id)
    )


def _move(city: City, followed: Mapping[str, str], row: Row[Any]) -> Move | None:
    was = _was(row)
    located = _locate(city, Point(row.lat, row.lon))
    why, chain = new_areas(city.locator, followed, list(was.values()), located)
    if _codes(chain) == was:
        return None
    return Move(row.id, row.state, row.edition_id, why, was, chain)


def _was(row: Row[Any]) -> dict[str, str]:
    return {level: row[n] for n, level in enumerate(_AREAS, start=5) if row[n]}


def _codes(chain: tuple[AreaName, ...]) -> dict[str, str]:
    return {area.level.value: area.code for area in chain}


def _locate(city: City, point: Point) -> Located:
    return city.locator.locate(point, nearest_limit_m=city.nearest_limit_m)


def _data(report: Report, move: Move, city: City) -> dict[str, object]:
    return {
        "map": move.why.value,
        "edition": city.edition.id,
        "areas": _codes(move.areas),
        "from_edition": report.edition_id,
        "from_areas": dict(move.was),
        "from_desk": report.desk_code,
    }


def _to_member(
    session: Session, report: Report, move: Move, city: City, now: datetime
) -> ReportEvent:
    """A card goes to who serves the new area; where the finest area stays, so does the card."""
    located = _locate(city, Point(report.lat or 0.0, report.lon or 0.0))
    routed = route_along(session, report, city, move.areas, located, now=now)
    change = routed.change
    if report.assignee_id is None:
        stays = (change["assignee_id"], change["desk_code"]) == (None, report.desk_code)
    else:
        stays = move.why is Why.PARENTS or change["assignee_id"] == report.assignee_id
    if stays:
        return _to_desk(session, report, move, city, now)
    data = {**routed.data, **_data(report, move, city), "from": report.assignee_id}
    step = Step(change=change, data=data, audience=Audience.STAFF)
    return apply(session, report, TABLE[Action.REASSIGN], by=By(WORKER, now), step=step)


def _to_desk(
    session: Session, report: Report, move: Move, city: City, now: datetime
) -> ReportEvent:
    """The case keeps its member and unit; its desk changes with its areas, never to a lower one."""
    codes = _codes(move.areas)
    change: dict[str, Any] = {f"{level}_code": codes.get(level) for level in _AREAS}
    change["edition_id"] = city.edition.id
    data, desk = _data(report, move, city), _desk(session, report, codes)
    tells: tuple[Topic, ...] = ()
    if desk != report.desk_code:
        change["desk_code"] = data["desk"] = desk
        topic = _TELLS.get(State(report.state))
        tells = (topic,) if topic else ()
    row = replace(TABLE[Action.REROUTE], tells=tells)
    step = Step(change=change, data=data, audience=Audience.STAFF)
    return apply(session, report, row, by=By(WORKER, now), step=step)


def _desk(session: Session, report: Report, codes: Mapping[str, str]) -> str:
    """The desk that has it, if it still has a say there, else the next that does at its level."""
    if report.desk_code in {report.city_code, *codes.values()}:
        return report.desk_code
    held = [level for level in LEVELS if report.area_codes.get(level) == report.desk_code]
    from_level = LEVELS.index(held[0]) if held else 0
    areas = {level: codes[level] for level in LEVELS[from_level:] if level in codes}
    return desk_for(session, report, areas=areas)
