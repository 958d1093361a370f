"""What the worker makes of evidence that comes late, in any order, or in words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from civicprobe.db import utc_now
from civicprobe.grid.coords import Point
from civicprobe.grid.landmarks import Landmarks, Place
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.commands import LaterFix
from civicprobe.reports.models import Clock
from civicprobe.reports.services.enrich import enrich, find_spot
from civicprobe.reports.services.later_fix import KEPT_FIXES, add_fix
from tests.town import GRID, SPOT
from tests.unit.grid.conftest import LEFT, TOWN


def knowing(town, *places: Place):
    """The town's map with these landmarks."""
    return replace(town.city, landmarks=Landmarks(places))


def fix(point: Point, seconds: int, accuracy_m: float = 10.0) -> dict[str, object]:
    at = utc_now().replace(microsecond=0) + timedelta(seconds=seconds)
    return {"lat": point.lat, "lon": point.lon, "accuracy_m": accuracy_m, "at": at.isoformat()}


def enriched(town, report, city=None):
    city = city or town.city
    spot = find_spot(town.session, report.id, city)
    enrich(town.session, report.id, {}, city=city, spot=spot, now=utc_now())
    return report


def test_words_of_a_known_place_are_a_rough_place(town):
    report = town.reported(pin=None, landmark="青石桥市场对面")
    enriched(town, report, knowing(town, Place("青石桥市场", SPOT, 120.0)))
    assert report.state == "assigned"
    assert (report.lat, report.lon, report.micro_code) == (SPOT.lat, SPOT.lon, GRID)
    told = [report.place[name] for name in ("source", "grade", "radius_m", "warnings")]
    assert told == ["landmark", "C", 120.0, []]


def test_an_area_that_is_too_wide_names_at_least_the_desk(town):
    report = town.reported(pin=None, landmark="青石桥街道")
    wide = Place("青石桥街道", SPOT, 2_500.0, LEFT, ("某区",))
    enriched(town, report, knowing(town, wide))
    assert (report.state, report.desk_code) == ("needs_place", LEFT)


def test_words_that_mean_nothing_leave_the_report_with_the_city(town):
    report = enriched(town, town.reported(pin=None, landmark="那边"))
    assert (report.state, report.desk_code) == ("needs_place", report.city_code)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_fixes_lead_to_one_place_in_whatever_order_they_come(town, order):
    far = Point(SPOT.lat + 0.0006, SPOT.lon)
    fixes = [fix(SPOT, 0, 8.0), fix(far, 30, 40.0), fix(far, 60, 90.0)]
    report = town.reported(pin=None)
    for n in order:
        later = LaterFix.model_validate({"fix": fixes[n]})
        assert add_fix(town.session, report, later, by=town.by("rider"))
        assert not add_fix(town.session, report, later, by=town.by("rider")), "the same again"
    enriched(town, report)
    assert (report.lat, report.lon, report.place["radius_m"]) == (SPOT.lat, SPOT.lon, 8.0)
    assert report.evidence["fix"]["accuracy_m"] == 90.0, "the latest stands first"
    assert len(report.evidence["earlier"]) == 2


def test_a_phone_that_never_stops_measuring_fills_no_row(town):
    report = town.reported(pin=None)
    for n in range(KEPT_FIXES + 4):
        add_fix(
            town.session,
            report,
            LaterFix.model_validate({"fix": fix(SPOT, n)}),
            by=town.by("rider"),
        )
    assert len(report.evidence["earlier"]) == KEPT_FIXES - 1


def test_a_contradiction_that_comes_later_is_shown_and_moves_nobody(town):
    report = town.assigned()
    before = (report.lat, report.lon, report.assignee_id, report.route)
    away = LaterFix.model_validate({"fix": fix(Point(SPOT.lat + 0.002, SPOT.lon), 0)})
    assert add_fix(town.session, report, away, by=town.by("rider"))
    enriched(town, report)
    assert (report.lat, report.lon, report.assignee_id, report.route) == before
    assert report.place["warnings"] == ["pin_device_apart"]
    seq = report.seq
    assert enriched(town, report).seq == seq, "told once"


def test_a_later_doubt_gives_nobody_new_time_and_no_second_card(town, session):
    report = enriched(town, town.reported())
    cards = select(OutboxRow).where(OutboxRow.topic == "notice")
    told, due_at = len(session.scalars(cards).all()), report.due_at
    clock = select(Clock).where(Clock.report_id == report.id, Clock.stage == "triage")
    began_at = session.scalars(clock).one().started_at
    far = fix(Point(SPOT.lat + 0.003, SPOT.lon), 5)
    add_fix(session, report, LaterFix.model_validate({"fix": far}), by=town.by("rider"))
    later = utc_now() + timedelta(hours=1)
    enrich(session, report.id, {}, city=town.city, now=later)
    assert report.place["warnings"] == ["pin_device_apart"]
    assert session.scalars(clock).one().started_at == began_at
    assert report.due_at == due_at
    assert len(session.scalars(cards).all()) == told


def test_a_photo_from_another_city_is_set_aside(town):
    report = town.reported(pin=None, fix=fix(SPOT, 0))
    beijing = LaterFix.model_validate({"fix": fix(Point(39.9, 116.4), 5, 5.0)})
    add_fix(town.session, report, beijing, by=town.by("rider"))
    enriched(town, report)
    assert (report.state, report.lat) == ("assigned", SPOT.lat)
    assert report.place["warnings"] == ["evidence_outside"]
    assert TOWN in report.area_codes.values()
