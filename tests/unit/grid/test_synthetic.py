"""The made-up map: nested, without gaps, marked as synthetic, the same for the same seed."""

from collections import Counter

import numpy as np
import pytest
import shapely

from civicprobe.errors import NotFound
from civicprobe.grid import chengdu
from civicprobe.grid.areas import CODE_LENGTH, PARENT_LEVEL, TILING, Level
from civicprobe.grid.importer import Known, read_level
from civicprobe.grid.synthetic import synthesize
from tests.unit.grid.conftest import collection, feature


def outlines(areas, level):
    return np.array([area.outline for area in areas if area.level is level], dtype=object)


def test_the_real_names_are_all_there():
    assert len(chengdu.districts()) == 20
    assert sum(map(len, chengdu.streets().values())) == 261
    assert sum(map(len, chengdu.communities().values())) == 3047
    assert shapely.coverage_is_valid([area.outline for area in chengdu.districts()])


def test_a_district_has_its_real_streets_and_communities(district_areas):
    counts = Counter(area.level for area in district_areas)
    assert counts[Level.DISTRICT] == 20
    assert counts[Level.STREET] == 7
    assert counts[Level.COMMUNITY] == 83
    names = {area.code: area.name for area in district_areas}
    assert names["510113"] == "青白江区"
    for code, name in chengdu.streets()["510113"]:
        assert names[code] == name


def test_there_are_as_many_grids_as_in_life(district_areas):
    counts = Counter(area.level for area in district_areas)
    assert counts[Level.GENERAL] / counts[Level.COMMUNITY] == pytest.approx(4.6, abs=0.6)
    assert counts[Level.MICRO] / counts[Level.GENERAL] == pytest.approx(9.0, abs=0.2)


@pytest.mark.parametrize("level", TILING)
def test_borders_of_a_level_are_identical_on_both_sides(district_areas, level):
    shapes = outlines(district_areas, level)
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)


def test_every_area_is_the_exact_union_of_its_children(district_areas):
    children: dict[str, list] = {}
    for area in district_areas:
        if area.level is not Level.DEDICATED:
            children.setdefault(area.parent, []).append(area)
    for area in district_areas:
        if area.code in children:
            below = [child.outline for child in children[area.code]]
            assert {PARENT_LEVEL[child.level] for child in children[area.code]} == {area.level}
            whole = shapely.coverage_union_all(below)
            assert shapely.equals(whole, area.outline)
            assert shapely.area(below).sum() == pytest.approx(area.outline.area, rel=1e-9)


def test_some_areas_lie_apart_or_hold_a_piece_of_another(district_areas):
    for level in (Level.STREET, Level.COMMUNITY):
        parts, whole = shapely.get_parts(outlines(district_areas, level), return_index=True)
        assert max(Counter(whole.tolist()).values()) > 1
        assert shapely.get_num_interior_rings(parts).sum() > 0


def test_dedicated_grids_lie_within_their_community_and_over_its_grids(district_areas):
    named = {area.code: area for area in district_areas}
    dedicated = [area for area in district_areas if area.level is Level.DEDICATED]
    micros = shapely.STRtree(outlines(district_areas, Level.MICRO))
    assert len(dedicated) == 40
    for area in dedicated:
        assert named[area.parent].outline.covers(area.outline)
    spread = [len(micros.query(area.outline, predicate="intersects")) for area in dedicated]
    assert max(spread) > 1


def test_the_made_up_map_passes_our_own_import(district_areas):
    known = {area.code: area.level for area in district_areas if area.level in TILING}
    parents = [area for area in district_areas if area.level is Level.COMMUNITY]
    dedicated = [area for area in district_areas if area.level is Level.DEDICATED]
    data = collection([feature(area) for area in dedicated])
    held = Known(known, (), tuple(parents))
    reading = read_level([data], Level.DEDICATED, held, city_code="510100")
    assert (len(reading.areas), reading.faults, reading.warnings) == (40, (), ())


def test_districts_keep_their_real_outlines(district_areas):
    real = {area.code: area.outline for area in chengdu.districts()}
    for area in district_areas:
        if area.level is Level.DISTRICT:
            differing = shapely.symmetric_difference(area.outline, real[area.code])
            assert shapely.hausdorff_distance(area.outline, real[area.code]) < 2e-7
            assert differing.area / area.outline.area < 1e-6


def test_what_is_made_up_says_so_and_codes_nest(district_areas):
    for area in district_areas:
        assert area.synthetic is (area.level is not Level.DISTRICT)
        assert len(area.code) == CODE_LENGTH[area.level]
        if area.level is not Level.DISTRICT:
            assert area.code.startswith(area.parent)
    assert len({area.code for area in district_areas}) == len(district_areas)


def test_the_same_seed_makes_the_same_map(district_areas):
    again = list(synthesize("510113", 7))
    assert [area.code for area in again] == [area.code for area in district_areas]
    assert [shapely.to_wkb(area.outline) for area in again] == [
        shapely.to_wkb(area.outline) for area in district_areas
    ]


def test_another_seed_makes_another_map(district_areas):
    other = outlines(synthesize("510113", 8), Level.STREET)
    assert not shapely.equals(other, outlines(district_areas, Level.STREET)).any()


def test_parents_come_first_and_progress_is_told():
    seen: set[str] = {"510100"}
    told: list[tuple[int, int]] = []
    for area in synthesize("510104", 3, lambda done, of: told.append((done, of))):
        assert area.parent in seen
        seen.add(area.code)
    assert told == [(1, 4), (3, 4), (4, 4)]


def test_an_unknown_district_is_refused():
    with pytest.raises(NotFound, match="no_district"):
        list(synthesize("510199", 7))


@pytest.mark.slow
def test_the_whole_city_is_one_coverage():
    areas = list(synthesize("all", 7))
    counts = Counter(area.level for area in areas)
    assert counts[Level.STREET] == 261
    assert counts[Level.COMMUNITY] == 3047
    assert counts[Level.GENERAL] == pytest.approx(14_000, rel=0.02)
    assert counts[Level.MICRO] == pytest.approx(126_000, rel=0.02)
    assert counts[Level.DEDICATED] > 1_000
    for level in TILING:
        assert shapely.coverage_is_valid(outlines(areas, level))
