"""What the rider's phone asks beside reporting: a guess, the map around, what lies ahead, steps."""

import json
from datetime import date
from typing import Annotated, Literal

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field

from civicprobe.accounts.identity import requires
from civicprobe.accounts.roles import Role
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.db import db, utc_now
from civicprobe.errors import Invalid, NotFound
from civicprobe.grid.city import active_city
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.reports.funnel import SHELLS, STEPS, bucket_of, count_step, read_funnel
from civicprobe.reports.lifecycle.commands import Command
from civicprobe.reports.nearby import filed_around, list_ahead
from civicprobe.reports.pages.case import name_categories
from civicprobe.reports.pages.sketch import outlines_around
from civicprobe.reports.vicinity import Square, likeliest
from civicprobe.web.etag import tagged
from civicprobe.web.parts import parts

blueprint = APIBlueprint("rider_api", __name__, url_prefix="/api/v1/rider", tag="rider")

GUESS_FOR_S, AHEAD_FOR_S, AROUND_FOR_S = 3600, 60, 3600
SHOWN_M = 600.0


class StepTaken(Command):
    """A step, and how long after the first tap it was reached."""

    step: Literal[STEPS]  # type: ignore[valid-type]
    after_ms: Annotated[int, Field(ge=0, le=86_400_000)]


class StepsTaken(Command):
    """The steps of one report, without whose."""

    shell: Literal[SHELLS]  # type: ignore[valid-type]
    steps: Annotated[list[StepTaken], Field(max_length=len(STEPS))]


@blueprint.get("/guess")
@requires(Role.RIDER)
def guess() -> Response:
    """What is filed most at this spot and hour, or null: a guess, and said to be one."""
    point = to_wgs84(_number("lat"), _number("lon"), Datum.WGS84)
    now = utc_now()
    filed = filed_around(db.session(), point, now=now)
    category = likeliest(filed, now.astimezone(CITY_ZONE).hour)
    return _kept_for(GUESS_FOR_S, tagged(json.dumps({"category": category})))


@blueprint.get("/around")
@requires(Role.RIDER)
def around() -> Response:
    """Our own outlines around a point, in metres east and south of it, and where that is."""
    point = to_wgs84(_number("lat"), _number("lon"), Datum.WGS84)
    city = active_city(db.session(), parts().settings)
    drawn = outlines_around(db.session(), city, point, half_m=SHOWN_M)
    return _kept_for(AROUND_FOR_S, tagged(json.dumps(drawn, ensure_ascii=False)))


@blueprint.get("/ahead/<square>")
@requires(Role.RIDER)
def ahead(square: str) -> Response:
    """Open urgent cases and repairs to look at in a square of about 2 km: the phone alone works out
    which are ahead."""
    names = name_categories(db.session())
    items = [
        {
            "number": item.number,
            "asks": item.asks,
            "lat": item.lat,
            "lon": item.lon,
            "category": item.category,
            "name": names[item.category].name if item.category in names else None,
            "icon": names[item.category].icon if item.category in names else "warn",
            "since": item.since.isoformat(),
            "fenced": item.fenced,
        }
        for item in list_ahead(db.session(), Square.read(square))
    ]
    return _kept_for(AHEAD_FOR_S, tagged(json.dumps({"items": items}, ensure_ascii=False)))


@blueprint.post("/steps")
@requires(Role.RIDER)
@blueprint.input(StepsTaken, arg_name="command")
def post_steps(command: StepsTaken) -> Response:
    """Count how far a rider got; only where the city has switched it on, and without whose."""
    if not parts().settings.client_steps:
        raise NotFound("no_such_page")
    today = utc_now().astimezone(CITY_ZONE).date()
    for taken in command.steps:
        key = (today, command.shell, taken.step, bucket_of(taken.after_ms))
        count_step(db.session(), key)
    db.session.commit()
    return Response("{}", mimetype="application/json")


@blueprint.get("/steps")
@requires(Role.ADMIN)
def get_steps() -> Response:
    """The counters of a day (`?day=2026-11-25`)."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        raise Invalid("day_malformed") from None
    rows = [
        {"shell": row.shell, "step": row.step, "within_s": row.within_s, "count": row.count}
        for row in read_funnel(db.session(), day)
    ]
    return Response(
        json.dumps({"day": day.isoformat(), "steps": rows}), mimetype="application/json"
    )


def _number(name: str) -> float:
    try:
        return float(request.args.get(name, ""))
    except ValueError:
        raise Invalid("not_a_number", field=name) from None


def _kept_for(seconds: int, answer: Response) -> Response:
    answer.headers["Cache-Control"] = f"private, max-age={seconds}"
    return answer
