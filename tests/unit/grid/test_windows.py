"""What a window shows: as fine as fits, only what it touches, each area a path around its spot."""

import re

import pytest
import shapely

from civicprobe.grid.areas import Level
from civicprobe.grid.coords import Datum, Point, distance_m, from_wgs84
from civicprobe.grid.locator import Locator
from civicprobe.grid.tiles import tiles_of
from civicprobe.grid.windows import HEIGHT, MOST_SHAPES, Frame, frame_of, look
from tests.unit.grid.conftest import LEFT, TOWN, toy_map

MIDDLE = Point(30.8846, 104.2517)


def outline(frame, path):
    """A path read back: polygons in metres."""
    rings = []
    for ring in path.split("M")[1:]:
        head, _, tail = ring.rstrip("z").partition("l")
        x, y = map(float, head.split())
        places = [(x, y)]
        for dx, dy in re.findall(r"(-?[\d.]+) (-?[\d.]+)", tail):
            x, y = x + float(dx), y + float(dy)
            places.append((x, y))
        rings.append(shapely.Polygon(places))
    return shapely.union_all(rings)


@pytest.mark.parametrize("span_m", [200.0, 2_000.0, 8_000.0, 40_000.0, 400_000.0])
def test_a_window_never_shows_more_than_can_be_seen(district_map, span_m):
    window = look(district_map, Frame(MIDDLE, span_m))
    assert 0 < len(window.shapes) <= MOST_SHAPES
    box = shapely.box(*window.frame.box)
    for shape in window.shapes:
        assert district_map.bounds_of(shape.area.code)
        assert shapely.box(*district_map.bounds_of(shape.area.code)).intersects(box)


def test_the_nearer_the_finer(district_map):
    spans = (400_000.0, 15_000.0, 1_000.0)
    levels = [look(district_map, Frame(MIDDLE, span)).level for span in spans]
    assert levels == [Level.COMMUNITY, Level.GENERAL, Level.MICRO]


def test_the_finest_shapes_are_the_true_ones(district_areas, district_map):
    frame = Frame(MIDDLE, 800.0)
    window = look(district_map, frame)
    true = {area.code: area.outline for area in district_areas}
    for shape in window.shapes:
        drawn = outline(frame, shape.path)
        x, y = frame.metres(shape.spot)
        assert drawn.covers(shapely.Point(x, y))
        assert true[shape.area.code].covers(shapely.Point(shape.spot.lon, shape.spot.lat))
        assert len(drawn.exterior.coords) >= len(true[shape.area.code].exterior.coords) - 3
    below = {shape.area.code[:15] for shape in window.shapes if len(shape.area.code) == 18}
    assert {shape.area.code for shape in window.above} == below


def test_simplified_shapes_still_share_their_borders(district_map):
    layer = district_map.drawn(Level.COMMUNITY)
    assert shapely.coverage_is_valid(layer.parts)
    assert len(set(layer.rows.tolist())) == 83 + 19  # the other districts are not divided


def test_names_do_not_cover_each_other(district_map):
    window = look(district_map, Frame(MIDDLE, 1_500.0))
    assert any(label.is_above for label in window.labels)
    assert "6号微网格" in {label.text for label in window.labels}, "what the grid above says is cut"
    assert any(label.wide_only for label in window.labels)
    places = [(label.x, label.y) for label in window.labels]
    assert all(abs(x) < 750 and abs(y) < 750 * HEIGHT for x, y in places)


def test_an_area_is_framed_whole(district_map):
    west, south, east, north = frame_of(district_map, "510113").box
    bounds = district_map.bounds_of("510113")
    assert west < bounds[0] < bounds[2] < east
    assert south < bounds[1] < bounds[3] < north
    assert frame_of(district_map, "nowhere") == frame_of(district_map, None)


def test_a_frame_moves_by_parts_of_itself():
    frame = Frame(Point(30.6, 104.0), 1_000.0)
    east = frame.moved(0.5, 0)
    assert distance_m(frame.middle, east.middle) == pytest.approx(500, abs=1)
    assert frame.moved(0, 0, 2.0).span_m == 2_000
    assert frame.moved(0, 0, 1e-9).span_m == 100
    assert frame.moved(0, 0, 1e9).span_m == 400_000


def test_a_map_without_divisions_can_be_looked_at():
    town = [area for area in toy_map() if area.code == TOWN]
    window = look(Locator.build(town), Frame(Point(30.61, 104.02), 9_000.0))
    assert [shape.area.code for shape in window.shapes] == [TOWN]
    assert window.above == ()


def test_micro_grids_of_an_area_are_counted():
    index = Locator.build(toy_map())
    assert len(index.micros_under(LEFT)) == 4
    assert len(index.micros_under(None)) == 8
    assert len(index.micros_under("nowhere")) == 0
    assert [index.label(row).code for row in index.rows_of([TOWN, "nowhere"])] == [TOWN]


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.GCJ02])
def test_tiles_cover_the_window_in_their_own_datum(datum):
    frame = Frame(MIDDLE, 1_500.0)
    tiles = tiles_of(frame, "https://{s}.tiles.example/{z}/{x}/{y}.png", datum)
    left, right = min(t.x for t in tiles), max(t.x + t.width for t in tiles)
    top, low = min(t.y for t in tiles), max(t.y + t.height for t in tiles)
    assert left <= -750
    assert right >= 750
    assert top <= -750 * HEIGHT
    assert low >= 750 * HEIGHT
    assert len(tiles) <= 48
    assert len({tile.url for tile in tiles}) == len(tiles)


def test_tiles_of_another_datum_lie_where_the_point_is():
    """The tile that holds a point's GCJ-02 place is drawn over the point itself."""
    frame = Frame(MIDDLE, 1_500.0)
    lat, lon = from_wgs84(MIDDLE, Datum.GCJ02)
    there = tiles_of(Frame(Point(lat, lon), 1_500.0), "{z}/{x}/{y}", Datum.WGS84)
    here = tiles_of(frame, "{z}/{x}/{y}", Datum.GCJ02)
    place = {tile.url: tile for tile in here}
    assert len(here) == len(there)
    for tile in there:
        assert place[tile.url].x == pytest.approx(tile.x, abs=2)
        assert place[tile.url].y == pytest.approx(tile.y, abs=2)


def test_without_a_template_there_are_no_tiles():
    assert tiles_of(Frame(MIDDLE, 1_500.0), "", Datum.WGS84) == ()
