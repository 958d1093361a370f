"""A small map drawn of our own outlines: no tiles, nothing from outside. Pure: shapes -> paths.

Units are metres east and south of the point, so that a template can set a radius as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from civicprobe.grid.coords import Point, degree_lengths_m

LEAST_M = 60.0
MARGIN = 1.15
_BARS_M = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)


@dataclass(frozen=True)
class Sketch:
    """What a template draws: the area, those beside it, the point with its radius, and a scale."""

    left: float
    top: float
    width: float
    height: float
    area: str
    beside: tuple[str, ...]
    radius_m: float
    bar_m: int


def draw(
    point: Point,
    radius_m: float,
    area: shapely.Geometry | None,
    beside: Iterable[shapely.Geometry] = (),
) -> Sketch:
    """The area around a point, with its neighbours cut to what can be seen."""
    shape = _metres(area, point) if area is not None else shapely.Point(0, 0)
    seen = shapely.union(shape, shapely.Point(0, 0).buffer(max(radius_m, LEAST_M)))
    west, south, east, north = seen.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    width, height = ((east - west) * MARGIN, (north - south) * MARGIN)
    frame = shapely.box(
        middle[0] - width, middle[1] - height, middle[0] + width, middle[1] + height
    )
    others = (shapely.intersection(_metres(each, point), frame) for each in beside)
    return Sketch(
        left=round(middle[0] - width / 2, 1),
        top=round(-middle[1] - height / 2, 1),
        width=round(width, 1),
        height=round(height, 1),
        area=_path(shape) if area is not None else "",
        beside=tuple(path for each in others if (path := _path(each))),
        radius_m=radius_m,
        bar_m=max(bar for bar in _BARS_M if bar <= max(width / 3, _BARS_M[0])),
    )


def paths_around(
    point: Point, shapes: Iterable[shapely.Geometry], half_m: float, *, detail_m: float = 1.0
) -> list[str]:
    """SVG paths of what of these shapes lies within `half_m` of a point, in metres; empty for none.

    Corners that stand out by less than `detail_m` are left out: a phone would not show them.
    """
    frame = shapely.box(-half_m, -half_m, half_m, half_m)
    moved = (shapely.simplify(_metres(shape, point), detail_m) for shape in shapes)
    return [_path(shapely.intersection(shapely.make_valid(each), frame)) for each in moved]


def _metres(shape: shapely.Geometry, point: Point) -> shapely.Geometry:
    north, east = degree_lengths_m(point.lat)
    middle, scale = np.array([point.lon, point.lat]), np.array([east, north])
    moved: shapely.Geometry = shapely.transform(shape, lambda pairs: (pairs - middle) * scale)
    return moved


def _path(shape: shapely.Geometry) -> str:
    """An SVG path of all rings of the polygons in a shape; y grows downwards."""
    parts = shapely.get_parts(shape)
    polygons = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    rings = [ring for each in polygons for ring in (each.exterior, *each.interiors)]
    return " ".join(
        "M" + "L".join(f"{x:.1f},{-y:.1f}" for x, y in shapely.get_coordinates(ring)) + "Z"
        for ring in rings
    )
