"""A file comes in pieces of any size; its members in any order; what is not JSON is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicprobe.errors import Invalid, TooLarge
from civicprobe.grid import geojson
from civicprobe.grid.geojson import Collection

texts = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(
    st.lists(values, min_size=1, max_size=6),
    st.dictionaries(texts.filter(lambda name: name not in ("type", "features")), values),
    st.integers(1, 60),
    st.booleans(),
    st.booleans(),
)
def test_any_collection_reads_as_the_decoder_reads_it(features, members, size, first, spaced):
    said = {"type": "FeatureCollection", **members}
    ends = {"features": features}
    document = {**ends, **said} if first else {**said, **ends}
    text = json.dumps(document, ensure_ascii=size % 2 == 0, indent=2 if spaced else None)
    file = Collection(pieces(text.encode(), size))
    assert list(file.features()) == features
    assert file.members == said


def test_a_byte_order_mark_is_passed_over():
    data = b"\xef\xbb\xbf" + b'{"features": [1], "type": "FeatureCollection"}'
    assert list(Collection(pieces(data, 2)).features()) == [1]


@given(st.integers(0, 60), st.integers(1, 9))
def test_cut_anywhere_it_is_no_json(cut, size):
    data = b'{"type": "FeatureCollection", "features": [{"a": 1}, [2, 3]]}'
    assert len(data) == 61
    with pytest.raises(Invalid, match="map_file_not_json"):
        list(Collection(pieces(data[:cut], size)).features())


def test_features_come_before_the_file_has_ended():
    def endless():
        yield b'{"type": "FeatureCollection", "features": ['
        while True:
            yield b"1, " * 100

    found = Collection(endless()).features()
    assert [next(found) for _ in range(1_000)] == [1] * 1_000


def test_what_is_wrong_is_told_without_reading_on():
    def stream():
        yield b'{"type": "FeatureCollection", "features": [{"a": oh' + b" " * 200_000
        pytest.fail("read on")

    with pytest.raises(Invalid, match="map_file_not_json"):
        list(Collection(stream()).features())


@pytest.mark.parametrize(
    ("limit", "most"), [("MAX_BYTES", 40), ("MAX_FEATURES", 2), ("MAX_FEATURE_CHARS", 3)]
)
def test_more_than_is_taken_is_refused(monkeypatch, limit, most):
    monkeypatch.setattr(geojson, limit, most)
    data = json.dumps({"type": "FeatureCollection", "features": ["0123456789"] * 3}).encode()
    with pytest.raises(TooLarge, match="map_file_too_large"):
        list(Collection(pieces(data, 8)).features())


@pytest.mark.parametrize("number", ["1.5", "-1e-7", "2E+3", "-0.0", "1e5"])
def test_a_number_may_be_cut_anywhere(number):
    data = f'{{"features": [{number}], "bbox": {number}, "type": "FeatureCollection"}}'.encode()
    file = Collection(pieces(data, 1))
    assert list(file.features()) == [float(number)]
    assert file.members["bbox"] == float(number)
