"""A member's plan, taps and leave; whether they serve at all."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from civicprobe.accounts.models import Account
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.errors import Conflict, NotFound, Unprocessable
from civicprobe.grid.choosing import WhyNot
from civicprobe.grid.duty import RIDER_QUIET, Window
from civicprobe.grid.duty_text import read_quiet, read_week, show_spans, show_week, week_of
from civicprobe.grid.models import Member
from civicprobe.grid.people import get_member, roster
from civicprobe.grid.queries import member_grids
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.duty import Plan, set_plan, tap
from civicprobe.grid.services.enrol import assign_grids, enrol
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.grid.services.leave import Days, end_leave, take_leave
from civicprobe.grid.services.standing import end_enrolment, reinstate, suspend
from civicprobe.outbox import OutboxRow
from tests.unit.grid.conftest import LEFT, toy_map

MICRO = f"{LEFT}001001001"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=CITY_ZONE)  # a Tuesday
TODAY = date(2026, 11, 24)
DAYTIME = tuple(Window(day, 8 * 60, 20 * 60) for day in range(7))


@pytest.fixture
def member(session, account_of):
    write_areas(session, new_edition(session, "2026-1", now=NOW), toy_map())
    activate(session, "2026-1", now=NOW)
    made = enrol(session, account_of("zhang"), "张师傅", now=NOW)
    assign_grids(session, made.id, [MICRO])
    return made


@pytest.fixture
def other(session, member, account_of):
    return enrol(session, account_of("li"), "小李", now=NOW)


def away(session, member, at=NOW):
    found = roster(session, [MICRO], now=at)
    return next(s.away for s in found.members[MICRO] if s.account_id == member.account_id)


def refused(call, *args, **kwargs):
    with pytest.raises(Unprocessable) as caught:
        call(*args, **kwargs)
    return [(fault.field, fault.code) for fault in caught.value.fields]


def test_a_plan_is_kept_and_looked_at(session, member):
    set_plan(session, member, Plan(DAYTIME, RIDER_QUIET, True, 3))
    assert away(session, member) is None
    assert away(session, member, NOW.replace(hour=12)) is WhyNot.QUIET_HOURS
    assert away(session, member, NOW.replace(hour=7)) is WhyNot.OFF_SHIFT
    assert away(session, member, NOW.replace(month=10, day=1)) is WhyNot.HOLIDAY
    (server,) = roster(session, [MICRO], now=NOW).members[MICRO]
    assert server.cap == 3


def test_a_plan_has_limits(session, member):
    twice = (Window(0, 60, 180), Window(0, 120, 240))
    assert refused(set_plan, session, member, Plan(twice)) == [("windows", "spans_overlap")]
    for cap in (0, 201):
        faults = refused(set_plan, session, member, Plan(cap=cap))
        assert faults == [("cap", "cap_out_of_range")]


def test_one_tap_off_and_one_tap_on_again(session, member):
    set_plan(session, member, Plan(DAYTIME, RIDER_QUIET))
    tap(session, member, on=False, now=NOW)
    assert away(session, member) is WhyNot.OFF_DUTY
    assert away(session, member, NOW + timedelta(days=1)) is None
    tap(session, member, on=True, now=NOW)
    assert away(session, member) is None
    late = NOW.replace(hour=22)
    tap(session, member, on=True, now=late)
    assert away(session, member, late) is None
    assert away(session, member, late + timedelta(hours=5)) is WhyNot.OFF_SHIFT


def test_leave_begins_now_with_somebody_who_stands_in(session, member, other):
    leave = take_leave(session, member, Days(TODAY, TODAY, other.id), by_id=None, now=NOW)
    found = roster(session, [MICRO], now=NOW)
    assert [(s.alias, s.away, s.stands_in) for s in found.members[MICRO]] == [
        ("张师傅", WhyNot.ON_LEAVE, None),
        ("小李", None, "张师傅"),
    ]
    tomorrow = NOW + timedelta(days=1)
    assert [s.alias for s in roster(session, [MICRO], now=tomorrow).members[MICRO]] == ["张师傅"]
    work = session.scalars(select(OutboxRow).where(OutboxRow.topic == "hand_over")).one()
    assert work.payload == {"account_id": member.account_id, "why": "on_leave"}
    again = take_leave(session, member, Days(TODAY, TODAY, other.id), by_id=None, now=NOW)
    assert again.id == leave.id


def test_leave_to_come_hands_over_when_it_begins(session, member):
    first = TODAY + timedelta(days=3)
    leave = take_leave(session, member, Days(first, first), by_id=None, now=NOW)
    work = session.scalars(select(OutboxRow).where(OutboxRow.topic == "hand_over")).one()
    assert work.due_at == leave.starts_at == datetime(2026, 11, 27, tzinfo=CITY_ZONE)
    end_leave(session, member, leave.id, now=NOW)
    assert away(session, member, leave.starts_at) is None


def test_back_early(session, member):
    leave = take_leave(session, member, Days(TODAY, TODAY), by_id=None, now=NOW)
    hour_later = NOW + timedelta(hours=1)
    end_leave(session, member, leave.id, now=hour_later)
    assert away(session, member, hour_later) is None
    with pytest.raises(NotFound, match="no_leave"):
        end_leave(session, member, 999, now=NOW)


def test_leave_that_makes_no_sense_is_refused(session, member, other):
    def faults(*days):
        return refused(take_leave, session, member, Days(*days), by_id=None, now=NOW)

    day = timedelta(days=1)
    assert faults(TODAY - day, TODAY - day) == [("last", "days_out_of_order")]
    assert faults(TODAY + day, TODAY) == [("last", "days_out_of_order")]
    assert faults(TODAY, TODAY + 400 * day) == [("last", "days_too_many")]
    assert faults(TODAY, TODAY, member.id) == [("substitute", "no_such_member")]
    assert faults(TODAY, TODAY, 999) == [("substitute", "no_such_member")]
    take_leave(session, other, Days(TODAY, TODAY), by_id=None, now=NOW)
    assert faults(TODAY, TODAY + day, other.id) == [("substitute", "substitute_away")]
    take_leave(session, member, Days(TODAY, TODAY + 3 * day), by_id=None, now=NOW)
    assert faults(TODAY + day, TODAY + 9 * day) == [("first", "on_leave_already")]


def test_suspended_reinstated_and_gone_for_good(session, member):
    suspend(session, member, now=NOW)
    suspend(session, member, now=NOW)
    assert away(session, member) is WhyNot.SUSPENDED
    reinstate(session, member)
    assert away(session, member) is None
    end_enrolment(session, member, now=NOW)
    end_enrolment(session, member, now=NOW)
    assert member_grids(session, member.account_id) == []
    assert not session.get(Account, member.account_id).active
    found = roster(session, [], now=NOW, accounts=[member.account_id])
    assert found.named[member.account_id].away is WhyNot.INACTIVE
    for change in (lambda: suspend(session, member, now=NOW), lambda: reinstate(session, member)):
        with pytest.raises(Conflict, match="enrolment_ended"):
            change()
    rows = session.scalars(select(OutboxRow).where(OutboxRow.topic == "hand_over")).all()
    assert [row.payload["why"] for row in rows] == ["suspended", "ended"]


def test_nobody_is_no_member(session):
    with pytest.raises(NotFound, match="no_member"):
        get_member(session, 99)
    assert session.scalars(select(Member)).all() == []


def test_a_week_is_written_as_people_write_it():
    text = "1 08:00-12:00, 14:00-18:00; 5 22:00-06:00"
    week = read_week(text)
    assert week[-1] == Window(4, 22 * 60, 6 * 60)
    assert show_week([[w.weekday, w.start, w.end] for w in week]) == text
    assert read_week("") == ()
    assert read_quiet("11:00–13:00，17：00至19:00") == RIDER_QUIET
    assert show_spans(RIDER_QUIET) == "11:00-13:00, 17:00-19:00"
    assert week_of({0: "0:00-24:00"}) == (Window(0, 0, 0),)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("8 08:00-12:00", "spans_malformed"),
        ("1 8-12", "spans_malformed"),
        ("1 08:00-25:00", "spans_malformed"),
        ("1 08:00-12:60", "spans_malformed"),
        ("1 08:00-12:00; 1 13:00-14:00", "spans_malformed"),
        ("1", "spans_malformed"),
        ("=1+1", "spans_malformed"),
        ("1 08:00-12:00 11:00-13:00", "spans_overlap"),
        ("1 " + " ".join(f"{h:02d}:{m:02d}-{h:02d}:{m + 1:02d}" for h in range(24) for m in (0, 3)),
         "too_many_spans"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_whole(text, code):
    assert refused(read_week, text) == [("windows", code)]
