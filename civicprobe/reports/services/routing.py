"""From a point to the person who should see it: the areas that hold it, then the ladder."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from civicprobe.grid.areas import AreaName
from civicprobe.grid.choosing import Choice
from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Located
from civicprobe.reports.likeness import cell_of
from civicprobe.reports.models import Report
from civicprobe.reports.services.desks import LEVELS, barred_accounts, desk_for
from civicprobe.reports.services.who import Answer, Asked, who_along

KEPT_CANDIDATES = 8
# Of the declared rules the record keeps the one that decided, and those that would have, were
# their aim still there.
NOTED = frozenset({"", "target_gone", "no_owner"})


@dataclass(frozen=True)
class Routed:
    """Columns to change on the report, and what the event keeps of the why."""

    change: dict[str, Any]
    data: Mapping[str, Any]


def route(
    session: Session,
    report: Report,
    city: City | None,
    point: Point,
    radius_m: float,
    *,
    now: datetime,
    had_it: frozenset[int] = frozenset(),
) -> Routed | None:
    """Who gets a report at this point; None when it lies outside the map (市外), never snapped.

    A point just outside every grid (nearest within the city's limit) goes to the nearest, and the
    event says so. Members in `had_it` passed on or decided this report and are not asked again.
    """
    if city is None:
        return None
    located = city.locator.locate(point, radius_m, nearest_limit_m=city.nearest_limit_m)
    chain = located.chain or located.nearest_chain
    if not chain:
        return None
    return route_along(session, report, city, chain, located, now=now, had_it=had_it)


def route_along(
    session: Session,
    report: Report,
    city: City,
    chain: tuple[AreaName, ...],
    located: Located,
    *,
    now: datetime,
    had_it: frozenset[int] = frozenset(),
) -> Routed:
    """Who gets a report of these areas, finest first, whatever its point says."""
    asked = Asked(
        now,
        report.category_code,
        report.severity,
        report.urgent,
        barred_accounts(session, report),
        had_it,
    )
    answer = who_along(session, city, chain, asked, dedicated=located.dedicated, hold=True)
    choice = answer.choice
    areas = {area.level.value: area.code for area in chain}
    return Routed(
        change=_change(session, report, city, choice, areas),
        data={"areas": areas, "edition": city.edition.id, **_why(answer, located, chain)},
    )


def at(point: Point) -> dict[str, Any]:
    """The columns of a report that hold where it is."""
    return {"lat": point.lat, "lon": point.lon, "cell": cell_of(point.lat, point.lon)}


def _change(
    session: Session, report: Report, city: City, choice: Choice, areas: Mapping[str, str]
) -> dict[str, Any]:
    about_us = report.about_us  # it goes to no member and no street
    by_desk = choice.kind == "desk" and not about_us
    above = {level: areas[level] for level in LEVELS if level in areas}
    return {
        **{
            f"{level}_code": areas.get(level)
            for level in ("district", "street", "community", "general", "micro")
        },
        "edition_id": city.edition.id,
        "assignee_id": None if about_us else choice.account_id,
        "desk_code": choice.area_code if by_desk else desk_for(session, report, areas=above),
        "opened_at": None,
        "route": {"rule": choice.rule, "reason": choice.reason, "area": choice.area_code},
    }


def _why(answer: Answer, located: Located, chain: tuple[AreaName, ...]) -> dict[str, Any]:
    """What explains the choice, without naming anybody: aliases are looked up when shown."""
    choice = answer.choice
    near = [item for item in located.candidates if item.area.code != chain[0].code]
    decided = [item for item in answer.tried if item.failed in NOTED]
    return {
        "rule": choice.rule,
        "reason": choice.reason,
        "area": choice.area_code,
        "on_border": located.on_border,
        "outside_m": round(located.nearest.distance_m, 1) if located.nearest else None,
        "neighbours": [item.area.code for item in near[:KEPT_CANDIDATES]],
        "passed": [
            {"area": item.area, "why": item.why_not.value, "account": item.account_id}
            for item in choice.considered[:KEPT_CANDIDATES]
        ],
        "declared": [{"id": item.rule_id, "failed": item.failed} for item in decided],
    }
