"""Likeness: cells hold all within reach, reasons add up, and nothing depends on who came first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.reports.likeness import (
    ASKED_FROM,
    REACH_M,
    REASONS,
    SHOWN_FROM,
    Sight,
    bits_apart,
    cell_of,
    cells_around,
    compare,
    distance_m,
)

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
HERE = Sight(30.66, 104.06, NOON, "missing_cover", (0b1011,), frozenset({"a"}), "路口井盖不见了")
ELSE = replace(HERE, photos=frozenset({"b"}), looks=(~0b1011,), words="")
METRE = 1 / 111_195


def north(sight, metres):
    return replace(sight, lat=sight.lat + metres * METRE)


spots = st.tuples(st.floats(-34, 34), st.floats(-179, 179))


@given(spots, st.floats(-1, 1), st.floats(-1, 1))
def test_all_within_reach_lies_in_the_nine_cells(spot, up, side):
    here = Sight(spot[0], spot[1], NOON)
    other = replace(
        here, lat=here.lat + up * REACH_M * METRE, lon=here.lon + side * REACH_M * METRE
    )
    if distance_m(here, other) <= REACH_M:
        assert cell_of(other.lat, other.lon) in cells_around(here.lat, here.lon)


@given(st.lists(spots, min_size=2, max_size=2, unique=True))
def test_cells_far_apart_have_other_numbers(two):
    a, b = two
    if max(abs(a[0] - b[0]), abs(a[1] - b[1])) > 0.0013:
        assert cell_of(*a) != cell_of(*b)


@pytest.mark.parametrize(
    ("other", "score", "reasons"),
    [
        (HERE, 1.0, {"same_photo", "near"}),
        (ELSE, 0.8, {"near", "same_category", "same_day"}),
        (north(ELSE, 25), 0.575, {"near", "same_category", "same_day"}),
        (replace(ELSE, category=None), 0.65, {"near", "same_day"}),
        (replace(ELSE, category="lamp_out"), 0.35, {"near", "same_day"}),
        (replace(ELSE, at=NOON - timedelta(days=9)), 0.7, {"near", "same_category"}),
        (replace(ELSE, at=NOON - timedelta(days=2)), 0.75, {"near", "same_category", "same_days"}),
        (
            replace(ELSE, looks=(0b1000,), category=None),
            1.0,
            {"near", "looks_alike", "same_day"},
        ),
        (
            replace(ELSE, words="井盖不见了", category=None),
            0.8,
            {"near", "same_words", "same_day"},
        ),
    ],
)
def test_the_reasons_add_up(other, score, reasons):
    found = compare(HERE, other)
    assert found is not None
    assert found.score == pytest.approx(score, abs=0.001)
    assert set(found.reasons) == reasons


def test_what_lies_beyond_reach_is_not_alike_even_with_the_same_photo():
    assert compare(HERE, north(HERE, REACH_M + 0.5)) is None
    assert compare(HERE, north(HERE, REACH_M - 0.5)) is not None


def test_another_kind_is_not_shown_and_the_same_kind_on_the_spot_is_asked():
    other, same = compare(HERE, replace(ELSE, category="lamp_out")), compare(HERE, ELSE)
    assert other
    assert same
    assert other.score < SHOWN_FROM < ASKED_FROM < same.score


sights = st.builds(
    Sight,
    lat=st.floats(30.66, 30.6605),
    lon=st.floats(104.06, 104.0605),
    at=st.integers(0, 30 * 24).map(lambda hours: NOON - timedelta(hours=hours)),
    category=st.sampled_from([None, "missing_cover", "lamp_out"]),
    looks=st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=3).map(tuple),
    photos=st.frozensets(st.sampled_from("abc"), max_size=2),
    words=st.text("井盖路口abc，", max_size=12),
)


@given(sights, sights)
def test_it_is_the_same_from_either_side(one, two):
    there, back = compare(one, two), compare(two, one)
    if there is None or back is None:
        assert there is back
        return
    assert there.score == pytest.approx(back.score)
    assert set(there.reasons) == set(back.reasons) <= set(REASONS)
    assert 0 <= there.score <= 1


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.sets(st.integers(0, 63)))
def test_bits_are_counted_through_the_sign(look, places):
    other = look
    for place in places:
        other ^= 1 << place
    signed = (other + (1 << 63)) % (1 << 64) - (1 << 63)
    assert bits_apart(look, signed) == len(places)
