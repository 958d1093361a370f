"""Many points at once, by the tree and by the raster: the same answers as one by one."""

import numpy as np
import pytest
import shapely

from civicprobe.grid.areas import Level
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Locator
from tests.unit.grid.conftest import toy_map


def spots(areas, count, seed):
    """Corners, middles of edges and points anywhere around, as rows of longitude and latitude."""
    dice = np.random.default_rng(seed)
    micros = [area.outline for area in areas if area.level is Level.MICRO]
    rings = [shapely.get_coordinates(micros[at]) for at in dice.integers(len(micros), size=count)]
    corners = np.array([ring[0] for ring in rings])
    middles = np.array([(ring[0] + ring[1]) / 2 for ring in rings])
    west, south, east, north = shapely.total_bounds(micros)
    margin = 0.1 * (east - west)
    around = dice.uniform(
        (west - margin, south - margin), (east + margin, north + margin), size=(2 * count, 2)
    )
    return np.concatenate([corners, middles, around])


def one_by_one(index, lonlat):
    """The finest codes that `locate` gives; points in a seam, which are not held, left out."""
    for lon, lat in lonlat.tolist():
        located = index.locate(Point(lat, lon))
        yield located.chain[0].code if located.inside else None


@pytest.mark.parametrize("side_deg", [None, 6e-4, 5e-3])
def test_many_are_found_as_one_by_one(district_areas, district_map, side_deg):
    lonlat = spots(district_areas, 300, seed=4)
    cells = district_map.make_cells(side_deg) if side_deg else None
    rows = district_map.rows_at(lonlat, cells)
    chains = [district_map.chain_at(row) for row in rows.tolist()]
    alone = list(one_by_one(district_map, lonlat))
    assert sum(code is not None for code in alone) > 600
    for chain, code, row in zip(chains, alone, rows.tolist(), strict=True):
        assert (chain[0].code if chain else None) == code
        assert bool(chain) is (row >= 0)


@pytest.mark.parametrize("side_deg", [1e-3, 7e-3, 0.3])
def test_corners_of_a_raster_and_of_the_map_may_meet(side_deg):
    index = Locator.build(toy_map())
    steps = np.arange(-1, 6)
    lonlat = np.array([(104 + 0.01 * x, 30.6 + 0.005 * y) for x in steps for y in steps])
    plain = index.rows_at(lonlat)
    assert (index.rows_at(lonlat, index.make_cells(side_deg)) == plain).all()
    alone = list(one_by_one(index, lonlat))
    assert [index.chain_at(row)[0].code if row >= 0 else None for row in plain] == alone


def test_rows_lead_up_to_all_levels(district_map):
    point = Point(30.8846, 104.2517)
    chain = district_map.locate(point).chain
    lines = district_map.rows_above(
        district_map.rows_at(np.array([[point.lon, point.lat], [0, 0]]))
    )
    assert lines.shape == (2, 5)
    assert [district_map.chain_at(row)[0] for row in lines[0].tolist()] == list(chain)
    assert lines[1].tolist() == [-1] * 5


def test_an_undivided_district_ends_early(district_map):
    line = district_map.rows_above(district_map.rows_at(np.array([[104.08, 30.60]])))[0]
    assert (line >= 0).tolist() == [True, False, False, False, False]
    assert district_map.chain_at(-1) == ()


def test_nothing_is_found_for_nothing(district_map):
    assert district_map.rows_at(np.empty((0, 2))).tolist() == []
