"""A card goes to somebody else (改派; by a member 退回): the next on the ladder, or one named.

Whoever had it is not asked again. A card passed on is no mark against a part-timer.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.roles import Role
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.areas import AreaName
from civicprobe.grid.choosing import Server
from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.people import find_member, roster
from civicprobe.grid.queries import area_names
from civicprobe.reports.lifecycle.commands import Reassign
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import barred_accounts
from civicprobe.reports.services.routing import route, route_along
from civicprobe.reports.services.who import open_load
from civicprobe.reports.transitions import Audience, By, Step, apply


def reassign(
    session: Session, report: Report, command: Reassign, *, by: By, city: City
) -> ReportEvent:
    """Pass the card on; raises Unprocessable (`whom`, `area`) for somebody who cannot take it or a
    grid that is not near, else as `apply`."""
    if command.whom is not None:
        change = _named(session, report, command.whom, by)
    elif command.area is not None:
        change = _to_neighbour(session, report, command.area, city, by.now)
    else:
        change = _next(session, report, city, by.now)
    step = Step(
        change={**change, "opened_at": None},
        data={"from": report.assignee_id, "rule": change["route"]["rule"], **_moved(command)},
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    return apply(session, report, TABLE[Action.REASSIGN], by=by, step=step)


def hand_over(session: Session, report: Report, city: City, why: str, by: By) -> ReportEvent:
    """The card of a member who cannot keep it (on leave, suspended, gone) goes to the next on the
    ladder, and at last to a desk; `why` is kept in the event. Raises as `apply`."""
    change = _next(session, report, city, by.now)
    data = {"from": report.assignee_id, "rule": change["route"]["rule"], "why": why}
    step = Step(change={**change, "opened_at": None}, data=data, audience=Audience.STAFF)
    return apply(session, report, TABLE[Action.REASSIGN], by=by, step=step)


def pass_on_late(session: Session, report: Report, city: City, by: By) -> ReportEvent | None:
    """The clock passes a card on that its member did not look at in time (已转交); None where
    nobody else can take it."""
    if report.assignee_id is None or report.lat is None:
        return None
    try:
        change = _next(session, report, city, by.now)
    except Unprocessable:  # the map has changed under it
        return None
    data = {"from": report.assignee_id, "rule": change["route"]["rule"], "late": True}
    step = Step(change={**change, "opened_at": None}, data=data, audience=Audience.STAFF)
    return apply(session, report, TABLE[Action.REASSIGN], by=by, step=step)


def list_takers(session: Session, report: Report, now: datetime) -> list[Server]:
    """The members of the report's areas who could take the card now."""
    barred = barred_accounts(session, report) | {report.assignee_id}
    found = roster(session, list(report.area_codes.values()), now=now).named
    load = open_load(session, found.keys())
    return [
        server
        for account_id, server in sorted(found.items())
        if server.away is None
        and account_id not in barred
        and (server.cap is None or load.get(account_id, 0) < server.cap)
    ]


def list_neighbours(session: Session, report: Report) -> list[AreaName]:
    """The grids beside its own that the report's place may truly lie in, nearest first."""
    last = session.scalar(
        select(ReportEvent.data)
        .where(ReportEvent.report_id == report.id, ReportEvent.action.in_(_PLACING))
        .order_by(ReportEvent.seq.desc())
        .limit(1)
    )
    named = (last or {}).get("neighbours")
    codes = [str(code) for code in named] if isinstance(named, list) else []
    found = area_names(session, report.edition_id, dict(zip(codes, codes, strict=True)))
    return [found[code] for code in codes if code in found]


_PLACING = (Action.PLACE.value, Action.REROUTE.value)


def _moved(command: Reassign) -> dict[str, str]:
    return {"to_area": command.area} if command.whom is None and command.area else {}


def _named(session: Session, report: Report, whom: int, by: By) -> dict[str, Any]:
    find_member(session, whom, lock=True)  # nobody else counts on them meanwhile
    takers = {server.account_id for server in list_takers(session, report, by.now)}
    if by.actor.role is not Role.OFFICE or whom not in takers:
        raise Unprocessable("incomplete", FieldFault("whom", "no_such_member"))
    why = {"rule": "by_hand", "reason": "named_by_desk", "area": report.desk_code}
    return {"assignee_id": whom, "route": why}


def _to_neighbour(
    session: Session, report: Report, code: str, city: City, now: datetime
) -> dict[str, Any]:
    """The place lies in a neighbouring grid after all: its areas change, and who serves there."""
    if report.lat is None or report.lon is None:
        raise Unprocessable("incomplete", FieldFault("area", "missing"))
    located = city.locator.locate(Point(report.lat, report.lon), _radius_m(report))
    near = next((item for item in located.candidates if item.area.code == code), None)
    if near is None:
        raise Unprocessable("incomplete", FieldFault("area", "not_near"))
    chain, had_it = (near.area, *near.above), _had_it(session, report)
    return dict(route_along(session, report, city, chain, located, now=now, had_it=had_it).change)


def _next(session: Session, report: Report, city: City, now: datetime) -> dict[str, Any]:
    if report.lat is None or report.lon is None:
        raise Unprocessable("incomplete", FieldFault("whom", "missing"))
    point, had_it = Point(report.lat, report.lon), _had_it(session, report)
    routed = route(session, report, city, point, _radius_m(report), now=now, had_it=had_it)
    if routed is None:
        raise Unprocessable("incomplete", FieldFault("whom", "missing"))
    return {name: routed.change[name] for name in ("assignee_id", "desk_code", "route")}


def _radius_m(report: Report) -> float:
    radius = report.place.get("radius_m", 0)
    return float(radius) if isinstance(radius, int | float) else 0.0


def _had_it(session: Session, report: Report) -> frozenset[int]:
    had_it = {report.assignee_id, *_former(session, report)}
    return frozenset(account for account in had_it if account is not None)


def _former(session: Session, report: Report) -> set[int | None]:
    events = session.scalars(
        select(ReportEvent.data).where(
            ReportEvent.report_id == report.id, ReportEvent.action == Action.REASSIGN.value
        )
    )
    return {account for data in events if isinstance(account := data.get("from"), int)}
