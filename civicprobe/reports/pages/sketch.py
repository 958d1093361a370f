"""The sketch of our own outlines for a page: of any point, or of a report's place."""

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.queries import list_siblings, read_outlines
from civicprobe.grid.sketch import Sketch, draw, paths_around
from civicprobe.reports.models import Report


def sketch_around(
    session: Session,
    edition_id: int,
    point: Point,
    *,
    radius_m: float,
    code: str,
    also: Collection[str] = (),
) -> Sketch:
    """A point in the area of `code`, with the areas beside it and others that matter."""
    beside = {*list_siblings(session, edition_id, code), *also}
    outlines = read_outlines(session, edition_id, {code, *beside})
    area = outlines.pop(code, None)
    return draw(point, radius_m, area, outlines.values())


def outlines_around(session: Session, city: City, point: Point, *, half_m: float) -> dict[str, Any]:
    """The outlines within `half_m` of a point for a script to draw: the finest around, and names.

    `names` are those of the areas that hold the point, the widest first; none outside the map.
    """
    found = city.locator.locate(point, half_m, nearest_limit_m=city.nearest_limit_m)
    codes = [item.area.code for item in found.candidates]
    outlines = read_outlines(session, city.edition.id, codes)
    paths = paths_around(point, (outlines[code] for code in codes if code in outlines), half_m)
    return {
        "lat": point.lat,
        "lon": point.lon,
        "half_m": half_m,
        "synthetic": city.edition.synthetic,
        "names": [area.name for area in reversed(found.chain)],
        "paths": [path for path in paths if path],
    }


def sketch_of(session: Session, report: Report) -> Sketch | None:
    """A report's place in its finest grid; None while it has none."""
    if report.lat is None or report.lon is None or report.edition_id is None:
        return None
    codes = list(report.area_codes.values())
    radius = report.place.get("radius_m")
    return sketch_around(
        session,
        report.edition_id,
        Point(report.lat, report.lon),
        radius_m=float(radius) if isinstance(radius, int | float) else 0.0,
        code=codes[-1],
    )
