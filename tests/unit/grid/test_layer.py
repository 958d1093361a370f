"""Shares of the accuracy circle: against figures known by geometry and against cut polygons."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.grid.layer import circle_shares

RADIUS = 30.0


def share(shape, radius=RADIUS):
    return float(circle_shares(np.array([shape], dtype=object), radius)[0])


@pytest.mark.parametrize(
    ("shape", "known"),
    [
        (shapely.box(-100, -100, 100, 100), 1.0),
        (shapely.box(-100, -100, 0, 100), 0.5),
        (shapely.box(0, 0, 100, 100), 0.25),
        (shapely.box(31, -5, 100, 5), 0.0),
        (shapely.box(-5, -10, 5, 10), 200 / (math.pi * RADIUS**2)),
        (shapely.box(15, -100, 100, 100), (math.pi / 3 - math.sqrt(3) / 4) / math.pi),
    ],
)
def test_shares_known_by_geometry(shape, known):
    assert share(shape) == pytest.approx(known, abs=1e-12)
    assert share(shape.reverse()) == pytest.approx(known, abs=1e-12)


def test_a_hole_covers_nothing():
    hole = shapely.box(-5, -10, 5, 10)
    around = shapely.difference(shapely.box(-100, -100, 100, 100), hole)
    assert share(around) + share(hole) == pytest.approx(1)


def test_nothing_near_is_no_fault():
    assert circle_shares(np.array([], dtype=object), RADIUS).tolist() == []


corners = st.lists(st.tuples(st.floats(0, 2 * math.pi), st.floats(1, 80)), min_size=3, max_size=12)


@given(corners, st.tuples(st.floats(-60, 60), st.floats(-60, 60)))
def test_a_star_is_cut_by_the_circle_as_geos_cuts_it(corners, middle):
    star = [
        (middle[0] + reach * math.cos(turn), middle[1] + reach * math.sin(turn))
        for turn, reach in sorted(corners)
    ]
    shape = shapely.Polygon(star)
    if not shape.is_valid:
        return
    circle = shapely.Point(0, 0).buffer(RADIUS, quad_segs=256)
    cut = shapely.intersection(shape, circle).area / (math.pi * RADIUS**2)
    assert share(shape) == pytest.approx(cut, abs=2e-5)
