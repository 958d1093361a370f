"""Who has the reports of an area that ceased, over as many editions as it took."""

from dataclasses import replace

import pytest

from civicprobe.grid.areas import Level
from civicprobe.grid.locator import Locator
from civicprobe.reports.heirs import Why, new_areas
from tests.town import GRID, SPOT
from tests.unit.grid.conftest import LEFT, RIGHT, TOWN, toy_map

GENERAL = GRID[:15]
WAS = (TOWN, LEFT, GENERAL[:12], GENERAL, GRID)


def renamed(old, new):
    """The toy map with one micro grid under another code."""
    return [replace(area, code=new) if area.code == old else area for area in toy_map()]


def asked(areas, followed=None, was=WAS, spot=SPOT):
    locator = Locator.build(areas)
    why, chain = new_areas(locator, followed or {}, was, locator.locate(spot))
    return why, [area.code for area in chain]


def test_on_the_same_map_nothing_changes():
    assert asked(toy_map()) == (Why.PARENTS, list(reversed(WAS)))


def test_a_point_whose_border_moved_goes_where_it_lies():
    assert asked(toy_map(), was=(*WAS[:-1], GENERAL + "002")) == (Why.BORDER, list(reversed(WAS)))


def test_without_a_successor_the_area_above_has_it():
    assert asked(renamed(GRID, GENERAL + "009")) == (Why.ABOVE, list(reversed(WAS[:-1])))


def test_a_named_successor_has_it_wherever_the_point_lies():
    heir = GENERAL + "003"
    why, chain = asked(renamed(GRID, GENERAL + "009"), {GRID: heir})
    assert (why, chain[0]) == (Why.SUCCESSOR, heir)


def test_successors_are_followed_over_several_editions():
    followed = {GRID: "A", "A": "B", "B": GENERAL + "009"}
    why, chain = asked(renamed(GRID, GENERAL + "009"), followed)
    assert (why, chain[0]) == (Why.SUCCESSOR, GENERAL + "009")


@pytest.mark.parametrize("followed", [{GRID: "A", "A": GRID}, {GRID: "A"}])
def test_a_trail_that_leads_nowhere_ends_above(followed):
    assert asked(renamed(GRID, GENERAL + "009"), followed)[0] is Why.ABOVE


def test_a_successor_that_is_divided_gives_it_to_the_part_that_holds_the_point():
    why, chain = asked(renamed(GRID, GENERAL + "009"), {GRID: LEFT})
    assert (why, chain[:2]) == (Why.SUCCESSOR, [GENERAL + "009", GENERAL])
    why, chain = asked(renamed(GRID, GENERAL + "009"), {GRID: RIGHT})
    assert (why, chain) == (Why.SUCCESSOR, [RIGHT, TOWN])


def test_what_ceased_up_to_a_successor_above():
    """Grid, community and street are gone; the street's successor is named."""
    kept = [each for each in toy_map() if not each.code.startswith(LEFT)]
    why, chain = asked(kept, {LEFT: RIGHT})
    assert (why, chain) == (Why.SUCCESSOR, [RIGHT, TOWN])
    assert asked(kept)[1] == [TOWN]


def test_a_map_of_another_town_has_nobody_for_it():
    away = [each for each in toy_map() if each.level is Level.DISTRICT]
    away = [replace(each, code="510198") for each in away]
    assert asked(away) == (Why.BORDER, ["510198"])
    assert asked([], was=WAS) == (Why.OUTSIDE, [])
