"""Words find the place that is meant, by sight or by sound, or none."""

import csv
from pathlib import Path

import pytest

from civicprobe.grid.areas import Level
from civicprobe.grid.coords import Point, distance_m
from civicprobe.grid.landmarks import Landmarks, Place, bounds_of, named_areas, read_places
from civicprobe.grid.mapfile import compile_areas
from tests.unit.grid.conftest import SIDE, SOUTH, WEST, toy_map

DATA = Path(__file__).parents[3] / "civicprobe" / "grid" / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def chengdu() -> Landmarks:
    """All names of the real city; where they are does not matter here."""
    districts = {row["code"]: row["name"] for row in rows("chengdu_areas_2023.csv")}
    streets = {row["code"]: row for row in rows("chengdu_streets_2023.csv")}
    spot = Point(30.66, 104.06)
    found = [Place(name, spot, 9_000.0, code) for code, name in districts.items()]
    for code, row in streets.items():
        found.append(Place(row["name"], spot, 900.0, code, (districts[row["areaCode"]],)))
    for row in rows("chengdu_villages_2023.csv"):
        street = streets[row["streetCode"]]
        above = (street["name"], districts[street["areaCode"]])
        found.append(Place(row["name"], spot, 400.0, row["code"], above))
    found.append(Place("天府广场", Point(30.6598, 104.0633), 200.0))
    return Landmarks(found)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("春熙路", "春熙路街道"),
        ("春熙路口，全家便利店门口", "春熙路街道"),
        ("春西路口全家便利店", "春熙路街道"),
        ("chunxilu", "春熙路街道"),
        ("红牌楼", "红牌楼街道"),
        ("红排楼那边", "红牌楼街道"),
        ("hongpailou", "红牌楼街道"),
        ("随井坊", "水井坊社区居委会"),
        ("成都市锦江区春熙路街道总府路", "总府路社区居委会"),
        ("武侯区红牌楼街道", "红牌楼街道"),
        ("金牛区九里堤 全家便利店", "九里堤街道"),
        ("天府广场东边出口", "天府广场"),
    ],
)
def test_what_is_meant_is_found(chengdu, words, name):
    found = chengdu.find(words)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "words",
    [
        "",
        "x",
        "路",
        "今天下雨路上有个坑",
        "科华北路与一环路路口",
        "广场社区",
        "我的电瓶车坏了",
        "12345",
        "!!",
    ],
)
def test_what_may_be_anywhere_is_no_place(chengdu, words):
    assert chengdu.find(words) is None


@pytest.mark.parametrize(
    ("words", "name"),
    [("hongpailuo", "红牌楼街道"), ("chunxi", "春熙路街道"), ("玉林", "玉林街道")],
)
def test_a_slip_of_the_finger_is_still_suggested(chengdu, words, name):
    found = chengdu.search(words)
    assert name in [match.place.name for match in found]
    assert [match.score for match in found] == sorted((m.score for m in found), reverse=True)
    assert len(found) <= 8


def test_a_name_that_occurs_twice_needs_its_street(chengdu):
    twice = Landmarks(
        [
            Place("东坡社区", Point(30.6, 104.0), 300.0, "1", ("光华街道", "青羊区")),
            Place("东坡社区", Point(30.9, 104.3), 300.0, "2", ("新都街道", "新都区")),
        ]
    )
    assert twice.find("东坡社区") is None
    found = twice.find("青羊区光华街道东坡社区门口")
    assert found is not None
    assert found.code == "1"


def test_the_areas_of_a_map_have_circles_around_them():
    arrays = compile_areas(toy_map())
    places = {place.code: place for place in named_areas(arrays)}
    levels = {Level.DISTRICT, Level.STREET, Level.COMMUNITY}
    areas = list(toy_map())
    assert set(places) == {area.code for area in areas if area.level in levels}
    for area in areas:
        if area.level in levels:
            place = places[area.code]
            west, south, east, north = area.outline.bounds
            corners = [Point(lat, lon) for lat in (south, north) for lon in (west, east)]
            assert max(distance_m(place.point, at) for at in corners) <= place.radius_m * 1.001
            assert len(place.above) == {9: 1, 12: 2}.get(len(area.code), 0)
    bounds = bounds_of(arrays)
    assert bounds is not None
    assert bounds[:2] == pytest.approx((SOUTH, WEST))
    assert bounds[2] > SOUTH + SIDE


def test_an_empty_map_has_no_names():
    arrays = compile_areas([])
    assert named_areas(arrays) == []
    assert bounds_of(arrays) is None
    assert Landmarks().search("春熙路") == []


def test_a_citys_own_list_is_read():
    text = "\ufeffname,lat,lon,radius_m\n太古里,30.655,104.083,250\n春熙路地铁站,30.657,104.079,\n"
    first, second = read_places(text)
    assert (first.name, first.radius_m) == ("太古里", 250.0)
    assert second.radius_m == 150.0
    found = Landmarks([first, second]).find("太古里门口")
    assert found is not None
    assert found.point == Point(30.655, 104.083)


@pytest.mark.parametrize(
    "line",
    [
        "x,30,104,100",
        "太古里,91,104,100",
        "太古里,nan,104,100",
        "太古里,30,104,0",
        "太古里,,104,1",
        "太古里",
    ],
)
def test_a_line_at_fault_is_named(line):
    with pytest.raises(ValueError, match="line 3"):
        read_places(f"name,lat,lon,radius_m\n天府广场,30.66,104.06,200\n{line}\n")
