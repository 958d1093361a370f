"""The sketch of our own outlines for a page: of any point, or of a report's place."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from civicprobe.grid.coords import Point
from civicprobe.grid.queries import list_siblings, read_outlines
from civicprobe.grid.sketch import Sketch, draw
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
