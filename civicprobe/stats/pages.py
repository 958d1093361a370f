"""The statistics page, the reports behind each of its numbers, and each table as a file."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.errors import Invalid, NotFound
from civicprobe.reports.pages.case import name_categories, name_units
from civicprobe.reports.pages.lists import read_rows
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.queries import visible_to
from civicprobe.stats.behind import read_behind
from civicprobe.stats.figures import LEAST, read_figures
from civicprobe.stats.measures import week_of
from civicprobe.stats.queries import (
    SPOT_DAYS,
    SPOT_LEAST,
    Scope,
    count_behind,
    list_behind,
    rolled_at,
)
from civicprobe.stats.scopes import Place, list_places
from civicprobe.stats.tables import TABLES
from civicprobe.stats.words import name_age, name_day, name_stage
from civicprobe.web.files import csv_file
from civicprobe.web.parts import parts

blueprint = pages("pages_stats", "/o/stats")

WEEKS = (4, 13, 26, 52)
USUAL_WEEKS, MOST_WEEKS, PAGE = 13, 160, 50


@blueprint.get("")
@requires(Role.OFFICE, Role.ADMIN)
def statistics() -> str:
    """All figures of an area, a time and a category; the URL holds everything."""
    session = db.session()
    places, scope = _asked(session)
    return render_template("stats/board.html", here="stats", **_board(session, places, scope))


@blueprint.get("/behind/<figure>/<key>")
@requires(Role.OFFICE, Role.ADMIN)
def behind(figure: str, key: str) -> str:
    """The reports that one number counted."""
    session, now = db.session(), utc_now()
    _, scope = _asked(session)
    conditions = [*read_behind(scope, figure, key, now), visible_to(current_actor())]
    found = list_behind(session, conditions, after=_after(), limit=PAGE)
    asked = _query(scope)
    older = f"?{urlencode(asked | {'after': found[PAGE - 1].id})}" if len(found) > PAGE else None
    return render_template(
        "stats/behind.html",
        here="stats",
        figure=figure,
        n=count_behind(session, conditions),
        rows=read_rows(session, current_actor(), found[:PAGE]),
        next=older,
        board=f"/o/stats?{urlencode(asked)}#{figure}",
    )


@blueprint.get("/<table>.csv")
@requires(Role.OFFICE, Role.ADMIN)
def as_csv(table: str) -> Response:
    """One table of the page as a file."""
    if table not in TABLES:
        raise NotFound("no_such_page")
    session = db.session()
    places, scope = _asked(session)
    board = _board(session, places, scope)
    return csv_file(f"{table}-{scope.since}", TABLES[table](board))


def _board(session: Session, places: list[Place], scope: Scope) -> dict[str, Any]:
    now = utc_now()
    return {
        "scope": scope,
        **{word.__name__: word for word in (name_stage, name_age, name_day)},
        "asked": _query(scope),
        "query": urlencode(_query(scope)),
        "weeks": WEEKS,
        "asked_weeks": (scope.until - scope.since).days // 7,
        "places": places,
        "names": {place.code: place.name for place in places} | _below(session, scope),
        "categories": name_categories(session),
        "units": name_units(session),
        "figures": read_figures(session, scope, now),
        "least": LEAST,
        "spot_days": SPOT_DAYS,
        "spot_least": SPOT_LEAST,
        "rolled_at": rolled_at(session),
    }


def _below(session: Session, scope: Scope) -> dict[str, str]:
    """Names of what lies right below the area, for the heat table."""
    actor = Actor(role=Role.OFFICE, area_code=scope.area)
    found = list_places(session, actor, parts().settings.city_code)
    return {place.code: place.name for place in found}


def _asked(session: Session) -> tuple[list[Place], Scope]:
    """The caller's places and the scope asked for; raises Invalid for one that is not theirs."""
    places = list_places(session, current_actor(), parts().settings.city_code)
    wanted = request.args.get("area") or places[0].code
    place = next((place for place in places if place.code == wanted), None)
    if place is None or place.level == "community":
        raise Invalid("no_such_area", area=wanted[:32])
    since, until = _time()
    return places, Scope(
        place.code, place.level, since, until, request.args.get("category") or None
    )


def _time() -> tuple[date, date]:
    """From one Monday to before another; given as weeks up to now, or by the first of them."""
    text = request.args.get("weeks") or str(USUAL_WEEKS)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_WEEKS:
        raise Invalid("filter_malformed")
    try:
        since = date.fromisoformat(request.args["since"]) if request.args.get("since") else None
    except ValueError:
        raise Invalid("filter_malformed") from None
    span = timedelta(weeks=int(text))
    if since is not None and not 2000 <= since.year <= 2200:
        raise Invalid("filter_malformed")
    if since is not None:
        since -= timedelta(days=since.weekday())
        return since, since + span
    until = week_of(utc_now()) + timedelta(weeks=1)
    return until - span, until


def _query(scope: Scope) -> dict[str, str]:
    asked = {
        "area": scope.area,
        "since": scope.since.isoformat(),
        "weeks": str((scope.until - scope.since).days // 7),
    }
    return asked | ({"category": scope.category} if scope.category else {})


def _after() -> int | None:
    text = request.args.get("after") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
