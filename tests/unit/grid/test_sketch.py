"""A sketch: metres around the point, all of the area seen, a scale that fits."""

import re

import pytest
import shapely

from civicprobe.grid.coords import Point, degree_lengths_m
from civicprobe.grid.sketch import draw

HERE = Point(30.6, 104.0)


def square(side_m: float, at: Point = HERE) -> shapely.Polygon:
    north, east = degree_lengths_m(at.lat)
    half = side_m / 2
    return shapely.box(
        at.lon - half / east, at.lat - half / north, at.lon + half / east, at.lat + half / north
    )


def numbers(path: str) -> list[float]:
    return [float(text) for text in re.findall(r"-?\d+\.?\d*", path)]


def test_the_area_is_drawn_in_metres_around_the_point():
    drawn = draw(HERE, 20, square(400))
    assert {round(abs(number)) for number in numbers(drawn.area)} == {200}
    assert drawn.width == pytest.approx(460, rel=0.02)
    assert drawn.left == pytest.approx(-230, rel=0.02)
    assert drawn.bar_m == 100


def test_a_radius_wider_than_the_area_is_seen_whole():
    drawn = draw(HERE, 500, square(100))
    assert drawn.width >= 1000
    assert drawn.height >= 1000


def test_north_is_up():
    north = Point(HERE.lat + 0.01, HERE.lon)
    (path,) = draw(HERE, 20, square(4000), [square(200, north)]).beside
    ups = numbers(path)[1::2]
    assert max(ups) < 0


def test_neighbours_are_cut_to_the_frame_and_far_ones_left_out():
    far = Point(HERE.lat + 1, HERE.lon)
    drawn = draw(HERE, 20, square(200), [square(100_000), square(100, far)])
    assert len(drawn.beside) == 1
    assert max(map(abs, numbers(drawn.beside[0]))) < 500


def test_a_point_without_an_area_still_has_a_frame():
    drawn = draw(HERE, 0, None)
    assert drawn.area == ""
    assert drawn.width > 100
