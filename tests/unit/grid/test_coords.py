"""Datums there and back again over China, distances against known figures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.errors import Invalid
from civicprobe.grid.coords import (
    Datum,
    Point,
    degree_lengths_m,
    distance_m,
    from_wgs84,
    lonlat_to_wgs84,
    make_point,
    to_wgs84,
)

in_china = st.builds(Point, st.floats(18.2, 53.5), st.floats(73.7, 135.0))
shifted = st.sampled_from([Datum.GCJ02, Datum.BD09])


@given(in_china, shifted)
def test_a_point_comes_back_from_another_datum(point, datum):
    lat, lon = from_wgs84(point, datum)
    assert distance_m(point, to_wgs84(lat, lon, datum)) < 0.01


@given(in_china, shifted)
def test_coordinates_come_back_through_wgs84(point, datum):
    lat, lon = from_wgs84(to_wgs84(point.lat, point.lon, datum), datum)
    assert distance_m(point, Point(lat, lon)) < 0.01


@given(in_china)
def test_the_shift_is_of_the_known_size(point):
    lat, lon = from_wgs84(point, Datum.GCJ02)
    assert distance_m(point, Point(lat, lon)) < 1_000


# WGS-84; then GCJ-02 and BD-09 by prcoords 1.0.2; then the same by eviltransform 0.1.1. Between
# them lies a centimetre: they take other digits of one constant.
PUBLISHED = [
    ((30.5728, 104.0668), (30.570346141, 104.069305477), (30.576351856, 104.075782957),
     (30.5703461, 104.06930552), (30.576351814, 104.075782999)),
    ((30.8846, 104.2517), (30.882135584, 104.254084995), (30.888206544, 104.260580763),
     (30.882135543, 104.254085035), (30.888206503, 104.260580803)),
    ((30.39, 104.55), (30.387205362, 104.552385505), (30.393171809, 104.558915862),
     (30.387205315, 104.552385545), (30.393171761, 104.558915903)),
    ((39.9042, 116.4074), (39.905603343, 116.413642254), (39.911865336, 116.42004633),
     (39.905603367, 116.413642359), (39.911865358, 116.420046436)),
    ((22.5431, 114.0579), (22.540382814, 114.063013999), (22.546041559, 114.069563987),
     (22.540382768, 114.063014085), (22.546041513, 114.069564074)),
    ((43.8256, 87.6168), (43.826805393, 87.619649949), (43.832949795, 87.626099771),
     (43.826805414, 87.619649998), (43.832949815, 87.626099819)),
    ((45.8038, 126.5349), (45.805781775, 126.540940717), (45.81139597, 126.547559618),
     (45.805781808, 126.54094082), (45.811396004, 126.547559721)),
    ((29.65, 91.1), (29.647300329, 91.101568283), (29.653419416, 91.108037374),
     (29.647300283, 91.10156831), (29.65341937, 91.108037401)),
]  # fmt: skip


@pytest.mark.parametrize("figures", PUBLISHED, ids=[str(each[0]) for each in PUBLISHED])
def test_two_published_converters_say_the_same(figures):
    point, *others = figures
    for (lat, lon), datum in zip(others, [Datum.GCJ02, Datum.BD09] * 2, strict=True):
        ours = Point(*from_wgs84(Point(*point), datum))
        assert distance_m(ours, Point(lat, lon)) < 0.02
        assert distance_m(Point(*point), to_wgs84(lat, lon, datum)) < 0.02


def test_the_shift_at_chengdu_is_of_the_published_length():
    lat, lon = from_wgs84(Point(30.5728, 104.0668), Datum.GCJ02)
    assert distance_m(Point(30.5728, 104.0668), Point(lat, lon)) == pytest.approx(363.7, abs=1)


def test_bd09_lies_about_as_far_beyond_gcj02_as_is_known():
    point = Point(30.5728, 104.0668)
    gcj, bd = from_wgs84(point, Datum.GCJ02), from_wgs84(point, Datum.BD09)
    assert bd[0] - gcj[0] == pytest.approx(0.006, abs=0.001)
    assert bd[1] - gcj[1] == pytest.approx(0.0065, abs=0.001)


def test_wgs84_is_left_alone_and_nothing_shifts_outside_china():
    assert to_wgs84(30.5, 104.0) == Point(30.5, 104.0)
    assert from_wgs84(Point(48.85, 2.35), Datum.GCJ02) == (48.85, 2.35)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_refuses_what_is_no_number(bad):
    for lat, lon in ((bad, 104.0), (30.0, bad)):
        with pytest.raises(Invalid, match="coordinates_not_finite"):
            make_point(lat, lon)


@pytest.mark.parametrize(("lat", "lon"), [(90.1, 0), (-90.1, 0), (0, 180.1), (0, -181)])
def test_refuses_what_is_nowhere_on_earth(lat, lon):
    with pytest.raises(Invalid, match="coordinates_out_of_range"):
        to_wgs84(lat, lon, Datum.GCJ02)


def test_degrees_have_their_lengths_on_the_ellipsoid():
    """Lengths at 0° and 90° of the WGS-84 ellipsoid."""
    assert degree_lengths_m(0) == pytest.approx((110_574.3, 111_319.5), abs=0.1)
    assert degree_lengths_m(90)[0] == pytest.approx(111_693.9, abs=0.1)


def test_distance_far_away_is_the_great_circle():
    beijing, chengdu = Point(39.9042, 116.4074), Point(30.5728, 104.0668)
    assert distance_m(beijing, chengdu) == pytest.approx(1_518_000, rel=0.005)
    assert distance_m(Point(0.0, 179.9), Point(0.0, -179.9)) == pytest.approx(22_264, rel=0.001)


@given(in_china, in_china)
def test_distance_is_symmetric_and_never_negative(a, b):
    assert distance_m(a, b) == pytest.approx(distance_m(b, a), abs=1e-6)
    assert distance_m(a, b) >= 0
    assert distance_m(a, a) == 0


@given(st.lists(in_china, min_size=1, max_size=40), shifted)
def test_rows_of_points_are_turned_as_single_points_are(points, datum):
    places = np.array([from_wgs84(point, datum)[::-1] for point in points])
    turned = lonlat_to_wgs84(places, datum)
    for (lon, lat), (there_lon, there_lat) in zip(turned, places, strict=True):
        assert distance_m(Point(lat, lon), to_wgs84(there_lat, there_lon, datum)) < 1e-4
    # Wherever in a file the same corner stands: a border stays shared.
    assert (lonlat_to_wgs84(np.repeat(places, 3, axis=0)[::-1], datum)[::-3] == turned).all()
