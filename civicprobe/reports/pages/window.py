"""The window on the map for a page: which one is asked for, and what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.areas import Level
from civicprobe.grid.city import City
from civicprobe.grid.coords import Datum, Point, make_point
from civicprobe.grid.people import roster
from civicprobe.grid.tiles import Tile, tiles_of
from civicprobe.grid.windows import MAX_SPAN_M, MIN_SPAN_M, Frame, Window, frame_of, look
from civicprobe.reports.pages.forms import read_point
from civicprobe.settings import Settings

POINT_SPAN_M = 1_500.0
_FURTHEST = timedelta(days=366)
_BARS_M = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
# Where a link leads from a window: parts of its width and height, and how much wider.
MOVES: Mapping[str, tuple[float, float, float]] = {
    "in": (0, 0, 0.5),
    "out": (0, 0, 2.0),
    "west": (-0.4, 0, 1),
    "east": (0.4, 0, 1),
    "north": (0, 0.4, 1),
    "south": (0, -0.4, 1),
}


@dataclass(frozen=True)
class Picture:
    """What a page draws: the window, tiles below it, and who serves the grids it shows.

    `serving` leads from the code of a grid to `on` (somebody is on duty), `away` (nobody now) or
    `none` (nobody serves it); it is empty where the areas are no grids. `x`, `y` is where the
    point asked about is drawn.
    """

    window: Window
    tiles: tuple[Tile, ...]
    serving: Mapping[str, str]
    bar_m: int
    point: Point | None = None
    radius_m: float = 0.0
    x: float = 0.0
    y: float = 0.0


def read_frame(city: City, actor: Actor, asked: Mapping[str, str], point: Point | None) -> Frame:
    """The window that is asked for (`see`, `span`), else around a point or area, else one's own.

    Raises Unprocessable (`see`, `span`) for one that is none.
    """
    if asked.get("see"):
        seen = read_point(asked["see"])
        return Frame(make_point(float(seen["lat"]), float(seen["lon"])), _span(asked))
    if point is not None:
        return Frame(point, POINT_SPAN_M)
    return frame_of(city.locator, asked.get("area") or actor.area_code)


def read_picture(
    session: Session,
    city: City,
    settings: Settings,
    frame: Frame,
    *,
    now: datetime,
    point: Point | None = None,
    radius_m: float = 0.0,
) -> Picture:
    """What the window shows now."""
    window = look(city.locator, frame)
    datum = Datum(settings.tile_datum)
    x, y = frame.metres(point) if point is not None else (0.0, 0.0)
    return Picture(
        window,
        tiles_of(frame, settings.tile_url, datum),
        _serving(session, window, now),
        max(bar for bar in _BARS_M if bar <= max(frame.span_m / 4, _BARS_M[0])),
        point,
        radius_m,
        x,
        y,
    )


def read_moment(text: str, now: datetime) -> datetime:
    """The moment of a wall clock in the city, `now` for none; raises Unprocessable (`at`)."""
    if not text:
        return now
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Unprocessable("incomplete", FieldFault("at", "moment_malformed")) from None
    at = local.replace(tzinfo=CITY_ZONE) if local.tzinfo is None else local
    if abs(at - now) > _FURTHEST:
        raise Unprocessable("incomplete", FieldFault("at", "moment_too_far"))
    return at


def _span(asked: Mapping[str, str]) -> float:
    try:
        span = float(asked.get("span", POINT_SPAN_M))
    except ValueError:
        raise Unprocessable("incomplete", FieldFault("span", "not_a_number")) from None
    if not MIN_SPAN_M <= span <= MAX_SPAN_M:
        raise Unprocessable("incomplete", FieldFault("span", "out_of_range"))
    return span


def _serving(session: Session, window: Window, now: datetime) -> dict[str, str]:
    if window.level not in (Level.MICRO, Level.GENERAL):
        return {}
    codes = [shape.area.code for shape in window.shapes]
    members = roster(session, codes, now=now).members
    found = {}
    for code in codes:
        servers = members.get(code, ())
        on_duty = any(each.away is None for each in servers)
        found[code] = "on" if on_duty else "away" if servers else "none"
    return found
