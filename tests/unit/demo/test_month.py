"""A month in small: nothing is stuck, every chain holds, and what would be stuck is seen."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from civicprobe import outbox
from civicprobe.db import utc_now
from civicprobe.demo.follow_up import WORKS, advance
from civicprobe.demo.month import FUNNEL, Plan, judge, simulate
from civicprobe.grid.coords import Point
from civicprobe.reports.lifecycle.table import State
from civicprobe.reports.models import Clock, Report
from tests.town import SPOT, build_town
from tests.unit.grid.conftest import SIDE, SOUTH, WEST

PLAN = Plan(utc_now() - timedelta(days=12), reports=6, days=2, after_days=10)
SPOTS = (SPOT, Point(SOUTH + SIDE / 2, WEST + 1.5 * SIDE))
PICTURE = {"state": "stored", "sha256": "0" * 64}


@pytest.fixture
def town(session, settings):
    return build_town(session, settings)


def test_a_month_ends_with_nothing_stuck_and_tells_its_funnel(town, session):
    heard = []
    found = simulate(
        session, town.city, SPOTS, [PICTURE], PLAN, say=lambda *said: heard.append(said)
    )
    assert found.reports == sum(found.states.values()) == PLAN.reports
    assert (found.stuck, found.broken, heard) == ([], [], [])
    assert [name for name, _ in found.funnel()] == list(FUNNEL)
    assert dict(found.funnel())["submit"] == PLAN.reports
    assert dict(found.funnel())["close"] >= 1
    assert found.hours_to_close
    # What the judge would say of a report whose clocks are gone, and of one that was left behind.
    now = utc_now()
    left, tampered = session.scalars(select(Report).order_by(Report.id.desc()).limit(2)).all()
    session.execute(delete(Clock).where(Clock.report_id == left.id))
    for report, state in ((left, State.FILED), (tampered, State.SUSPENDED)):
        session.execute(update(Report).where(Report.id == report.id).values(state=state))
    session.expire_all()
    found = judge(session, now, since=PLAN.start)
    assert left.number in found.stuck
    assert set(found.broken) == {left.number, tampered.number}


def test_all_follow_up_work_but_copies_and_the_new_calendar_is_done():
    assert set(outbox.TOPICS) - set(WORKS) == {"pictures", "reckon", "give_up"}


def test_time_passes_piece_by_piece_in_its_order(town, session):
    report = town.reported()
    session.commit()
    before = session.scalar(select(Clock.next_at).where(Clock.report_id == report.id))
    assert advance(session, town.city, utc_now()) >= 2
    assert session.get_one(Report, report.id).state == State.ASSIGNED
    assert advance(session, town.city, before + timedelta(days=1)) >= 1
    told = session.scalars(select(Clock.told).where(Clock.report_id == report.id)).all()
    assert set(told) != {"in_time"}
