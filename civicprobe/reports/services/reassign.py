"""A card goes to somebody else (改派; by a member 退回): the next on the ladder, or one named.

Whoever had it is not asked again. A card passed on is no mark against a part-timer.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.roles import Role
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.choosing import Server
from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.queries import roster
from civicprobe.reports.commands import Reassign
from civicprobe.reports.lifecycle import TABLE, Action
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.services.desks import barred_accounts
from civicprobe.reports.services.routing import route
from civicprobe.reports.transitions import Audience, By, Step, apply


def reassign(
    session: Session, report: Report, command: Reassign, *, by: By, city: City
) -> ReportEvent:
    """Pass the card on; raises Unprocessable (`whom`) for somebody who cannot take it, else as
    `apply`."""
    change = (
        _next(session, report, city)
        if command.whom is None
        else _named(session, report, command.whom, by)
    )
    step = Step(
        change={**change, "opened_at": None},
        data={"from": report.assignee_id, "rule": change["route"]["rule"]},
        private={"note": command.reason, "for": Audience.STAFF},
        audience=Audience.STAFF,
    )
    return apply(session, report, TABLE[Action.REASSIGN], by=by, step=step)


def pass_on_late(session: Session, report: Report, city: City, by: By) -> ReportEvent | None:
    """The clock passes a card on that its member did not look at in time (已转交); None where
    nobody else can take it."""
    if report.assignee_id is None or report.lat is None:
        return None
    try:
        change = _next(session, report, city)
    except Unprocessable:  # the map has changed under it
        return None
    data = {"from": report.assignee_id, "rule": change["route"]["rule"], "late": True}
    step = Step(change={**change, "opened_at": None}, data=data, audience=Audience.STAFF)
    return apply(session, report, TABLE[Action.REASSIGN], by=by, step=step)


def list_takers(session: Session, report: Report) -> list[Server]:
    """The members of the report's areas who could take the card now."""
    barred = barred_accounts(session, report)
    serving = roster(session, list(report.area_codes.values())).members.values()
    found = {server.account_id: server for servers in serving for server in servers}
    return [
        server
        for account_id, server in sorted(found.items())
        if server.away is None and account_id not in barred and account_id != report.assignee_id
    ]


def _named(session: Session, report: Report, whom: int, by: By) -> dict[str, Any]:
    takers = {server.account_id for server in list_takers(session, report)}
    if by.actor.role is not Role.OFFICE or whom not in takers:
        raise Unprocessable("incomplete", FieldFault("whom", "no_such_member"))
    why = {"rule": "by_hand", "reason": "named_by_desk", "area": report.desk_code}
    return {"assignee_id": whom, "route": why}


def _next(session: Session, report: Report, city: City) -> dict[str, Any]:
    if report.lat is None or report.lon is None:
        raise Unprocessable("incomplete", FieldFault("whom", "missing"))
    had_it = {report.assignee_id, *_former(session, report)} - {None}
    radius = report.place.get("radius_m", 0)
    routed = route(
        session,
        report,
        city,
        Point(report.lat, report.lon),
        float(radius) if isinstance(radius, int | float) else 0.0,
        had_it=frozenset(account for account in had_it if account is not None),
    )
    if routed is None:
        raise Unprocessable("incomplete", FieldFault("whom", "missing"))
    return {name: routed.change[name] for name in ("assignee_id", "desk_code", "route")}


def _former(session: Session, report: Report) -> set[int | None]:
    events = session.scalars(
        select(ReportEvent.data).where(
            ReportEvent.report_id == report.id, ReportEvent.action == Action.REASSIGN.value
        )
    )
    return {account for data in events if isinstance(account := data.get("from"), int)}
