"""Broken map files: each refused with feature, reason and size; small flaws are warnings."""

import copy
import json

import pytest
import shapely

from civicprobe.errors import Invalid, TooLarge
from civicprobe.grid import geojson
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
    return read_level([data], Level.STREET, known or above(Level.STREET), city_code=CITY, **options)


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


def streets_of(left, right, **properties):
    """Two streets of these outlines; `properties` are further ones of the second."""
    found = [street(LEFT, left), street(RIGHT, right)]
    found[1]["properties"].update(properties)
    return found


def holed(*hole):
    """The first street with a hole."""
    ring = [list(pair) for pair in shapely.get_coordinates(box(0, 0, 2, 2)).tolist()]
    return {"type": "Polygon", "coordinates": [ring, [list(pair) for pair in hole]]}


L, R = box(0, 0, 2, 2), box(2, 0, 4, 2)
# What is wrong, the streets that have it, the feature and the fault that are named.
BROKEN = {
    "no feature": (changed(type="Thing"), 0, "feature_malformed"),
    "a feature that is text": ([*STREETS, "text"], 2, "feature_malformed"),
    "no properties": (changed(properties=None), 0, "properties_missing"),
    "no code": (changed(properties__code=""), 0, "code_missing"),
    "a code with a space": (changed(properties__code="5101 99"), 0, "code_malformed"),
    "a code too long": (changed(properties__code="5" * 33), 0, "code_malformed"),
    "no name": (changed(1, properties__name=None), 1, "name_missing"),
    "a name that cannot be shown": (changed(properties__name="街\u0000道"), 0, "name_malformed"),
    "a name too long": (changed(properties__name="街" * 101), 0, "name_malformed"),
    "no parent": (changed(properties__parent=True), 0, "parent_missing"),
    "an unknown parent": (changed(properties__parent="510198"), 0, "parent_unknown"),
    "a parent two levels up": (changed(1, properties__parent=CITY), 1, "parent_of_other_level"),
    "a code twice": (changed(properties__code=RIGHT), 1, "code_repeated"),
    "a code of another level": (changed(properties__code=TOWN), 0, "code_taken"),
    "no geometry": (changed(1, geometry=None), 1, "geometry_missing"),
    "a point": (
        changed(geometry={"type": "Point", "coordinates": [104, 30]}),
        0,
        "geometry_not_polygon",
    ),
    "no rings": (
        changed(geometry={"type": "Polygon", "coordinates": []}),
        0,
        "coordinates_malformed",
    ),
    "rings one level too flat": (
        changed(geometry={"type": "MultiPolygon", "coordinates": [[[104, 30], [104.1, 30]]]}),
        0,
        "coordinates_malformed",
    ),
    "words for numbers": (
        changed(geometry=ring_of(("a", 1), (2, 3), (4, 5), (6, 7))),
        0,
        "coordinates_malformed",
    ),
    "a pair cut short": (
        changed(geometry=ring_of((1,), (2, 3), (4, 5), (6, 7))),
        0,
        "coordinates_malformed",
    ),
    "not a number": (
        changed(geometry=ring_of((104, 30), (float("nan"), 30), (104, 31), (104, 30))),
        0,
        "coordinates_not_finite",
    ),
    "off the Earth": (
        changed(geometry=ring_of((304, 30), (305, 30), (304, 31), (304, 30))),
        0,
        "coordinates_out_of_range",
    ),
    "latitude first": (
        changed(geometry=ring_of((30, 104), (30, 105), (31, 104), (30, 104))),
        0,
        "coordinates_out_of_range",
    ),
    "three points": (
        changed(geometry=ring_of((104, 30), (104.1, 30), (104, 30))),
        0,
        "ring_too_short",
    ),
    "an open ring": (
        changed(geometry=ring_of((104, 30), (104.1, 30), (104, 31), (104, 32))),
        0,
        "ring_not_closed",
    ),
    "a bow tie": (changed(geometry=bow_tie()), 0, "ring_invalid"),
    "a hole outside": (
        changed(geometry=holed((105, 30), (105.1, 30), (105, 31), (105, 30))),
        0,
        "ring_invalid",
    ),
    "a line": (
        changed(geometry=ring_of((104, 30), (104.1, 30), (104.2, 30), (104, 30))),
        0,
        "ring_invalid",
    ),
    "an overlap": (streets_of(box(0, 0, 3, 2), R), 0, "overlap"),
    "the same ground twice": (streets_of(L, L), 0, "overlap"),
    "a gap": (streets_of(L, box(3, 0, 4, 2)), 0, "gap"),
    "a hole nobody fills": (
        changed(
            geometry=holed(
                (104.005, 30.605), (104.006, 30.605), (104.006, 30.606), (104.005, 30.605)
            )
        ),
        0,
        "gap",
    ),
    "a stray": (streets_of(box(-1, 0, 2, 2), R), 0, "stray"),
    "latitude and longitude of another town": (
        streets_of(box(10, 0, 12, 2), box(12, 0, 14, 2)),
        0,
        "stray",
    ),
    "a successor of nothing readable": (streets_of(L, R, replaces=[7.5]), 1, "replaces_malformed"),
    "a successor of an area that is there": (
        streets_of(L, R, replaces=LEFT),
        1,
        "replaced_present",
    ),
    "two successors": (changed(properties__replaces=["A", "A"]), 0, "replaced_twice"),
}


@pytest.mark.parametrize(("found", "number", "fault"), BROKEN.values(), ids=BROKEN)
def test_a_broken_feature_refuses_the_file_by_name(found, number, fault):
    reading = read_streets(found)
    assert (number, fault) in {(each.feature, each.fault) for each in reading.faults}


@pytest.mark.parametrize("kind", ["overlap", "gap", "stray"])
def test_what_lies_wrong_is_named_with_its_size_and_a_place(kind):
    found = next(found for found, _, fault in BROKEN.values() if fault == kind)
    fault = next(each for each in read_streets(found).faults if each.fault == kind)
    assert fault.params["size_m2"] == pytest.approx(2 * SQUARE_M2, rel=0.01)
    lon, lat = fault.params["lonlat"]
    assert shapely.intersects_xy(box(-1, 0, 4, 2), lon, lat)


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
    assert (fault.feature, fault.area_code, fault.fault) == (0, TOWN, "gap")
    assert fault.params["other"] == LEFT
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


NO_MAP = {
    "nothing": (b"", "map_file_not_json"),
    "another encoding": (b"\xff\xfe\x00", "map_file_not_json"),
    "brackets without end": (b"[" * 100_000, "map_file_not_json"),
    "a file cut short": (collection(STREETS)[:-40], "map_file_not_json"),
    "a file cut between two features": (collection(STREETS)[:-2], "map_file_not_json"),
    "two files in one": (collection(STREETS) * 2, "map_file_not_json"),
    "a number of 5,000 digits": (
        collection(STREETS).replace(b"104.0,", b"1" * 5_000 + b",", 1),
        "map_file_not_json",
    ),
    "text": (b'"text"', "map_file_not_feature_collection"),
    "one feature": (b'{"type": "Feature"}', "map_file_not_feature_collection"),
    "no list of features": (b'{"type": "FeatureCollection"}', "map_file_without_features"),
    "no features": (collection([]), "map_file_without_features"),
    "another datum": (
        collection(STREETS, crs={"type": "name", "properties": {"name": "EPSG:3857"}}),
        "map_file_other_crs",
    ),
}


@pytest.mark.parametrize(("data", "fault"), NO_MAP.values(), ids=NO_MAP)
def test_what_is_no_map_file_is_refused_as_a_whole(data, fault):
    with pytest.raises(Invalid, match=fault):
        read_streets(data)


def test_where_a_file_breaks_off_is_told_by_feature():
    with pytest.raises(Invalid) as refused:
        read_streets(collection(STREETS)[:-40])
    assert refused.value.params == {"feature": 1}


def test_a_huge_file_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(geojson, "MAX_BYTES", 100)
    with pytest.raises(TooLarge, match="map_file_too_large"):
        read_streets(STREETS)


@pytest.mark.parametrize(
    "name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490"]
)
def test_a_crs_that_means_the_same_is_taken(name):
    data = collection(STREETS, crs={"type": "name", "properties": {"name": name}})
    assert read_streets(data).faults == ()


@pytest.mark.parametrize(
    ("datum", "name"),
    [(Datum.GCJ02, "urn:ogc:def:crs:OGC:1.3:CRS84"), (Datum.GCJ02, "BD09"), (Datum.BD09, "GCJ02")],
)
def test_a_crs_against_the_datum_that_was_said_is_refused(datum, name):
    with pytest.raises(Invalid, match="map_file_other_crs"):
        read_streets(collection(STREETS, crs={"properties": {"name": name}}), datum=datum)


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
