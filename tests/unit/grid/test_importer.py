"""Broken map files: each refused with feature, reason and size; small flaws are warnings."""

import copy
import json

import pytest
import shapely

from civicprobe.errors import Invalid, TooLarge
from civicprobe.grid import features
from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.coords import Datum, Point, from_wgs84
from civicprobe.grid.importer import Known, read_level
from tests.unit.grid.conftest import LEFT, RIGHT, TOWN, box, collection, feature, toy_map

CITY = "510100"
NOTHING = Known({}, (), ())
STREETS = [feature(area) for area in toy_map() if area.level is Level.STREET]


def above(level: Level) -> Known:
    """The toy map's areas above a level, as an edition would hold them."""
    held = toy_map()
    order = list(Level)
    upper = [area for area in held if order.index(area.level) < order.index(level)]
    parents = [area for area in held if order.index(area.level) == order.index(level) - 1]
    return Known({area.code: area.level for area in upper}, (), tuple(parents))


def read_streets(found, known=None, **options):
    data = found if isinstance(found, bytes) else collection(found)
    return read_level(data, Level.STREET, known or above(Level.STREET), city_code=CITY, **options)


def street(code, outline, parent=TOWN):
    return feature(AreaShape(Level.STREET, code, "某街道", parent, outline))


def changed(number=0, **members):
    """The streets with members of one feature replaced; `properties__code` reaches deeper."""
    found = copy.deepcopy(STREETS)
    for path, value in members.items():
        inner, keys = found[number], path.split("__")
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value
    return found


def test_a_sound_level_is_taken_whole():
    reading = read_streets(STREETS)
    assert [area.code for area in reading.areas] == [LEFT, RIGHT]
    assert reading.faults == ()
    assert reading.warnings == ()


def bow_tie():
    ring = [[104.0, 30.6], [104.02, 30.62], [104.02, 30.6], [104.0, 30.62], [104.0, 30.6]]
    return {"type": "Polygon", "coordinates": [ring]}


def ring_of(*pairs):
    return {"type": "Polygon", "coordinates": [list(map(list, pairs))]}


BROKEN = [
    (changed(type="Thing"), "feature_malformed"),
    (changed(properties=None), "properties_missing"),
    (changed(properties__code=""), "code_missing"),
    (changed(properties__code="5101 99"), "code_malformed"),
    (changed(properties__code="5" * 33), "code_malformed"),
    (changed(properties__name=None), "name_missing"),
    (changed(properties__name="街\u0000道"), "name_malformed"),
    (changed(properties__name="街" * 101), "name_malformed"),
    (changed(properties__parent=True), "parent_missing"),
    (changed(properties__parent="510198"), "parent_unknown"),
    (changed(properties__parent=CITY), "parent_of_other_level"),
    (changed(properties__code=RIGHT), "code_repeated"),
    (changed(properties__code=TOWN), "code_taken"),
    (changed(geometry=None), "geometry_missing"),
    (changed(geometry={"type": "Point", "coordinates": [104, 30]}), "geometry_not_polygon"),
    (changed(geometry={"type": "Polygon", "coordinates": []}), "coordinates_malformed"),
    (changed(geometry=ring_of(("a", 1), (2, 3), (4, 5), (6, 7))), "coordinates_malformed"),
    (changed(geometry=ring_of((1,), (2, 3), (4, 5), (6, 7))), "coordinates_malformed"),
    (changed(geometry=ring_of((104, 30), (float("nan"), 30), (104, 30))), "coordinates_not_finite"),
    (changed(geometry=ring_of((304, 30), (305, 30), (304, 30))), "coordinates_out_of_range"),
    (changed(geometry=ring_of((104, 30), (104.1, 30), (104, 30))), "ring_too_short"),
    (changed(geometry=ring_of((104, 30), (104.1, 30), (104, 31), (104, 32))), "ring_not_closed"),
    (changed(geometry=bow_tie()), "ring_invalid"),
]


@pytest.mark.parametrize(("found", "fault"), BROKEN, ids=lambda value: str(value)[:30])
def test_a_broken_feature_refuses_the_file_by_name(found, fault):
    reading = read_streets(found)
    assert fault in {each.fault for each in reading.faults}
    assert {each.feature for each in reading.faults} <= {0, 1}


SQUARE_M2 = 0.01 * 0.01 * 110_857 * 95_820  # at 30.6° N


def test_an_overlap_is_named_with_both_areas_and_its_size():
    reading = read_streets([street(LEFT, box(0, 0, 3, 2)), street(RIGHT, box(2, 0, 4, 2))])
    (fault,) = reading.faults
    assert (fault.feature, fault.area_code, fault.fault) == (0, LEFT, "overlap")
    assert fault.params["other"] == RIGHT
    assert fault.params["size_m2"] == pytest.approx(2 * SQUARE_M2, rel=0.01)


def test_the_same_ground_twice_is_an_overlap():
    known = above(Level.STREET)
    both = [street(LEFT, box(0, 0, 4, 2)), street(RIGHT, box(0, 0, 4, 2))]
    assert [each.fault for each in read_streets(both, known).faults] == ["overlap"]


def test_a_gap_is_named_by_its_parent():
    reading = read_streets([street(LEFT, box(0, 0, 2, 2)), street(RIGHT, box(3, 0, 4, 2))])
    (fault,) = reading.faults
    assert (fault.feature, fault.area_code, fault.fault) == (None, TOWN, "gap")
    assert fault.params["size_m2"] == pytest.approx(2 * SQUARE_M2, rel=0.01)


def test_a_stray_is_named_with_the_parent_it_leaves():
    reading = read_streets([street(LEFT, box(-1, 0, 2, 2)), street(RIGHT, box(2, 0, 4, 2))])
    (fault,) = reading.faults
    assert (fault.feature, fault.area_code, fault.fault) == (0, LEFT, "stray")
    assert fault.params["other"] == TOWN


def test_an_overlap_with_what_the_edition_holds_is_a_fault():
    known = above(Level.STREET)
    held = tuple(area for area in toy_map() if area.code == LEFT)
    levels = {**known.levels, LEFT: Level.STREET}
    reading = read_streets([street(RIGHT, box(1, 0, 4, 2))], Known(levels, held, known.parents))
    assert {each.fault for each in reading.faults} == {"overlap"}
    assert reading.faults[0].feature == 0


def test_what_is_under_a_square_metre_is_a_warning():
    thin = 2e-6 / 110_857 / 0.01  # in steps of the toy map: two microns, 4 km long
    reading = read_streets([street(LEFT, box(0, 0, 2, 2)), street(RIGHT, box(2, 0, 4, 2))])
    assert reading.warnings == ()
    lower = shapely.box(104.02, 30.6, 104.04, 30.62 - thin * 0.01)
    reading = read_streets([street(LEFT, box(0, 0, 2, 2)), street(RIGHT, lower)])
    assert reading.faults == ()
    assert [(each.area_code, each.fault) for each in reading.warnings] == [(TOWN, "gap")]


def test_a_code_of_unusual_length_is_a_warning():
    reading = read_streets([street("LEFT", box(0, 0, 2, 2)), street(RIGHT, box(2, 0, 4, 2))])
    assert reading.faults == ()
    assert [(each.feature, each.fault) for each in reading.warnings] == [(0, "code_length")]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "map_file_not_json"),
        (b"\xff\xfe\x00", "map_file_not_json"),
        (b"[" * 100_000, "map_file_not_json"),
        (b'"text"', "map_file_not_feature_collection"),
        (b'{"type": "Feature"}', "map_file_not_feature_collection"),
        (b'{"type": "FeatureCollection"}', "map_file_without_features"),
        (collection([]), "map_file_without_features"),
    ],
)
def test_what_is_no_map_file_is_refused_as_a_whole(data, fault):
    with pytest.raises(Invalid, match=fault):
        read_streets(data)


def test_a_huge_file_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(features, "MAX_BYTES", 100)
    with pytest.raises(TooLarge, match="map_file_too_large"):
        read_streets(STREETS)


@pytest.mark.parametrize(
    "name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490"]
)
def test_a_crs_that_means_the_same_is_taken(name):
    data = collection(STREETS, crs={"type": "name", "properties": {"name": name}})
    assert read_streets(data).faults == ()


@pytest.mark.parametrize(
    "crs", [{"properties": {"name": "EPSG:3857"}}, {"type": "link"}, "CGCS", 1]
)
def test_a_crs_that_names_another_is_refused(crs):
    with pytest.raises(Invalid, match="map_file_other_crs"):
        read_streets(collection(STREETS, crs=crs))


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_another_datum_is_turned_into_wgs84(datum):
    shifted = json.loads(json.dumps(STREETS))
    for each in shifted:
        for ring in each["geometry"]["coordinates"]:
            for pair in ring:
                lat, lon = from_wgs84(Point(pair[1], pair[0]), datum)
                pair[:] = [lon, lat]
    reading = read_streets(shifted, datum=datum)
    assert reading.faults == ()
    for area in reading.areas:
        same = next(each for each in toy_map() if each.code == area.code)
        assert shapely.hausdorff_distance(area.outline, same.outline) < 1e-7
