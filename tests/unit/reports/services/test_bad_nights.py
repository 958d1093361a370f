"""Nights and quarrels: a gas leak that nobody answers, a reporter who is the only member, a case
that two streets trade, a unit without anybody to sign in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from civicprobe.accounts.queries import actor_of_device
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.catalog.models import Category, Unit
from civicprobe.db import utc_now
from civicprobe.demo.follow_up import advance, settle
from civicprobe.demo.month import is_stuck
from civicprobe.errors import Conflict, Forbidden, Unprocessable
from civicprobe.notices.models import Notice
from civicprobe.reports.bonds import Alarm
from civicprobe.reports.handover import handover_of
from civicprobe.reports.lifecycle.checks import allowed_actions
from civicprobe.reports.lifecycle.commands import (
    Accept,
    Acknowledge,
    Close,
    Dispatch,
    FileReport,
    Ground,
    Propose,
    Raise,
    Reclassify,
    Relocate,
    Return,
    Rule,
    SubmitReport,
)
from civicprobe.reports.lifecycle.table import Action, Outcome, Severity
from civicprobe.reports.memory import propose_unit
from civicprobe.reports.models import Report
from civicprobe.reports.queries import is_visible
from civicprobe.reports.services.acknowledge import acknowledge
from civicprobe.reports.services.close import close
from civicprobe.reports.services.dispatch import accept, dispatch, return_case
from civicprobe.reports.services.handle import propose
from civicprobe.reports.services.perform import DOINGS
from civicprobe.reports.services.raise_case import raise_case
from civicprobe.reports.services.relocate import relocate
from civicprobe.reports.services.review import file, reclassify
from civicprobe.reports.services.rule import rule
from civicprobe.reports.services.submit import submit
from civicprobe.reports.standings import facts_of, standing_of
from civicprobe.reports.transitions import By
from tests.town import CITY, INTAKE, SPOT, undrawn
from tests.unit.grid.conftest import LEFT, RIGHT, SIDE, SOUTH, TOWN, WEST

# Three in the morning of the National Day, on the city's clock.
NIGHT = datetime(2026, 9, 30, 19, 0, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def cry(town, now=NIGHT, rider=None, **said) -> Report:
    """An urgent report; its photo never comes."""
    command = SubmitReport.model_validate(
        {"note": "闻到燃气味", "urgent": True, "photos": 1, **said}
    )
    by = By(rider or town.actor("rider"), now)
    report = submit(town.session, undrawn(), command, intake=INTAKE, by=by).report
    town.session.commit()
    return report


def called(town, report) -> set[str]:
    rows = town.session.scalars(select(Alarm.account_id).where(Alarm.report_id == report.id))
    names = {account.id: name for name, account in town.accounts.items()}
    return {names[account_id] for account_id in rows}


def told(town, report, topic="urgent") -> set[str]:
    rows = town.session.scalars(
        select(Notice.account_id).where(Notice.number == report.number, Notice.topic == topic)
    )
    names = {account.id: name for name, account in town.accounts.items()}
    return {names[account_id] for account_id in rows if account_id in names}


def test_a_gas_leak_without_a_place_wakes_the_city_desk_at_once_and_again(town, session):
    town.accounts["member"].active = False
    report = cry(town)
    settle(session, town.city, NIGHT)
    assert report.state == "needs_place"
    assert called(town, report) == told(town, report) == {"city"}
    before = session.scalar(select(Notice.id).order_by(Notice.id.desc()).limit(1))
    advance(session, town.city, NIGHT + FIVE)
    again = session.scalars(select(Notice).where(Notice.id > before, Notice.topic == "urgent"))
    assert [notice.created_at for notice in again] == [NIGHT + FIVE]
    at = NIGHT + FIVE + timedelta(seconds=30)
    acknowledge(session, report, Acknowledge(), by=town.by("city", report, at))
    assert report.urgent_owner_id == town.accounts["city"].id


def test_a_gas_leak_without_a_member_climbs_a_desk_every_five_minutes(town, session):
    town.accounts["member"].active = False
    report = cry(town, pin={"lat": SPOT.lat, "lon": SPOT.lon})
    settle(session, town.city, NIGHT)
    assert called(town, report) == {"left-1", "left-2", "district"}, "before any photo is there"
    session.refresh(report)
    assert report.desk_code == LEFT
    advance(session, town.city, NIGHT + FIVE - timedelta(seconds=1))
    session.refresh(report)
    assert report.desk_code == LEFT
    advance(session, town.city, NIGHT + FIVE)
    session.refresh(report)
    assert report.desk_code == TOWN, "to the second"
    advance(session, town.city, NIGHT + 2 * FIVE)
    session.refresh(report)
    assert report.desk_code == CITY
    assert "city" in told(town, report)


def test_the_first_to_press_owns_it_and_the_others_are_told(town, session):
    report = cry(town, pin={"lat": SPOT.lat, "lon": SPOT.lon})
    settle(session, town.city, NIGHT)
    assert "member" in called(town, report)
    at = NIGHT + timedelta(minutes=2)
    acknowledge(session, report, Acknowledge(), by=town.by("left-1", None, at))
    with pytest.raises(Conflict, match="unowned"):
        acknowledge(session, report, Acknowledge(), by=town.by("left-2", None, at))
    session.commit()
    advance(session, town.city, NIGHT + 3 * FIVE)
    session.refresh(report)
    assert report.desk_code == LEFT, "nobody else is called"
    assert told(town, report, "urgent_taken") == {"left-2", "district", "member"}


def test_who_sent_abuse_wakes_one_desk_and_comes_last(town, session):
    first = town.assigned()
    command = Propose(outcome=Outcome.ABUSE, note="乱报")
    propose(session, first, command, by=town.by("member", first))
    close(session, first, Close(public_note="无关"), by=town.by("left-1", first))
    report = cry(town, pin={"lat": SPOT.lat, "lon": SPOT.lon})
    settle(session, town.city, NIGHT)
    assert called(town, report) == {"left-1", "left-2"}
    calm = town.assigned()
    assert calm.ranked_last
    assert calm.due_at > town.by("rider").now + timedelta(days=10)


def test_a_reporter_who_is_the_only_member_there_decides_nothing(town, session):
    phone = create_device(session, new_token(), now=NIGHT)
    phone.account_id = town.accounts["member"].id
    session.flush()
    report = cry(town, rider=actor_of_device(phone.id), pin={"lat": SPOT.lat, "lon": SPOT.lon})
    settle(session, town.city, NIGHT)
    session.refresh(report)
    assert report.assignee_id is None
    assert report.route["rule"] == "street_desk"
    assert called(town, report) == {"left-1", "left-2", "district"}
    case = FileReport(category="road_damage", severity=Severity.ORDINARY)
    with pytest.raises(Forbidden):
        file(session, report, case, by=town.by("member", report, NIGHT))
    file(session, report, case, by=town.by("left-1", report, NIGHT))


def filed(town, where=SPOT):
    report = town.assigned(pin={"lat": where.lat, "lon": where.lon})
    case = FileReport(category="road_damage", severity=Severity.ORDINARY)
    file(town.session, report, case, by=town.by("left-1", report))
    return report


def test_two_streets_trade_a_case_until_the_district_rules(town, session):
    report = filed(town)
    left = Relocate(lat=SPOT.lat, lon=SPOT.lon)
    right = Relocate(lat=SOUTH + SIDE / 2, lon=WEST + 3.5 * SIDE)
    for who, there, desk in (
        ("left-1", right, RIGHT),
        ("right-1", left, LEFT),
        ("left-2", right, TOWN),
    ):
        relocate(session, report, there, by=town.by(who, report), city=town.city)
        assert report.desk_code == desk
    assert report.raised
    with pytest.raises(Forbidden):
        rule(session, report, Rule(desk=LEFT, reason="-"), by=town.by("right-1", report))
    ruling = Rule(desk=RIGHT, reason="在右街", keep=True)
    rule(session, report, ruling, by=town.by("district", report))
    assert (report.desk_code, report.street_code) == (RIGHT, RIGHT)
    with pytest.raises(Conflict, match="settled"):
        relocate(session, report, left, by=town.by("right-1", report), city=town.city)


def test_a_street_that_was_ruled_on_is_shown_to_the_next_desk(town, session):
    report = filed(town)
    raise_case(session, report, Raise(reason="不归我们"), by=town.by("left-1", report))
    ruling = Rule(desk=RIGHT, reason="按职责清单", keep=True)
    rule(session, report, ruling, by=town.by("district", report))
    assert report.desk_code == RIGHT
    hint = propose_unit(session, filed(town), utc_now())
    assert (hint.unit, hint.desk, hint.why, hint.report) == (None, RIGHT, "ruling", report.number)
    assert hint.until is not None
    assert hint.until > utc_now() + timedelta(days=700)


def test_what_has_no_place_goes_to_the_desk_of_the_best_hint(town, session):
    fix = {"lat": SPOT.lat, "lon": SPOT.lon, "accuracy_m": 5_000, "datum": "wgs84", "at": utc_now()}
    report = town.assigned(pin=None, fix=fix)
    assert (report.state, report.desk_code) == ("needs_place", TOWN)
    assert is_visible(session, report, town.actor("district"))
    assert not is_visible(session, report, town.actor("left-1"))
    facts = facts_of(session, report, utc_now())
    standing = standing_of(session, report, town.actor("district"))
    assert Action.PLACE in allowed_actions(facts, standing, DOINGS)


def test_a_second_return_goes_up_and_the_ruling_is_remembered(town, session):
    report = filed(town)
    back = Return(ground=Ground.NOT_OURS, note="不是我们的", whom="别家")
    for unit, desk in (("roads", LEFT), ("drains", TOWN)):
        command = Dispatch(unit=town.units[unit].id)
        dispatch(session, report, command, by=town.by("left-1", report))
        return_case(session, report, back, by=town.by(f"unit-{unit}", report))
        assert report.desk_code == desk
    ruling = Rule(unit=town.units["roads"].id, reason="按职责清单", keep=True)
    rule(session, report, ruling, by=town.by("city", report))
    command = Dispatch(unit=town.units["roads"].id)
    dispatch(session, report, command, by=town.by("district", report))
    with pytest.raises(Conflict, match="not_ruled"):
        return_case(session, report, back, by=town.by("unit-roads", report))
    later = filed(town)
    hint = propose_unit(session, later, town.by("city").now)
    assert (hint.unit, hint.why, hint.report) == (
        town.units["roads"].id, "ruling", report.number,
    )  # fmt: skip
    assert hint.returns == 2
    assert propose_unit(session, later, utc_now() + timedelta(days=731)) is None, "it has expired"
    town.units["roads"].active = False
    session.flush()
    assert propose_unit(session, later, utc_now()) is None, "that unit is no more"


def test_who_gave_a_case_back_is_not_proposed_for_it_again(town, session):
    roads = town.units["roads"]
    session.get_one(Category, "road_damage").default_unit_id = roads.id
    before, report = filed(town), filed(town)
    assert propose_unit(session, report, utc_now()).why == "default"
    for each in (before, report):
        dispatch(session, each, Dispatch(unit=roads.id), by=town.by("left-1", each))
    accept(session, before, Accept(), by=town.by("unit-roads", before))
    assert propose_unit(session, filed(town), utc_now()).why == "accepted_here"
    back = Return(ground=Ground.NOT_OURS, note="不是我们的", whom="别家")
    return_case(session, report, back, by=town.by("unit-roads", report))
    assert propose_unit(session, report, utc_now()) is None
    assert propose_unit(session, filed(town), utc_now()).unit == roads.id, "others may be theirs"


def test_a_unit_without_accounts_is_recorded_for_and_closed_by_another(town, session):
    unit = Unit(code="water", name_zh="自来水", name_en="Water", area_code=TOWN, active=True)
    session.add(unit)
    session.flush()
    report = filed(town)
    dispatch(session, report, Dispatch(unit=unit.id), by=town.by("left-1", report))
    assert not is_stuck(session, report, town.by("city").now)
    photo = town.evidence(report, "left-1")
    done = Propose(outcome=Outcome.FIXED, note="单位来电：已修好", photos=(photo,))
    propose(session, report, done, by=town.by("left-1", report))
    with pytest.raises(Forbidden, match="recused"):
        close(session, report, Close(public_note="好了"), by=town.by("left-1", report))
    close(session, report, Close(public_note="好了"), by=town.by("left-2", report))
    assert report.state == "closed"


@pytest.mark.parametrize("late", [False, True], ids=["filed", "reclassified"])
def test_what_turns_out_to_be_an_emergency_calls_whoever_is_on_duty(town, session, late):
    report = town.assigned()
    assert not report.urgent
    first = FileReport(category="rubbish" if late else "missing_cover", severity=Severity.ORDINARY)
    now = utc_now()
    file(session, report, first, by=town.by("member", report, now))
    if late:
        assert not report.urgent
        again = Reclassify(category="missing_cover", severity=Severity.GRAVE, reason="井盖没了")
        reclassify(session, report, again, by=town.by("left-1", report, now))
    session.commit()
    settle(session, town.city, now)
    session.refresh(report)
    assert report.urgent
    assert called(town, report) >= {"left-1", "left-2", "district"}
    advance(session, town.city, now + FIVE)
    session.refresh(report)
    assert report.desk_code == TOWN, "nobody watches over it: the next desk"
    calmer = Reclassify(category="rubbish", severity=Severity.MINOR, reason="误报")
    reclassify(session, report, calmer, by=town.by("district", report, now + FIVE))
    assert report.urgent, "a false alarm lowers the severity, nothing else"


def test_what_was_handed_to_another_body_is_asked_for_after_fifteen_days(town, session):
    report, now = filed(town), utc_now()
    words = {"outcome": Outcome.TRANSFERRED, "note": "市级管辖", "destination": "12345"}
    with pytest.raises(Unprocessable) as fault:
        propose(session, report, Propose(**words), by=town.by("left-1", report, now))
    assert [(field.field, field.code) for field in fault.value.fields] == [("receipt", "missing")]
    handed = Propose(**words, receipt="CD-2026-771")
    propose(session, report, handed, by=town.by("left-1", report, now))
    assert handover_of(session, report, now)["receipt"] == "CD-2026-771"
    close(session, report, Close(public_note="已转 12345"), by=town.by("left-2", report, now))
    session.commit()
    settle(session, town.city, now + timedelta(days=15, seconds=-1))
    assert told(town, report, "desk_result") == set()
    settle(session, town.city, now + timedelta(days=15))
    assert told(town, report, "desk_result") == {"left-1", "left-2"}
