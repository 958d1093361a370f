"""What a step taken back leaves behind: nothing; and what a rest or a call leaves of a promise."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.catalog.models import Unit
from civicprobe.db import utc_now
from civicprobe.notices.models import Notice
from civicprobe.outbox import OutboxRow
from civicprobe.reports.bonds import Tie
from civicprobe.reports.lifecycle.commands import (
    BlowWhistle,
    Extend,
    Merge,
    Suspend,
    SuspendGround,
    Undo,
    Unmerge,
)
from civicprobe.reports.lifecycle.commands import Resume as GoOn
from civicprobe.reports.models import Clock, Photo
from civicprobe.reports.orders import Whistle
from civicprobe.reports.services.alarm import alarm, call_next
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.extend import extend
from civicprobe.reports.services.merge import merge, unmerge
from civicprobe.reports.services.suspend import resume, suspend
from civicprobe.reports.services.undo import undo
from civicprobe.reports.services.whistle import whistle
from tests.unit.reports.services.test_arc import dispatched, filed, handled

DAY = timedelta(days=1)


def take_back(town, report, who):
    town.session.execute(delete(OutboxRow))
    undo(town.session, report, Undo(), by=town.by(who, report))
    return {row.topic: row.payload for row in town.session.scalars(select(OutboxRow))}


def test_a_merge_undone_before_the_place_was_known_is_weighed_again(town, session):
    primary, report = town.assigned(), town.reported()
    merge(session, report, Merge(primary=primary.number), by=town.by("city", report))
    assert take_back(town, report, "city")["enrich"] == {"report_id": report.id}
    assert report.state == "received"


def test_what_moved_along_with_an_undone_merge_comes_back(town, session):
    child, report, primary = town.assigned(), town.assigned(), town.assigned()
    reporter = create_device(session, new_token(), now=utc_now())
    child.reporter_id = reporter.id
    session.flush()
    merge(session, child, Merge(primary=report.number), by=town.by("left-1", child))
    session.execute(delete(OutboxRow))
    merge(session, report, Merge(primary=primary.number), by=town.by("left-1", report))
    about = [row.payload.get("about") for row in session.scalars(select(OutboxRow))]
    assert "rider_follows" not in about
    assert (child.primary_id, primary.followers, report.followers) == (primary.id, 2, 0)
    take_back(town, report, "left-1")
    session.expire_all()
    assert (child.state, child.primary_id) == ("merged", report.id)
    assert (primary.followers, report.followers) == (0, 1)
    ties = session.execute(select(Tie.report_id, Tie.device_id, Tie.via_id)).all()
    assert ties == [(report.id, reporter.id, child.id)]
    assert [verify_report(session, each) for each in (child, report, primary)] == [None] * 3


def test_a_card_that_comes_back_asks_whether_its_member_still_serves(town):
    report = filed(town)
    member = town.accounts["member"].id
    later = take_back(town, report, "member")
    assert report.state == "assigned"
    assert later["hand_over"] == {"account_id": member, "why": "away"}


def test_evidence_of_an_undone_step_may_be_used_again(town, session):
    report = handled(town)
    used = select(Photo.used_seq).where(Photo.report_id == report.id, Photo.kind == "evidence")
    assert session.scalars(used).all() == [report.seq]
    take_back(town, report, "unit-roads")
    assert session.scalars(used).all() == [None]


def test_whistles_stopped_by_an_undone_merge_call_again(town, session):
    primary, report, until = town.assigned(), dispatched(town), utc_now() + DAY
    lights = Unit(code="lights", name_zh="l", name_en="l", area_code="510104", active=True)
    session.add(lights)
    session.flush()
    units = (town.units["drains"].id, lights.id)
    call = BlowWhistle(units=units, question="请到场", until=until)
    whistle(session, report, call, by=town.by("left-1", report))
    first = session.scalars(select(Whistle).order_by(Whistle.id)).first()
    heard = BlowWhistle(step="acknowledge", whistle=first.id)
    whistle(session, report, heard, by=town.by("unit-drains", report))
    merge(session, report, Merge(primary=primary.number), by=town.by("left-1", report))
    states = select(Whistle.state).order_by(Whistle.id)
    assert session.scalars(states).all() == ["cancelled", "cancelled"]
    take_back(town, report, "left-1")
    session.expire_all()
    assert session.scalars(states).all() == ["acknowledged", "called"]
    clocks = session.scalars(select(Clock).where(Clock.whistle_id.is_not(None))).all()
    assert [(clock.ended_at, clock.next_at is None) for clock in clocks] == [(None, False)] * 2


def test_an_extension_is_not_eaten_by_a_rest(town, session):
    report, now = dispatched(town), utc_now()
    until = now + 30 * DAY
    extend(session, report, Extend(until=until, reason="等料"), by=town.by("left-1", report))
    photos = (town.evidence(report, "district"),)
    rest = Suspend(ground=SuspendGround.SEASON, photos=photos, review_at=now + 20 * DAY)
    suspend(session, report, rest, by=town.by("district", report, now + DAY))
    resume(session, report, GoOn(), by=town.by("left-1", report, now + 11 * DAY))
    clock = session.scalar(select(Clock).where(Clock.stage == "handling"))
    assert clock.until_at == clock.due_at == until + 10 * DAY


def test_whom_the_next_call_reaches_is_told_once(town, session):
    report, now = town.assigned(urgent=True), utc_now()
    alarm(session, report.id, city=town.city, now=now)
    city = select(func.count()).where(Notice.account_id == town.accounts["city"].id)
    assert session.scalar(city) == 0
    for minutes in (5, 10):
        call_next(session, report, now + timedelta(minutes=minutes))
    assert session.scalar(city) == 1


def test_what_is_parted_from_its_primary_is_weighed_anew(town, session):
    report, primary = town.assigned(pin=None), town.assigned()
    merge(session, report, Merge(primary=primary.number), by=town.by("city", report))
    session.execute(delete(OutboxRow))
    unmerge(session, report, Unmerge(reason="不是同一处"), by=town.by("city", report))
    assert report.state == "needs_place"
    assert "enrich" in session.scalars(select(OutboxRow.topic)).all()


def test_what_rests_within_its_extension_is_due_at_no_moment(town, session):
    """The first limit is over by then, three times that is not: found by a simulated month."""
    report, now = dispatched(town), utc_now()
    clock = session.scalar(select(Clock).where(Clock.stage == "handling"))
    between, until = clock.due_at + (clock.thrice_at - clock.due_at) / 2, clock.thrice_at + DAY
    extend(session, report, Extend(until=until, reason="等料"), by=town.by("left-1", report, now))
    photos = (town.evidence(report, "district"),)
    rest = Suspend(ground=SuspendGround.SEASON, photos=photos, review_at=between + 20 * DAY)
    suspend(session, report, rest, by=town.by("district", report, between))
    assert (clock.warn_at, clock.due_at, clock.thrice_at, clock.next_at) == (None,) * 4
    resume(session, report, GoOn(), by=town.by("left-1", report, between + 10 * DAY))
    assert clock.due_at == until + 10 * DAY
    assert clock.next_at is not None
