"""A cursor leads on from where a page ended, and a forged one is refused."""

import contextlib
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.errors import Invalid
from civicprobe.web.paging import decode_cursor, encode_cursor

MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(MOMENTS, st.integers(1, 2**62))
def test_there_and_back_again(at, row_id):
    assert decode_cursor(encode_cursor(at, row_id)) == (at, row_id)


@pytest.mark.parametrize("text", [None, ""])
def test_no_cursor_is_the_first_page(text):
    assert decode_cursor(text) is None


@given(st.text(min_size=1))
def test_anything_else_is_refused_and_never_a_fault(text):
    with contextlib.suppress(Invalid):
        assert decode_cursor(text) is not None


@pytest.mark.parametrize(
    "forged",
    ["WzEsMl0", "WyIyMDI2LTExLTI0VDAwOjAwOjAwIiwxXQ", "bnVsbA", "e30", "四", "W10", "A" * 10_000],
)
def test_forged_ones_are_refused(forged):
    with pytest.raises(Invalid):
        decode_cursor(forged)
