"""Squares and guesses, from values alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.errors import Invalid
from civicprobe.reports.vicinity import STEP_DEG, Square, hours_apart, likeliest


@given(lat=st.floats(0, 89.9), lon=st.floats(0, 179.9))
def test_every_point_lies_in_the_square_of_its_steps(lat, lon):
    square = Square.read(f"{int(lat / STEP_DEG)}-{int(lon / STEP_DEG)}")
    assert square.south - 1e-9 <= lat <= square.north + 1e-9
    assert square.west - 1e-9 <= lon <= square.east + 1e-9


@pytest.mark.parametrize(
    "name", ["", "1", "1-", "a-b", "-1-2", "1-2-3", "99999-1", "1-99999", "１-２x"]
)
def test_what_is_no_square_is_refused(name):
    with pytest.raises(Invalid, match="square_malformed"):
        Square.read(name)


def test_hours_are_apart_the_short_way_round():
    assert [hours_apart(a, b) for a, b in ((1, 23), (0, 12), (8, 8), (23, 0))] == [2, 12, 0, 1]


def test_what_is_filed_at_this_hour_beats_what_is_filed_at_another():
    filed = [("parking", 8, 3), ("rubbish", 22, 4)]
    assert likeliest(filed, 8) == "parking"
    assert likeliest(filed, 21) == "rubbish"


def test_too_little_is_no_guess():
    assert likeliest([], 8) is None
    assert likeliest([("parking", 8, 1)], 8) is None
