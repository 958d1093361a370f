"""The case desk's map: the very list that the desk shows, where it lies, close ones as one."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, url_for

from civicprobe.accounts.identity import current_actor, requires
from civicprobe.accounts.roles import Role
from civicprobe.db import db, utc_now
from civicprobe.grid.city import active_city
from civicprobe.reports.bubbles import Bubble, list_bubbles
from civicprobe.reports.pages.parts import pages
from civicprobe.reports.pages.window import MOVES, Picture, read_frame, read_picture
from civicprobe.reports.queue.filters import FILTERS, LEAST_RADIUS_M, MOST_RADIUS_M, QueueFilter
from civicprobe.reports.queue.queues import conditions_of, count_views, list_saved
from civicprobe.reports.queue.views import VIEWS
from civicprobe.web.etag import tagged
from civicprobe.web.parts import parts

blueprint = pages("pages_case_map", "/o/map")

# Below this width what lies at one place lies at one place: a bubble leads to its list.
CLOSE_M = 900.0
NEARER = 0.35


@dataclass(frozen=True)
class Drawn:
    """A bubble as it is drawn, in metres from the middle, and where it leads."""

    bubble: Bubble
    x: float
    y: float
    r: float
    kind: str
    href: str
    moves: bool


@blueprint.get("")
@requires(Role.OFFICE, Role.ADMIN)
def case_map() -> str:
    """The map of the list that this URL asks for."""
    session, actor = db.session(), current_actor()
    return render_template(
        "office/case_map.html",
        here="queue",
        views=list(VIEWS[actor.role]),
        counts=count_views(session, actor, utc_now()),
        saved=list_saved(session, actor),
        **_drawing(),
    )


@blueprint.get("/cases")
@requires(Role.OFFICE, Role.ADMIN)
def window() -> Response:
    """Another window of it alone, for the page that is already there."""
    return tagged(render_template("office/case_window.html", **_drawing()), "text/html")


def _drawing() -> dict[str, Any]:
    """What the window is made of; raises Invalid for a filter and Unprocessable for a window."""
    session, actor, now = db.session(), current_actor(), utc_now()
    asked = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    asked.setdefault("view", next(iter(VIEWS[actor.role])))
    ask = QueueFilter.read(asked)
    city = active_city(session, parts().settings)
    frame = read_frame(city, actor, request.args.to_dict() | {"area": ask.area or ""}, None)
    picture = read_picture(session, city, parts().settings, frame, now=now)
    bubbles = list_bubbles(session, conditions_of(session, actor, ask, now), frame, now)
    return {
        "picture": picture,
        "bubbles": [_draw(each, picture, asked) for each in sorted(bubbles, key=_by_size)],
        "total": sum(each.n for each in bubbles),
        "moves": {name: _see(picture, asked, move) for name, move in MOVES.items()},
        "kept": asked,
        "view": asked["view"],
        "asked": asked,
        "filtered": len(asked) > 1,
        "list_url": f"{url_for('pages_office.desk')}?{urlencode(asked)}",
    }


def _by_size(bubble: Bubble) -> int:
    return -bubble.n


def _draw(bubble: Bubble, picture: Picture, asked: Mapping[str, str]) -> Drawn:
    frame = picture.window.frame
    x, y = frame.metres(bubble.point)
    close = frame.span_m <= CLOSE_M
    kind = "urgent" if bubble.urgent else "late" if bubble.late else "plain"
    r = frame.span_m / 90 * (1 + min(sqrt(bubble.n) / 8, 1.4))
    return Drawn(
        bubble,
        x,
        y,
        round(r, 1),
        kind,
        _href(bubble, frame.span_m, asked, close=close),
        moves=bubble.number is None and not close,
    )


def _href(bubble: Bubble, span_m: float, asked: Mapping[str, str], *, close: bool) -> str:
    """One case: its preview; several: nearer, or where that tells them no further apart, a list."""
    at = f"{bubble.point.lat:.6f},{bubble.point.lon:.6f}"
    if bubble.number is not None:
        return f"{url_for('pages_office.desk')}?{urlencode({**asked, 'open': bubble.number})}"
    if close:
        radius = round(min(max(bubble.radius_m, LEAST_RADIUS_M), MOST_RADIUS_M))
        return f"{url_for('pages_office.desk')}?{urlencode({**asked, 'near': f'{at},{radius}'})}"
    seen = {**asked, "see": at, "span": str(round(span_m * NEARER))}
    return f"{url_for('.case_map')}?{urlencode(seen)}"


def _see(
    picture: Picture, asked: Mapping[str, str], move: tuple[float, float, float]
) -> dict[str, str]:
    frame = picture.window.frame.moved(*move)
    middle = f"{frame.middle.lat:.6f},{frame.middle.lon:.6f}"
    return {**asked, "see": middle, "span": str(round(frame.span_m))}
