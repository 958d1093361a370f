"""The map for the desks: where a point is, who would get a report there and why; who covers what.

It lies here and not with the grid because who gets it depends on how many reports each one holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.catalog.limits import city_calendar
from civicprobe.db import db, utc_now
from civicprobe.errors import Fault, FieldFault, Forbidden, NotFound, Unprocessable
from civicprobe.grid.city import City, active_city
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.grid.coverage import count_below, list_covered
from civicprobe.grid.locator import Located
from civicprobe.reports.lifecycle.commands import PlaceByHand
from civicprobe.reports.lifecycle.table import Severity
from civicprobe.reports.pages.case import name_categories, severities
from civicprobe.reports.pages.forms import PageForm, read_point
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.pages.window import MOVES, Picture, read_frame, read_moment, read_picture
from civicprobe.reports.services.who import Answer, Asked, who_gets
from civicprobe.web.etag import tagged
from civicprobe.web.parts import parts

blueprint = pages("pages_map", "/o/map")

SHOWN = 50
_REPORT = ("category", "severity", "urgent")
_PLACE = ("point", "datum")
_KEPT = (*_PLACE, "radius_m", "at", *_REPORT)


@dataclass(frozen=True)
class Found:
    """Where a point is, and who would get it at that moment."""

    located: Located
    answer: Answer
    at: datetime


@blueprint.get("/locate")
@requires(Role.OFFICE, Role.ADMIN)
def locate() -> str | tuple[str, int]:
    """Ask by URL, so that an answer can be sent to a colleague."""
    form, found, picture = None, None, None
    actor, asked, now = current_actor(), request.args.to_dict(), utc_now()
    city = active_city(db.session(), parts().settings)
    try:
        found = _find(db.session(), city, asked, now)
        picture = _picture(db.session(), city, actor, asked, now=now, found=found)
    except Fault as fault:
        db.session.rollback()
        form = PageForm.of(fault, typed=request.args)
        picture = _picture(db.session(), city, actor, {}, now=now)
    page = render_template(
        "office/locate.html",
        here="locate",
        found=found,
        form=form,
        asked=request.args,
        edition=city.edition,
        categories=[(each.code, each.name) for each in name_categories(db.session()).values()],
        severities=[(code, words) for code, words, *_more in severities()],
        **_drawing(picture, asked),
    )
    return (page, form.status) if form else page


@blueprint.get("/window")
@requires(Role.OFFICE, Role.ADMIN)
def window() -> Response:
    """The map of another window alone, for the page that is already there."""
    actor, asked, now = current_actor(), request.args.to_dict(), utc_now()
    city = active_city(db.session(), parts().settings)
    point = _find_place(city, asked)
    picture = _picture(db.session(), city, actor, asked, now=now, located=point)
    return tagged(render_template("office/window.html", **_drawing(picture, asked)), "text/html")


@blueprint.get("/coverage")
@requires(Role.OFFICE, Role.ADMIN)
def coverage() -> str:
    """Who covers what now, and the grids with nobody on duty in the next 24 hours."""
    actor, session, now = current_actor(), db.session(), utc_now()
    city = active_city(session, parts().settings)
    code = request.args.get("area") or actor.area_code or city.city_code
    chain = _chain_within(city, actor, code)
    wanted, calendar = code if chain else None, city_calendar(session)
    found = wanted and list_covered(session, city.locator, wanted, now=now, calendar=calendar)
    grids = found or []
    show = request.args.get("show", "")
    if show == "nobody":
        grids = [each for each in grids if each.nobody]
    page = max(request.args.get("page", 1, int), 1)
    return render_template(
        "office/coverage.html",
        here="locate",
        chain=chain,
        below=count_below(session, city.locator, wanted, now=now, calendar=calendar),
        listed=found is not None and bool(chain),
        nobody=sum(each.nobody for each in found or ()),
        total=len(found or ()),
        show=show,
        page=page,
        grids=grids[(page - 1) * SHOWN : page * SHOWN],
        more=len(grids) > page * SHOWN,
        top=actor.area_code,
        edition=city.edition,
    )


def _find(session: Session, city: City, asked: Mapping[str, str], now: datetime) -> Found | None:
    """None where no point is asked for; raises Unprocessable for one that is none."""
    located = _find_place(city, asked)
    if located is None:
        return None
    report = _read_report(session, asked, read_moment(asked.get("at", ""), now))
    return Found(located, who_gets(session, city, located, report), report.at)


def _read_report(session: Session, asked: Mapping[str, str], at: datetime) -> Asked:
    """The report that is imagined; raises Unprocessable (`category`, `severity`)."""
    category, severity, urgent = (asked.get(name, "") for name in _REPORT)
    if category and category not in name_categories(session):
        raise Unprocessable("incomplete", FieldFault("category", "no_such_category"))
    if severity and severity not in frozenset(Severity):
        raise Unprocessable("incomplete", FieldFault("severity", "no_such_severity"))
    return Asked(at, category or None, severity or None, urgent == "1")


def _find_place(city: City, asked: Mapping[str, str]) -> Located | None:
    if not asked.get("point"):
        return None
    fields = {name: text for name in ("datum", "radius_m") if (text := asked.get(name))}
    command = PlaceByHand.model_validate(read_point(asked["point"]) | fields)
    point = to_wgs84(command.lat, command.lon, Datum(command.datum))
    return city.locator.locate(point, command.radius_m, nearest_limit_m=city.nearest_limit_m)


def _picture(
    session: Session,
    city: City,
    actor: Actor,
    asked: Mapping[str, str],
    *,
    now: datetime,
    found: Found | None = None,
    located: Located | None = None,
) -> Picture:
    place = found.located if found else located
    point = place.point if place else None
    frame = read_frame(city, actor, asked, point)
    return read_picture(
        session,
        city,
        parts().settings,
        frame,
        now=found.at if found else now,
        point=point,
        radius_m=place.radius_m if place else 0.0,
    )


def _drawing(picture: Picture, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the window's template needs: the picture, and where its links lead."""
    kept = {name: text for name in _KEPT if (text := asked.get(name))}
    moves = {
        name: {
            **kept,
            "see": f"{frame.middle.lat:.6f},{frame.middle.lon:.6f}",
            "span": round(frame.span_m),
        }
        for name, move in MOVES.items()
        for frame in [picture.window.frame.moved(*move)]
    }
    also = {name: text for name, text in kept.items() if name not in _PLACE}
    return {"picture": picture, "moves": moves, "also": also}


def _chain_within(city: City, actor: Actor, code: str) -> tuple[Any, ...]:
    """The area of a code and those above it, empty for the city itself.

    Raises NotFound `no_area`, and Forbidden outside the person's own area.
    """
    chain = city.locator.chain_of(code)
    if not chain and code != city.city_code:
        raise NotFound("no_area")
    everywhere = actor.role is Role.ADMIN or actor.area_code == city.city_code
    if not everywhere and actor.area_code not in {area.code for area in chain}:
        raise Forbidden("not_below_you")
    return chain
