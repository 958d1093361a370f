"""Clocks of reports: begun, stopped and ended with the steps; looked at once, one rung a miss."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from civicprobe.catalog.models import TimeLimit
from civicprobe.db import db
from civicprobe.errors import Conflict, Unprocessable
from civicprobe.notices.models import Notice
from civicprobe.reports.lifecycle.clocks import Lateness
from civicprobe.reports.lifecycle.commands import (
    Accept,
    Add,
    Ask,
    Close,
    Dispatch,
    FileReport,
    Propose,
    Raise,
    Reassign,
    Reclassify,
    Reopen,
    Return,
    SendBack,
    SubmitReport,
)
from civicprobe.reports.lifecycle.table import Outcome, Severity
from civicprobe.reports.models import Clock, Report, ReportEvent
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import count_views, list_queue
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.add import add
from civicprobe.reports.services.ask import ask
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.close import close
from civicprobe.reports.services.dispatch import accept, dispatch, return_case
from civicprobe.reports.services.enrich import enrich
from civicprobe.reports.services.handle import propose, send_back
from civicprobe.reports.services.late import list_due, look, look_together, postpone
from civicprobe.reports.services.raise_case import raise_case
from civicprobe.reports.services.reassign import reassign
from civicprobe.reports.services.reopen import reopen
from civicprobe.reports.services.review import file, reclassify
from civicprobe.reports.services.submit import submit
from tests.town import CITY, GRID, INTAKE, SPOT, undrawn
from tests.unit.grid.conftest import LEFT, TOWN

MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)  # nine o'clock in Chengdu
HOUR = timedelta(hours=1)


def hours(number):
    return MONDAY + number * HOUR


def placed(town, at=MONDAY, **said):
    pin = {"lat": SPOT.lat, "lon": SPOT.lon}
    command = SubmitReport.model_validate(
        {"note": "路上有坑", "category": "road_damage", "pin": pin, **said}
    )
    by = town.by("rider", now=at)
    report = submit(town.session, undrawn(), command, intake=INTAKE, by=by).report
    enrich(town.session, report.id, {}, city=town.city, now=at)
    return report


def filed(town, at=MONDAY, severity=Severity.ORDINARY):
    report = placed(town, at)
    command = FileReport(category="road_damage", severity=severity)
    file(town.session, report, command, by=town.by("member", report, at))
    return report


def dispatched(town, at=MONDAY, severity=Severity.ORDINARY):
    report = filed(town, at, severity)
    command = Dispatch(unit=town.units["roads"].id)
    dispatch(town.session, report, command, by=town.by("left-1", report, at))
    return report


def handed_in(town, report, at):
    photos = (town.evidence(report, "unit-roads"),)
    command = Propose(outcome=Outcome.FIXED, note="好了", photos=photos)
    propose(town.session, report, command, by=town.by("unit-roads", report, at))


def running(town, report):
    rows = town.session.scalars(
        select(Clock).where(Clock.report_id == report.id, Clock.ended_at.is_(None))
    )
    return {row.stage: row for row in rows}


def tick(town, at):
    """What the beat's task does, at a moment of the test's own."""
    told = []
    while due := list_due(town.session, at):
        told += [look(town.session, clock, city=town.city, now=at) for clock in due]
    return [late for late in told if late]


def notices(town, topic):
    found = select(func.count()).select_from(Notice).where(Notice.topic == topic)
    return town.session.scalar(found)


def test_each_state_has_its_clocks_and_the_whole_case_runs_from_submit(town):
    report = placed(town)
    assert set(running(town, report)) == {"triage", "whole"}
    assert report.due_at == hours(5), "four working hours from nine, with noon between"
    whole = running(town, report)["whole"].due_at
    assert whole == report.created_at + timedelta(days=15)
    report = dispatched(town)
    assert set(running(town, report)) == {"accept", "handling", "whole"}
    accept(town.session, report, Accept(), by=town.by("unit-roads", report, hours(1)))
    assert set(running(town, report)) == {"handling", "whole"}
    assert report.due_at == datetime(2026, 11, 30, 9, tzinfo=UTC), "five working days, at five"
    handed_in(town, report, hours(2))
    assert set(running(town, report)) == {"handling", "checking", "whole"}
    assert running(town, report)["handling"].due_at is None, "it stands still"
    close(town.session, report, Close(public_note="好"), by=town.by("left-1", report, hours(3)))
    assert running(town, report) == {}


def test_handling_adds_up_over_rework_and_return_and_is_never_begun_anew(town):
    report = dispatched(town)
    first = running(town, report)["handling"]
    handed_in(town, report, hours(2))
    back = SendBack(reason="没修好")
    day_later = hours(24)
    send_back(town.session, report, back, by=town.by("left-1", report, day_later + 2 * HOUR))
    assert running(town, report)["handling"].id == first.id
    assert first.due_at == datetime(2026, 12, 1, 9, tzinfo=UTC), "a working day later"
    command = Return(ground="not_ours", note="不归我们", whom="排水")
    at = day_later + 3 * HOUR
    return_case(town.session, report, command, by=town.by("unit-roads", report, at))
    assert set(running(town, report)) == {"dispatch", "handling", "whole"}
    assert first.due_at == datetime(2026, 12, 1, 9, tzinfo=UTC), "it runs on until the next has it"
    again = Dispatch(unit=town.units["drains"].id)
    dispatch(town.session, report, again, by=town.by("left-1", report, at + HOUR))
    assert running(town, report)["handling"].id == first.id


def test_the_whole_case_is_not_reset_by_reopening(town):
    report = dispatched(town)
    handed_in(town, report, hours(2))
    close(town.session, report, Close(public_note="好"), by=town.by("left-1", report, hours(3)))
    by = town.by("left-2", report, hours(30))
    reopen(town.session, report, Reopen(reason="又坏了"), by=by, city=town.city)
    whole = running(town, report)["whole"]
    assert whole.started_at == report.created_at
    assert whole.due_at == report.created_at + timedelta(days=15)


def test_severity_and_category_choose_the_limit_and_no_limit_still_has_an_order(town, session):
    grave = dispatched(town, severity=Severity.GRAVE)
    assert running(town, grave)["handling"].due_at == hours(5)
    assert running(town, grave)["accept"].due_at == hours(1)
    session.execute(update(TimeLimit).values(until=MONDAY))
    report = placed(town)
    assert running(town, report) == {}
    assert report.due_at == report.created_at + timedelta(days=15)


def test_another_severity_has_another_limit_but_late_stays_late(town, session):
    report = dispatched(town)
    change = Reclassify(category="road_damage", severity=Severity.GRAVE, reason="塌得深")
    reclassify(session, report, change, by=town.by("left-1", report, hours(0.5)))
    assert running(town, report)["handling"].due_at == hours(5)
    assert report.due_at == hours(1), "to be accepted within the hour"
    milder = Reclassify(category="road_damage", severity=Severity.MINOR, reason="看错了")
    reclassify(session, report, milder, by=town.by("left-1", report, hours(2)))
    assert report.due_at == hours(1), "late stays late"
    assert running(town, report)["handling"].due_at == datetime(2026, 11, 30, 9, tzinfo=UTC)
    strange = Reclassify(category="no_such", severity=Severity.MINOR, reason="?")
    with pytest.raises(Unprocessable):
        reclassify(session, report, strange, by=town.by("left-1", report, hours(2)))


def test_a_question_stops_the_clock_until_the_answer_and_only_twice(town, session):
    report = placed(town)
    for number in range(3):
        at = MONDAY + timedelta(minutes=10 * number)
        ask(session, report, Ask(question="哪一侧？"), by=town.by("member", report, at))
        answer_at = at + timedelta(minutes=5)
        add(session, report, Add(note="北侧"), by=town.by("rider", report, answer_at))
    assert report.due_at == hours(5) + timedelta(minutes=10), "twice five minutes, not thrice"
    silent = placed(town)
    ask(session, silent, Ask(question="哪一侧？"), by=town.by("member", silent, MONDAY))
    assert silent.due_at == hours(29), "after 24 hours it goes on by itself"


def test_a_card_nobody_looks_at_goes_to_the_next_one_a_rung_a_miss(town, session):
    town.member("second", GRID)
    report = placed(town)
    first = report.assignee_id
    assert tick(town, hours(4)) == []
    assert tick(town, hours(4.2)) == [Lateness.SOON]
    assert tick(town, hours(5)) == [Lateness.OVERDUE]
    assert report.assignee_id not in (first, None)
    assert report.due_at == hours(25), "the next one has the whole time"
    event = session.scalars(
        select(ReportEvent).where(ReportEvent.report_id == report.id).order_by(ReportEvent.seq)
    ).all()[-1]
    assert (event.action, event.party, event.data["late"]) == ("reassign", "worker", True)
    tick(town, hours(25))
    assert report.assignee_id is None
    assert report.desk_code == LEFT, "no other member: the desk has it"
    tick(town, hours(49))
    assert report.desk_code == TOWN, "and then the desk above"
    assert verify_report(session, report) is None


def test_one_that_slept_tells_once_how_late_it_is_and_goes_one_rung(town, session):
    report = filed(town)
    assert report.due_at == hours(2)
    month = MONDAY + timedelta(days=30)
    told = tick(town, month)
    assert sorted(told) == sorted([Lateness.THRICE, Lateness.OVERDUE]), "dispatch and whole"
    assert notices(town, "due_soon") == 0
    assert report.desk_code == TOWN
    assert tick(town, month) == [], "nothing more to say"


@pytest.mark.parametrize(
    ("late_by", "desk"), [(1.5, LEFT), (2, TOWN), (5.9, TOWN), (7, CITY), (400, CITY)]
)
def test_a_case_not_dispatched_climbs_desk_by_desk(town, late_by, desk):
    report = filed(town)
    for step in range(0, int(late_by * 10) + 1):
        tick(town, hours(step / 10))
    assert report.desk_code == desk


def test_nobody_said_where_it_is_a_desk_is_asked_to_close_it(town, session):
    report = placed(town, pin=None)
    assert report.state == "needs_place"
    tick(town, MONDAY + timedelta(hours=47))
    assert report.state == "needs_place"
    tick(town, MONDAY + timedelta(hours=48))
    assert (report.state, report.outcome) == ("handled", "no_place")
    assert set(running(town, report)) == {"checking", "whole"}


def test_each_is_told_once_however_often_it_is_looked_at(town, session):
    report = dispatched(town)
    handling = running(town, report)["handling"]
    late = handling.due_at
    tick(town, late)
    before = notices(town, "overdue")
    handling.next_at, handling.told = late, "soon"
    session.flush()
    assert look(session, handling.id, city=town.city, now=late) is Lateness.OVERDUE
    assert notices(town, "overdue") == before
    assert look(session, handling.id, city=town.city, now=late) is None
    assert look(session, 10**9, city=town.city, now=late) is None


def test_what_fails_comes_again_and_holds_up_nobody(town, session):
    report = filed(town)
    clock = running(town, report)["dispatch"]
    postpone(session, clock.id, hours(2))
    session.flush()
    assert list_due(session, hours(2)) == []
    assert list_due(session, hours(2.2)) == [clock.id]


def test_a_desk_raises_what_it_cannot_settle_and_the_top_says_so(town, session):
    report = filed(town)
    for who, desk in (("left-1", TOWN), ("district", CITY)):
        raise_case(session, report, Raise(reason="跨区"), by=town.by(who, report))
        assert report.desk_code == desk
    with pytest.raises(Conflict, match="no_desk_above"):
        raise_case(session, report, Raise(reason="跨市"), by=town.by("city", report))


def test_passing_a_card_on_gives_the_next_one_the_whole_time(town, session):
    town.member("second", GRID)
    report = placed(town)
    by = town.by("member", report, hours(2))
    reassign(session, report, Reassign(reason="不在"), by=by, city=town.city)
    assert report.due_at == hours(7)


def test_the_desk_sees_what_is_late_and_the_rider_the_whole_case_alone(town, session):
    report, other = filed(town), placed(town, hours(1.5))
    now = hours(2.5)
    desk = town.actor("left-1")
    late = list_queue(session, desk, QueueFilter(view="overdue"), now=now).reports
    assert [row.id for row in late] == [report.id]
    assert [
        row.id for row in list_queue(session, desk, QueueFilter(overdue=True), now=now).reports
    ] == [report.id]
    counts = count_views(session, desk, now)
    assert (counts["overdue"], counts["due_today"], counts["to_dispatch"]) == (1, 1, 1)
    tick(town, hours(30))
    thrice = list_queue(session, desk, QueueFilter(view="thrice"), now=hours(30)).reports
    assert {row.id for row in thrice} == {report.id}
    assert other.state == "assigned"
    seen = report_body(session, report, seen_by=desk, now=now)
    assert {clock.stage: clock.late for clock in seen.clocks} == {
        "dispatch": "overdue",
        "whole": "in_time",
    }
    mine = report_body(session, report, seen_by=town.actor("rider"), now=now)
    assert [clock.stage for clock in mine.clocks] == ["whole"]
    assert session.get(Report, report.id).due_at == hours(2)


def test_clocks_looked_at_together_are_as_if_looked_at_one_by_one(town, session):
    cases = [dispatched(town, severity=Severity.GRAVE) for _ in range(3)]
    card = placed(town)
    due = list_due(session, hours(5))
    assert len(due) == 7, "acceptance and handling of three cases, and a card"
    looked = look_together(session, due, now=hours(5))
    cards = running(town, card)["triage"].id
    assert cards not in looked, "whom a card goes to is locked: that is a step by itself"
    assert {session.get_one(Clock, id_).report_id for id_ in looked} == {r.id for r in cases}
    assert len(looked) == 3, "one clock of each case, the rest when that one's step is known"
    assert notices(town, "thrice_overdue") == 3 * 3, "two at the desk and one at the unit"
    assert [case.raised for case in cases] == [True] * 3
    assert look_together(session, due, now=hours(5)) != looked
    assert tick(town, hours(5)) == [Lateness.OVERDUE]
    assert list_due(session, hours(5)) == []
    assert all(verify_report(session, report) is None for report in [*cases, card])


def test_a_sweep_cut_off_loses_no_clock_and_tells_nobody_twice(town, session):
    for _ in range(6):
        dispatched(town)
    session.commit()
    at = hours(4.2)
    due = list_due(session, at)
    assert len(due) == 6
    assert len(look_together(session, due[:2], now=at)) == 2
    session.commit()
    look_together(session, due[2:4], now=at)
    session.rollback()  # killed before its commit
    assert notices(town, "due_soon") == 2
    assert list_due(session, at) == due[2:]
    assert len(look_together(session, due, now=at)) == 4
    assert notices(town, "due_soon") == 6


def test_a_case_that_somebody_acts_on_is_left_for_later_and_holds_up_no_other(
    town, app, session, settings
):
    if settings.database_url.startswith("sqlite"):
        pytest.skip("one writer at a time there: a sweep waits for the whole database")
    held, other = dispatched(town), dispatched(town)
    session.commit()
    due, at = list_due(session, hours(4.2)), hours(4.2)
    with Session(db.engine) as colleague:
        get_report_by_id(colleague, held.id, lock=True)
        looked = look_together(session, due, now=at)
        assert [session.get_one(Clock, id_).report_id for id_ in looked] == [other.id]
        colleague.rollback()
    assert len(look_together(session, due, now=at)) == 1
