"""One point to all its areas, against shapely's own bare query on the same grids."""

import random
import time

import shapely

from civicprobe.grid.areas import Level
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Locator
from civicprobe.grid.synthetic import synthesize

POINTS = 5_000


def run() -> dict[str, float]:
    """Mean microseconds a lookup in one district of about 3,400 micro grids."""
    areas = list(synthesize("510113", 7))
    locator = Locator.build(areas)
    micro = [area.outline for area in areas if area.level is Level.MICRO]
    tree = shapely.STRtree(micro)
    dice = random.Random(1)
    points = [shape.representative_point() for shape in dice.choices(micro, k=POINTS)]
    plain = [Point(point.y, point.x) for point in points]
    bare = _mean_us(lambda i: tree.query(points[i], "intersects"))
    ours = _mean_us(lambda i: locator.locate(plain[i]))
    near = _mean_us(lambda i: locator.locate(plain[i], 30.0))
    return {
        "strtree_us": bare,
        "locate_us": ours,
        "locate_30m_us": near,
        "locate_over_strtree": round(ours / bare, 2),
    }


def _mean_us(look: object) -> float:
    began = time.perf_counter()
    for i in range(POINTS):
        look(i)  # type: ignore[operator]
    return round((time.perf_counter() - began) / POINTS * 1e6, 1)
