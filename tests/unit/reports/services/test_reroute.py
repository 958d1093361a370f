"""Open reports keep their edition until somebody moves them; then each move is one event."""

from dataclasses import replace

import pytest
import shapely
from sqlalchemy import func, select

from civicprobe.accounts.roles import Role
from civicprobe.db import utc_now
from civicprobe.grid.city import build_city
from civicprobe.grid.queries import get_active
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.outbox import OutboxRow
from civicprobe.reports.heirs import Why
from civicprobe.reports.models import ReportEvent
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.reroute import list_moves, reroute
from tests.town import CITY, GRID
from tests.unit.grid.conftest import LEFT, toy_map
from tests.unit.reports.services.test_arc import closed, dispatched, filed, handled

SECOND = GRID[:15] + "002"
NEW = LEFT[:6] + "003"  # a street that the new map has in place of the left one


def merged(replaces=()):
    """The first two micro grids of the left street are one, under the second's code."""
    areas = {area.code: area for area in toy_map()}
    gone, heir = areas.pop(GRID), areas[SECOND]
    whole = shapely.union_all([gone.outline, heir.outline])
    areas[SECOND] = replace(heir, outline=whole, replaces=tuple(replaces))
    return list(areas.values())


def swapped():
    """The first two micro grids of the left street have each other's ground."""
    areas = {area.code: area for area in toy_map()}
    one, two = areas[GRID], areas[SECOND]
    areas[GRID] = replace(one, outline=two.outline)
    areas[SECOND] = replace(two, outline=one.outline)
    return list(areas.values())


def renamed_street():
    """The left street under another code; what is below it stays."""
    return [
        replace(
            area,
            code=NEW if area.code == LEFT else area.code,
            parent=NEW if area.parent == LEFT else area.parent,
        )
        for area in toy_map()
    ]


def moved_away():
    return [
        replace(area, outline=shapely.transform(area.outline, lambda pairs: pairs + 1.0))
        for area in toy_map()
    ]


@pytest.fixture
def switch(town, session, settings):
    """Make these areas the active map, and give it as a process would hold it."""

    def to(areas, name="next"):
        write_areas(session, new_edition(session, name, now=utc_now()), areas)
        activate(session, name, now=utc_now())
        return build_city(session, settings, get_active(session))

    return to


def events(session, report):
    return session.scalar(
        select(func.count()).select_from(ReportEvent).where(ReportEvent.report_id == report.id)
    )


def last(session, report):
    found = select(ReportEvent).where(ReportEvent.report_id == report.id)
    return session.scalars(found.order_by(ReportEvent.seq.desc())).first()


def told(session, event):
    rows = session.scalars(select(OutboxRow).where(OutboxRow.topic == "notice"))
    return [row.payload["about"] for row in rows if row.payload.get("seq") == event.seq]


def test_activation_alone_moves_nothing(town, session, switch):
    report = town.assigned()
    before = (report.edition_id, report.area_codes, report.version)
    switch(swapped())
    session.refresh(report)
    assert (report.edition_id, report.area_codes, report.version) == before


def test_a_moved_border_hands_the_card_to_who_serves_there(town, session, switch):
    second = town.member("second", SECOND)
    report = town.assigned()
    city, version = switch(swapped()), report.version
    (move,) = list_moves(session, city)
    assert (move.number, move.why) == (report.number, Why.BORDER)
    assert (move.was["micro"], move.areas[0].code) == (GRID, SECOND)
    event = reroute(session, report.id, city, now=utc_now())
    assert (event.action, event.party) == ("reassign", "worker")
    assert event.data["map"] == "border"
    assert event.data["from_areas"]["micro"] == GRID
    assert (report.assignee_id, report.micro_code) == (second.id, SECOND)
    assert (report.edition_id, report.version) == (city.edition.id, version + 1)
    assert told(session, event) == ["member_card"]
    assert verify_report(session, report) is None


def test_a_named_successor_takes_over(town, session, switch):
    second = town.member("second", SECOND)
    report = town.assigned()
    city = switch(merged(replaces=[GRID]))
    assert [move.why for move in list_moves(session, city)] == [Why.SUCCESSOR]
    reroute(session, report.id, city, now=utc_now())
    assert (report.assignee_id, report.micro_code) == (second.id, SECOND)


def test_without_one_the_area_above_does(town, session, switch):
    town.member("second", SECOND)
    report = town.assigned()
    city = switch(merged())
    assert [move.why for move in list_moves(session, city)] == [Why.ABOVE]
    reroute(session, report.id, city, now=utc_now())
    assert (report.micro_code, report.general_code) == (None, GRID[:15])
    assert (report.assignee_id, report.desk_code) == (None, LEFT)


def test_where_only_the_street_changes_the_card_stays_with_its_member(town, session, switch):
    report = town.assigned()
    town.hire("new-street", Role.OFFICE, NEW)
    city = switch(renamed_street())
    event = reroute(session, report.id, city, now=utc_now())
    assert event.action == "reroute"
    assert report.assignee_id == town.accounts["member"].id
    assert (report.street_code, report.desk_code) == (NEW, NEW)
    assert told(session, event) == []


@pytest.mark.parametrize(
    ("made", "about"), [(filed, ["desk_dispatch"]), (dispatched, []), (handled, ["desk_check"])]
)
def test_a_case_moves_to_the_new_desk_and_keeps_its_unit(town, session, switch, made, about):
    report = made(town)
    unit, state = report.unit_id, report.state
    town.hire("new-street", Role.OFFICE, NEW)
    city = switch(renamed_street())
    event = reroute(session, report.id, city, now=utc_now())
    assert event.action == "reroute"
    assert (event.data["from_desk"], event.data["desk"]) == (LEFT, NEW)
    assert (report.unit_id, report.state, report.desk_code) == (unit, state, NEW)
    assert told(session, event) == about
    assert verify_report(session, report) is None


def test_a_case_that_was_raised_never_sinks(town, session, switch):
    report = filed(town)
    report.desk_code = CITY
    session.flush()
    town.hire("new-street", Role.OFFICE, NEW)
    reroute(session, report.id, switch(renamed_street()), now=utc_now())
    assert (report.street_code, report.desk_code) == (NEW, CITY)


def test_a_point_the_new_map_does_not_hold_stays_and_is_named(town, session, switch):
    report = town.assigned()
    city = switch(moved_away())
    assert [move.why for move in list_moves(session, city)] == [Why.OUTSIDE]
    before = events(session, report)
    assert reroute(session, report.id, city, now=utc_now()) is None
    assert events(session, report) == before


def test_what_is_closed_unplaced_or_unmoved_is_left_alone(town, session, switch):
    closed(town)
    town.reported(pin=None)
    town.assigned(pin={"lat": 30.615, "lon": 104.035})  # a grid that does not change
    city = switch(swapped())
    assert list(list_moves(session, city)) == []


def test_twice_is_once(town, session, switch):
    report = town.assigned()
    city = switch(swapped())
    assert reroute(session, report.id, city, now=utc_now()) is not None
    count = events(session, report)
    assert list(list_moves(session, city)) == []
    assert reroute(session, report.id, city, now=utc_now()) is None
    assert events(session, report) == count
