"""Cards and duty on the real tables: caps under a race, leave, rules, the neighbour's tap."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select, text

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.catalog.models import Category
from civicprobe.db import db, utc_now
from civicprobe.errors import Unprocessable
from civicprobe.grid.choosing import AimKind
from civicprobe.grid.coords import Point
from civicprobe.grid.models import RoutingRule
from civicprobe.grid.people import get_member
from civicprobe.grid.rules import Conditions, Rule
from civicprobe.grid.services.leave import Days, take_leave
from civicprobe.grid.services.standing import end_enrolment, reinstate, suspend
from civicprobe.reports.lifecycle.commands import Reassign
from civicprobe.reports.models import ReportEvent
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.audit import verify
from civicprobe.reports.services.dry_run import dry_run
from civicprobe.reports.services.enrich import enrich
from civicprobe.reports.services.hand_over import hand_over_card, list_cards
from civicprobe.reports.services.reassign import list_neighbours, list_takers, reassign
from civicprobe.reports.services.who import Asked, open_load, who_along, who_gets
from tests.town import CITY, GRID, SPOT
from tests.unit.grid.conftest import LEFT, RIGHT, SIDE, SOUTH, TOWN, WEST
from tests.unit.reports.services.test_races import at_once, run_in

GENERAL = f"{LEFT}001001"
BESIDE = f"{GENERAL}002"


def member_of(session, town, name):
    return get_member(session, town.accounts[name].id)


def hand_all(session, town, name):
    now = utc_now()
    account = town.accounts[name].id
    return [
        hand_over_card(session, card, account, "on_leave", city=town.city, now=now)
        for card in list_cards(session, account)
    ]


def test_two_workers_racing_keep_the_cap(town, app, session):
    town.member("second", GRID)
    for name, cap in (("member", 3), ("second", 2)):
        member_of(session, town, name).cap = cap
    row_ids = [town.reported().id for _ in range(12)]
    session.commit()
    city, now = town.city, utc_now()

    def place(row_id):
        return lambda own: enrich(own, row_id, {}, city=city, now=now)

    assert at_once(app, [place(row_id) for row_id in row_ids]) == {"done": 12}
    ids = {name: town.accounts[name].id for name in ("member", "second")}
    assert open_load(session, ids.values()) == {ids["member"]: 3, ids["second"]: 2}
    assert all(finding.fault is None for finding in verify(session))


def test_who_is_suspended_while_a_worker_waits_for_them_is_not_chosen(town, app, session):
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("there the whole transaction waits")
    row_id = town.reported().id
    session.commit()
    city, now = town.city, utc_now()
    suspend(session, get_member(session, town.accounts["member"].id, lock=True), now=now)
    session.flush()

    def place(own):
        enrich(own, row_id, {}, city=city, now=now)

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(run_in, app, place)
        waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not session.scalar(waits) and not working.done():
            pass
        assert not working.done(), "it waits for the member"
        session.commit()
        assert working.result() == "done"
    session.expire_all()
    assert get_report_by_id(session, row_id).assignee_id is None


def test_a_choice_asks_the_database_six_times_at_most(town, session):
    asked_for = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_more):
        asked_for.append(statement)

    located = town.city.locator.locate(SPOT, 30.0)
    member_of(session, town, "member").rests_on_holidays = True
    session.flush()
    asked_for.clear()
    asking = Asked(at=utc_now(), category="rubbish")
    answer = who_along(session, town.city, located.chain, asking, hold=True)
    event.remove(db.engine, "before_cursor_execute", note)
    assert answer.choice.account_id == town.accounts["member"].id
    assert len(asked_for) == 6, "rules, people, their leave, the calendar, desks, load"


def test_an_urgent_card_goes_past_the_cap(town, session):
    member_of(session, town, "member").cap = 1
    mine = town.accounts["member"].id
    assert town.assigned().assignee_id == mine
    assert town.assigned().assignee_id is None
    assert town.assigned(urgent=True).assignee_id == mine


def test_leave_hands_every_card_over_an_event_each(town, session):
    town.member("second", GRID)
    member_of(session, town, "second").cap = 1
    cards = [town.assigned() for _ in range(4)]
    mine = [card for card in cards if card.assignee_id == town.accounts["member"].id]
    assert len(mine) == 3
    today = utc_now().astimezone(CITY_ZONE).date()
    leave = Days(today, today + timedelta(days=1))
    take_leave(session, member_of(session, town, "member"), leave, by_id=None, now=utc_now())
    events = hand_all(session, town, "member")
    assert [(e.action, e.data["why"], e.data["from"]) for e in events] == [
        ("reassign", "on_leave", town.accounts["member"].id)
    ] * 3
    assert {card.assignee_id for card in mine} == {None}, "the other is at their cap: the desk"
    assert {card.desk_code for card in mine} == {LEFT}
    assert hand_all(session, town, "member") == []
    assert all(finding.fault is None for finding in verify(session))


def test_who_is_back_before_the_worker_comes_keeps_the_card(town, session):
    card = town.assigned()
    member = member_of(session, town, "member")
    suspend(session, member, now=utc_now())
    reinstate(session, member)
    assert hand_all(session, town, "member") == [None]
    assert card.assignee_id == member.account_id


def test_without_a_map_the_desk_has_it(town, session):
    card = town.assigned()
    end_enrolment(session, member_of(session, town, "member"), now=utc_now())
    account = town.accounts["member"].id
    step = hand_over_card(session, card.id, account, "ended", city=None, now=utc_now())
    assert step.data["why"] == "ended"
    assert (card.assignee_id, card.desk_code) == (None, LEFT)


def test_a_desk_cannot_name_somebody_at_their_cap(town, session):
    town.member("second", GRID)
    member_of(session, town, "second").cap = 1
    first, card = town.assigned(), town.assigned()
    taker = next(n for n in ("member", "second") if town.accounts[n].id != card.assignee_id)
    assert first.assignee_id == town.accounts[taker].id
    member_of(session, town, taker).cap = 1
    session.flush()
    assert list_takers(session, card, utc_now()) == []
    command = Reassign(reason="-", whom=town.accounts[taker].id)
    with pytest.raises(Unprocessable):
        reassign(session, card, command, by=town.by("left-1"), city=town.city)


def test_a_card_in_doubt_goes_next_door_in_one_tap(town, session):
    town.member("beside", BESIDE)
    edge = Point(SOUTH + SIDE / 2, WEST + SIDE - SIDE / 100)
    fix = {"lat": edge.lat, "lon": edge.lon, "accuracy_m": 30, "at": utc_now().isoformat()}
    report = town.assigned(pin=None, fix=fix)
    assert report.micro_code == GRID
    assert [area.code for area in list_neighbours(session, report)] == [BESIDE]
    go = Reassign(reason="在隔壁", area=BESIDE)
    reassign(session, report, go, by=town.by("member"), city=town.city)
    assert report.assignee_id == town.accounts["beside"].id
    assert (report.micro_code, report.state) == (BESIDE, "assigned")
    far = Reassign(reason="-", area=f"{RIGHT}001001002")
    with pytest.raises(Unprocessable) as refused:
        reassign(session, report, far, by=town.by("beside"), city=town.city)
    assert [(f.field, f.code) for f in refused.value.fields] == [("area", "not_near")]


def rule(session, town, aim, conditions=None, *, scope=LEFT, area=None, whom=None, position=1):
    row = RoutingRule(
        area_code=scope,
        position=position,
        name=f"{aim} {position}",
        active=True,
        conditions=(conditions or Conditions()).as_json(),
        aim=aim.value,
        aim_area=area,
        aim_account_id=town.accounts[whom].id if whom else None,
        set_at=utc_now(),
    )
    session.add(row)
    session.flush()
    return row


def asked(town, session, **more):
    located = town.city.locator.locate(SPOT)
    return who_gets(session, town.city, located, Asked(at=utc_now(), **more))


def test_the_first_rule_that_matches_decides_the_wider_desk_first(town, session):
    far = town.member("far", f"{RIGHT}001001001")
    rule(session, town, AimKind.DESK, Conditions(categories=("rubbish",)), area=TOWN)
    rule(session, town, AimKind.MEMBER, whom="far", position=2)
    rule(session, town, AimKind.AREA, Conditions(urgent=True), scope=CITY, area=RIGHT)
    rubbish = asked(town, session, category="rubbish")
    assert (rubbish.choice.area_code, rubbish.choice.reason) == (TOWN, "rule_desk")
    assert [item.failed for item in rubbish.tried] == ["urgent", ""]
    other = asked(town, session)
    assert (other.choice.account_id, other.choice.reason) == (far.id, "rule_member")
    urgent = asked(town, session, urgent=True)
    assert (urgent.choice.area_code, urgent.choice.reason) == (RIGHT, "rule_area")
    report = town.assigned()
    assert report.assignee_id == far.id
    placed = session.scalar(select(ReportEvent).where(ReportEvent.action == "place"))
    assert placed.data["declared"] == [{"id": 2, "failed": ""}]


def test_a_rule_whose_aim_is_gone_is_passed_over_and_said(town, session):
    town.member("gone", f"{LEFT}001001004")
    end_enrolment(session, member_of(session, town, "gone"), now=utc_now())
    rule(session, town, AimKind.MEMBER, whom="gone")
    rule(session, town, AimKind.DESK, area="999", position=2)
    found = asked(town, session)
    assert found.choice.account_id == town.accounts["member"].id
    assert [item.failed for item in found.tried] == ["target_gone", "target_gone"]


def test_a_component_goes_to_its_owner_first_an_event_to_its_territory(town, session):
    owners = Conditions(component=True)
    rule(session, town, AimKind.OWNER, owners, scope=CITY)
    assert [t.failed for t in asked(town, session, category="light_out").tried] == ["no_owner"]
    session.get(Category, "light_out").default_unit_id = town.units["roads"].id
    found = asked(town, session, category="light_out")
    assert (found.choice.area_code, found.choice.reason) == (TOWN, "rule_owner")
    incident = asked(town, session, category="rubbish")
    assert incident.choice.account_id == town.accounts["member"].id
    assert incident.tried[0].failed == "component"


def test_asked_for_another_moment(town, session):
    member = member_of(session, town, "member")
    tomorrow = utc_now().astimezone(CITY_ZONE).date() + timedelta(days=1)
    take_leave(session, member, Days(tomorrow, tomorrow), by_id=None, now=utc_now())
    located = town.city.locator.locate(SPOT)
    then = utc_now() + timedelta(days=1)
    assert date(2026, 1, 1) < tomorrow
    assert who_gets(session, town.city, located, Asked(at=utc_now())).choice.kind == "member"
    later = who_gets(session, town.city, located, Asked(at=then)).choice
    assert later.kind == "desk"
    assert later.considered[0].why_not == "on_leave"


def test_a_dry_run_names_what_another_rule_would_move_and_nothing_else(town, session):
    rubbish = [town.assigned(category="rubbish") for _ in range(2)]
    town.assigned(category="light_out")
    old = Rule(1, "old", LEFT, Conditions(categories=("rubbish",)), AimKind.DESK, TOWN)

    def tried(before, after):
        found = dry_run(session, town.city, LEFT, before, after, now=utc_now())
        return found.looked_at, found.changed, {change.number for change in found.changes}

    assert tried([], [old]) == (3, 2, {report.number for report in rubbish})
    assert tried([old], [replace(old, id=2, name="new")]) == (3, 0, set())
    assert tried([old], [replace(old, area_code="999")])[1] == 2, "its aim is not there"
    same = Rule(3, "here", LEFT, Conditions(), AimKind.AREA, GRID)
    assert tried([], [same])[1] == 0, "another rule, the same person"
