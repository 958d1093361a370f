"""What riders on the road may know: a guess of what was filed, urgent cases once confirmed."""

import re
from datetime import timedelta

from civicprobe.accounts.queries import actor_of_device
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.db import utc_now
from civicprobe.grid.coords import Point
from civicprobe.reports.alike import is_offered
from civicprobe.reports.lifecycle.commands import FileReport
from civicprobe.reports.lifecycle.table import State
from civicprobe.reports.models import Resemblance
from civicprobe.reports.nearby import filed_around, list_ahead
from civicprobe.reports.pages.sketch import outlines_around
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.review import file
from civicprobe.reports.vicinity import STEP_DEG, Square
from tests.town import SPOT


def filed(town, category="missing_cover", **said):
    report = town.assigned(**said)
    command = FileReport(category=category, severity="serious")
    file(town.session, report, command, by=town.by("member", report))
    return report


def here():
    return Square(int(SPOT.lat / STEP_DEG), int(SPOT.lon / STEP_DEG))


def test_only_what_is_urgent_confirmed_and_not_discreet_lies_ahead(town):
    seen = filed(town, urgent=True)
    town.assigned(urgent=True)
    filed(town, category="road_damage")
    filed(town, urgent=True, discreet=True)
    (item,) = list_ahead(town.session, here())
    assert (item.lat, item.lon) == (round(seen.lat, 5), round(seen.lon, 5))
    assert item.category == "missing_cover"
    assert (item.number, item.asks) == (seen.number, False)
    assert not item.fenced
    seen.state = State.CLOSED
    seen.outcome = "fixed"
    town.session.flush()
    assert list_ahead(town.session, here()) == []
    assert list_ahead(town.session, Square(1, 1)) == []


def test_a_repair_to_look_at_lies_ahead_and_what_is_about_staff_never(town):
    mended = filed(town, category="road_damage")
    mended.state, mended.outcome = State.HANDLED, "fixed"
    named = filed(town, urgent=True)
    named.about_us = True
    town.session.flush()
    (item,) = list_ahead(town.session, here())
    assert (item.number, item.asks) == (mended.number, True)
    mended.outcome = "not_found"
    town.session.flush()
    assert list_ahead(town.session, here()) == []


def test_a_guess_comes_of_what_was_filed_here_and_lately(town):
    for _ in range(2):
        filed(town, category="road_damage")
    town.assigned(category="missing_cover")  # one rider's word is no filing
    now = utc_now()
    counted = filed_around(town.session, SPOT, now=now)
    assert [(code, count) for code, _, count in counted] == [("road_damage", 2)]
    assert filed_around(town.session, SPOT, now=now + timedelta(days=200)) == []
    assert filed_around(town.session, Point(SPOT.lat + 0.01, SPOT.lon), now=now) == []


def test_the_map_around_a_point_is_our_own_outlines_in_metres(town):
    drawn = outlines_around(town.session, town.city, SPOT, half_m=600)
    assert drawn["names"]
    assert drawn["paths"]
    numbers = [float(n) for n in re.findall(r"-?\d+\.\d", " ".join(drawn["paths"]))]
    assert max(abs(n) for n in numbers) <= 600
    outside = outlines_around(town.session, town.city, Point(10, 10), half_m=600)
    assert outside["names"] == []
    assert outside["paths"] == []


def test_a_discreet_report_is_offered_to_no_other_rider(town):
    rider = create_device(town.session, new_token(), now=utc_now())
    quiet = town.assigned(category="road_damage", discreet=True)
    mine = town.assigned(category="road_damage")
    mine.reporter_id = rider.id
    town.session.add(
        Resemblance(report_id=mine.id, other_id=quiet.id, score=0.99, distance_m=1, reasons=[])
    )
    town.session.flush()
    me = actor_of_device(rider.id)
    body = report_body(town.session, mine, seen_by=me, now=utc_now())
    assert body.alike == []
    assert not is_offered(town.session, quiet.id, me)
    quiet.discreet = False
    town.session.flush()
    body = report_body(town.session, mine, seen_by=me, now=utc_now())
    assert [other.number for other in body.alike] == [quiet.number]
    assert is_offered(town.session, quiet.id, me)
