"""Declared rules: all conditions must hold, the first match decides, the trail says why not."""

from datetime import datetime

import pytest

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.grid.choosing import AimKind
from civicprobe.grid.rules import Case, Conditions, Rule, first_match, why_not

FRIDAY_NIGHT = datetime(2026, 11, 27, 23, 0, tzinfo=CITY_ZONE)
SATURDAY_DAWN = datetime(2026, 11, 28, 5, 0, tzinfo=CITY_ZONE)
SATURDAY_NOON = datetime(2026, 11, 28, 12, 0, tzinfo=CITY_ZONE)
CASE = Case(frozenset({"510100", "s", "m", "mall"}), FRIDAY_NIGHT, "light_out", True, "serious")


@pytest.mark.parametrize(
    ("conditions", "failed"),
    [
        (Conditions(), ""),
        (Conditions(areas=("mall", "x")), ""),
        (Conditions(areas=("x",), categories=("x",)), "area"),
        (Conditions(categories=("rubbish", "light_out")), ""),
        (Conditions(categories=("rubbish",)), "category"),
        (Conditions(component=True), ""),
        (Conditions(component=False), "component"),
        (Conditions(severities=("grave",)), "severity"),
        (Conditions(urgent=True), "urgent"),
        (Conditions(urgent=False), ""),
        (Conditions(weekdays=(4,)), ""),
        (Conditions(weekdays=(5,)), "time"),
        (Conditions(hours=(22 * 60, 6 * 60)), ""),
        (Conditions(hours=(8 * 60, 18 * 60)), "time"),
        (Conditions(hours=(22 * 60, 6 * 60), weekdays=(4,)), ""),
    ],
)
def test_every_condition_must_hold(conditions, failed):
    assert why_not(conditions, CASE) == failed


def test_past_midnight_it_is_still_the_day_before():
    night = Conditions(weekdays=(4,), hours=(22 * 60, 6 * 60))
    assert why_not(night, Case(CASE.areas, SATURDAY_DAWN)) == ""
    assert why_not(night, Case(CASE.areas, SATURDAY_NOON)) == "time"


def rule(number, conditions, **aim):
    return Rule(number, f"rule {number}", "s", conditions, AimKind.DESK, **aim)


def test_the_first_that_holds_and_can_be_reached_decides():
    rules = [
        rule(1, Conditions(categories=("rubbish",))),
        rule(2, Conditions(), area_code="gone"),
        rule(3, Conditions()),
        rule(4, Conditions()),
    ]
    gone = {2: "target_gone"}
    found, tried = first_match(rules, CASE, lambda each: gone.get(each.id, ""))
    assert found is not None
    assert found.id == 3
    assert [(item.rule_id, item.failed) for item in tried] == [
        (1, "category"),
        (2, "target_gone"),
        (3, ""),
    ]
    assert first_match(rules[:1], CASE, lambda each: "")[0] is None


def test_conditions_are_stored_without_what_was_not_set():
    some = Conditions(categories=("rubbish",), hours=(60, 120), urgent=False)
    stored = {"categories": ["rubbish"], "hours": [60, 120], "urgent": False}
    assert some.as_json() == stored
    assert Conditions.from_json(stored) == some
    assert Conditions.from_json({}) == Conditions()
