"""The index against a search through every polygon, and its answers on borders and outside."""

import numpy as np
import pytest
import shapely

from bench.brute import disagreements, sample
from civicprobe.grid.areas import TILING, AreaShape, Level
from civicprobe.grid.coords import Point, degree_lengths_m, distance_m
from civicprobe.grid.locator import MAX_RADIUS_M, Locator
from tests.unit.grid.conftest import LEFT, RIGHT, TOWN, toy_map


def points_inside(areas, count, seed):
    outline = next(area.outline for area in areas if area.code == "510113")
    west, south, east, north = outline.bounds
    tries = np.random.default_rng(seed).uniform((west, south), (east, north), (3 * count, 2))
    held = tries[shapely.contains_xy(outline, tries[:, 0], tries[:, 1])][:count]
    return [Point(lat, lon) for lon, lat in held.tolist()]


def test_every_level_agrees_with_brute_force(district_areas, district_map):
    """Points anywhere, corners and edge midpoints; `make bench` does it for the whole city."""
    points = list(sample(district_areas, 250, seed=1))
    assert list(disagreements(district_areas, district_map, points)) == []
    inside = [point for point in points if district_map.locate(point).inside]
    assert len(inside) > 600
    on_border = [point for point in inside if district_map.locate(point).on_border]
    assert len(on_border) >= 500


def test_the_search_itself_sees_a_wrong_answer(district_areas):
    """An index that lost one street is found out: the check can fail."""
    street = next(area.code for area in district_areas if area.level is Level.STREET)
    lost = [area for area in district_areas if not area.code.startswith(street)]
    points = list(sample(district_areas, 100, seed=1))
    assert list(disagreements(district_areas, Locator.build(lost), points))


def test_every_divided_point_has_all_levels(district_areas, district_map):
    for point in points_inside(district_areas, 50, seed=1):
        assert [area.level for area in district_map.locate(point).chain] == list(reversed(TILING))


def border_points(areas, count):
    """Shared corners and edge midpoints of micro grids, as `(point, is_corner)`."""
    rng = np.random.default_rng(2)
    micros = [area.outline for area in areas if area.level is Level.MICRO]
    for number in rng.integers(len(micros), size=count):
        ring = shapely.get_coordinates(micros[number])
        at = int(rng.integers(len(ring) - 1))
        yield Point(float(ring[at][1]), float(ring[at][0])), True
        lon, lat = (ring[at] + ring[at + 1]) / 2
        yield Point(float(lat), float(lon)), False


def test_a_border_always_has_a_holder_and_the_lowest_code_wins(district_areas, district_map):
    leaves = [area for area in district_areas if area.level is Level.MICRO]
    tree = shapely.STRtree([area.outline for area in leaves])
    for point, is_corner in border_points(district_areas, 400):
        located = district_map.locate(point)
        hits = tree.query(shapely.Point(point.lon, point.lat), predicate="intersects")
        assert located.inside
        assert located.on_border
        if is_corner:
            assert hits.size >= 1
        if hits.size and located.at(Level.MICRO):  # else a neighbouring district's code is lower
            assert located.chain[0].code == min(leaves[hit].code for hit in hits)


def test_a_corner_of_four_squares_goes_to_the_lowest_code():
    located = Locator.build(toy_map()).locate(Point(30.61, 104.01))
    assert located.chain[0].code == f"{LEFT}001001001"
    assert located.on_border
    assert located.border_m == 0
    assert [each.area.code[-3:] for each in located.candidates] == ["001", "002", "003", "004"]


def test_a_border_between_streets_is_decided_from_the_bottom():
    located = Locator.build(toy_map()).locate(Point(30.605, 104.02))
    assert located.codes[Level.STREET] == LEFT
    assert located.codes[Level.MICRO].startswith(LEFT)


def test_distances_are_true_metres():
    located = Locator.build(toy_map()).locate(Point(30.605, 104.0098), 60.0)
    away = distance_m(Point(30.605, 104.0098), Point(30.605, 104.01))
    assert located.border_m == pytest.approx(away, abs=0.01)
    assert [round(each.distance_m, 2) for each in located.candidates] == [0, round(away, 2)]
    assert not located.on_border


@pytest.mark.parametrize("radius_m", [5.0, 30.0, 120.0])
def test_candidates_are_all_grids_within_the_radius(district_areas, district_map, radius_m):
    micros = [area for area in district_areas if area.level is Level.MICRO]
    for point in points_inside(district_areas, 25, seed=3):
        ring = _circle(point, radius_m)
        sure = {area.code for area in micros if shapely.intersects(area.outline, ring)}
        found = district_map.locate(point, radius_m).candidates
        codes = {each.area.code for each in found if each.area.level is Level.MICRO}
        near = {each.area.code for each in found if each.distance_m > radius_m * 0.999}
        assert codes - near == sure - near
        assert all(each.distance_m <= radius_m for each in found)
        assert [each.distance_m for each in found] == sorted(each.distance_m for each in found)


def test_shares_of_the_circle_make_a_whole(district_areas, district_map):
    for point in points_inside(district_areas, 40, seed=5):
        found = district_map.locate(point, 60.0)
        ring = _circle(point, 60.0)
        assert sum(each.share for each in found.candidates) == pytest.approx(1, abs=1e-6)
        for each in found.candidates:
            outline = next(area.outline for area in district_areas if area.code == each.area.code)
            cut = shapely.intersection(outline, ring).area / ring.area
            assert each.share == pytest.approx(cut, abs=1e-3)


def test_shares_add_up_on_every_level(district_areas, district_map):
    point = Point(30.8846, 104.2517)
    found = district_map.locate(point, 400.0)
    for level in TILING:
        at_level = found.candidates_at(level)
        assert sum(each.share for each in at_level) == pytest.approx(1, abs=1e-6)
        assert at_level[0].area == found.at(level)
        assert len({each.area.code for each in at_level}) == len(at_level)
        assert [each.distance_m for each in at_level] == sorted(e.distance_m for e in at_level)
    assert len(found.candidates_at(Level.GENERAL)) < len(found.candidates_at(Level.MICRO))
    assert found.candidates_at(Level.DEDICATED) == ()


def test_without_a_radius_a_corner_is_shared_evenly():
    located = Locator.build(toy_map()).locate(Point(30.61, 104.01))
    assert [each.share for each in located.candidates] == pytest.approx([0.25] * 4)
    assert Locator.build(toy_map()).locate(Point(30.605, 104.005)).candidates[0].share == 1


def test_a_circle_over_the_edge_of_the_map_is_not_whole():
    index = Locator.build(toy_map())
    inside = index.locate(Point(30.605, 104.0), 30.0)
    assert inside.candidates[0].share == pytest.approx(0.5, abs=1e-9)
    outside = index.locate(Point(30.605, 103.9999), 30.0, nearest_limit_m=500)
    assert 0 < outside.candidates[0].share < 0.5
    assert outside.nearest == outside.candidates[0]


def _circle(point, radius_m):
    north, east = degree_lengths_m(point.lat)
    turns = np.linspace(0, 2 * np.pi, 360)
    return shapely.Polygon(
        np.column_stack(
            [
                point.lon + radius_m * np.cos(turns) / east,
                point.lat + radius_m * np.sin(turns) / north,
            ]
        )
    )


def test_outside_names_the_nearest_within_the_limit_and_assumes_nothing():
    index = Locator.build(toy_map())
    located = index.locate(Point(30.605, 103.9995), nearest_limit_m=150)
    assert not located.inside
    assert located.chain == ()
    assert located.nearest is not None
    assert located.nearest.area.code == f"{LEFT}001001001"
    assert located.nearest.distance_m == pytest.approx(47.9, abs=0.2)
    assert located.nearest_chain[-1].code == TOWN


def test_outside_beyond_the_limit_is_nowhere():
    located = Locator.build(toy_map()).locate(Point(30.605, 103.99), nearest_limit_m=150)
    assert not located.inside
    assert located.nearest is None
    assert located.candidates == ()


def test_a_seam_narrower_than_a_centimetre_belongs_to_the_lowest_code():
    areas = [area for area in toy_map() if area.level is not Level.MICRO]
    general = f"{LEFT}001001"
    for number, (low, high) in enumerate([(104.0, 104.01), (104.01000005, 104.02)], start=1):
        square = shapely.box(low, 30.6, high, 30.62)
        areas.append(AreaShape(Level.MICRO, f"{general}00{number}", "窄缝", general, square))
    located = Locator.build(areas).locate(Point(30.61, 104.010000025))
    assert located.codes[Level.MICRO] == f"{general}001"
    assert located.on_border


def test_an_undivided_district_is_found_as_itself(district_map):
    located = district_map.locate(Point(30.60, 104.08))
    assert [area.level for area in located.chain] == [Level.DISTRICT]
    assert located.inside


def test_a_dedicated_grid_lies_over_the_micro_grid():
    mall = AreaShape(
        Level.DEDICATED,
        "MALL-1",
        "某商场",
        f"{RIGHT}001",
        shapely.box(104.021, 30.601, 104.03, 30.612),
    )
    index = Locator.build([*toy_map(), mall])
    located = index.locate(Point(30.605, 104.025))
    assert located.dedicated is not None
    assert located.dedicated.code == "MALL-1"
    assert located.chain[0].code == f"{RIGHT}001001001"
    assert index.locate(Point(30.615, 104.025)).dedicated is None


def test_a_file_gives_back_the_same_index(district_areas, district_map, tmp_path):
    path = tmp_path / "editions" / "1.npz"
    Locator.save(district_areas, path)
    loaded = Locator.load(path)
    assert len(loaded) == len(district_areas)
    for point in points_inside(district_areas, 20, seed=4):
        assert loaded.locate(point, 50.0) == district_map.locate(point, 50.0)
    assert [each.name for each in path.parent.iterdir()] == ["1.npz"]


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, format=np.array([99]))
    with pytest.raises(ValueError, match="not a map"):
        Locator.load(path)


def test_codes_are_looked_up_without_a_point():
    index = Locator.build(toy_map())
    assert [area.code for area in index.chain_of(LEFT)] == [LEFT, TOWN]
    assert index.find(RIGHT) is not None
    assert index.find("nowhere") is None
    assert index.chain_of("nowhere") == ()


def test_a_huge_radius_is_cut_to_what_can_be_shown():
    located = Locator.build(toy_map()).locate(Point(30.605, 104.005), 90_000.0)
    assert located.radius_m == MAX_RADIUS_M
    assert all(each.distance_m <= MAX_RADIUS_M for each in located.candidates)
