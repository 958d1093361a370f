"""Flaws between areas, with their size in true square metres."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from civicprobe.grid import topology
from civicprobe.grid.areas import AreaShape, Level
from civicprobe.grid.topology import Flaw, area_m2, find_flaws
from tests.unit.grid.conftest import LEFT, RIGHT, TOWN, box, toy_map


def street(code, outline):
    return AreaShape(Level.STREET, code, "某街道", TOWN, outline)


WHOLE = {TOWN: box(0, 0, 4, 2)}


def test_an_area_has_its_true_size():
    """A cell of 0.01° by 0.01° at 30.6° N is 1,108.6 m by 958.8 m."""
    assert area_m2(shapely.box(104.0, 30.6, 104.01, 30.61)) == pytest.approx(1_062_900, rel=1e-3)
    assert area_m2(shapely.Polygon()) == 0


@pytest.mark.parametrize("level", [Level.STREET, Level.COMMUNITY, Level.GENERAL, Level.MICRO])
def test_the_toy_map_has_no_flaw(level):
    areas = [area for area in toy_map() if area.level is level]
    parents = {area.code: area.outline for area in toy_map()}
    assert list(find_flaws(level, areas, parents)) == []


def test_each_flaw_is_named_once():
    areas = [street(LEFT, box(-1, 0, 2, 2)), street(RIGHT, box(1, 0, 3, 2))]
    flaws = list(find_flaws(Level.STREET, areas, WHOLE))
    assert [(flaw.kind, flaw.code, flaw.other) for flaw in flaws] == [
        ("overlap", LEFT, RIGHT),
        ("gap", TOWN, RIGHT),
        ("stray", LEFT, TOWN),
    ]
    assert all(flaw.size_m2 == pytest.approx(2 * 1_062_900, rel=2e-3) for flaw in flaws)


def test_dedicated_grids_may_overlap_and_leave_gaps_but_not_stray():
    malls = [
        AreaShape(Level.DEDICATED, "MALL-1", "某商场", TOWN, box(0, 0, 2, 1)),
        AreaShape(Level.DEDICATED, "MALL-2", "某学校", TOWN, box(1, 0, 2, 1)),
    ]
    assert list(find_flaws(Level.DEDICATED, malls, WHOLE)) == []
    astray = AreaShape(Level.DEDICATED, "MALL-3", "某工地", TOWN, box(3, 1, 5, 2))
    (flaw,) = find_flaws(Level.DEDICATED, [*malls, astray], WHOLE)
    assert isinstance(flaw, Flaw)
    assert (flaw.kind, flaw.code) == ("stray", "MALL-3")


def test_a_hole_filled_by_a_neighbour_is_no_flaw():
    ring = shapely.difference(box(0, 0, 4, 2), box(1, 0.5, 2, 1.5))
    areas = [street(LEFT, ring), street(RIGHT, box(1, 0.5, 2, 1.5))]
    assert list(find_flaws(Level.STREET, areas, WHOLE)) == []


@pytest.mark.parametrize("level", [Level.STREET, Level.COMMUNITY, Level.GENERAL, Level.MICRO])
def test_a_whole_district_has_no_flaw_until_one_corner_moves(district_areas, level):
    areas = [area for area in district_areas if area.level is level]
    parents = {area.code: area.outline for area in district_areas}
    assert list(find_flaws(level, areas, parents)) == []
    victim = areas[len(areas) // 2]
    ring = shapely.get_coordinates(victim.outline)
    middle = shapely.get_coordinates(shapely.centroid(victim.outline))[0]
    corner = ring[0]

    def nudged(pairs):
        return np.where((pairs == corner).all(axis=1)[:, None], pairs + (middle - pairs) / 5, pairs)

    areas[len(areas) // 2] = replace(victim, outline=shapely.transform(victim.outline, nudged))
    flaws = list(find_flaws(level, areas, parents))
    assert flaws
    assert {victim.code, victim.parent} & {
        name for each in flaws for name in (each.code, each.other)
    }


def test_copies_of_one_area_end_the_list(monkeypatch):
    monkeypatch.setattr(topology, "MOST_OVERLAPS", 20)
    copies = [street(f"5101990{number:02d}", box(0, 0, 4, 2)) for number in range(60)]
    flaws = list(find_flaws(Level.STREET, copies, {}))
    assert len(flaws) == 20
    assert len({(each.code, each.other) for each in flaws}) == 20
