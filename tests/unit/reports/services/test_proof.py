"""Tampering with what is kept is found and named: any column, order, loss, rewriting."""

from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, text, update
from sqlalchemy.orm.attributes import set_committed_value

from civicprobe.db import utc_now
from civicprobe.reports.lifecycle.chain import link_hash
from civicprobe.reports.lifecycle.commands import Add, FileReport
from civicprobe.reports.lifecycle.table import Severity
from civicprobe.reports.models import EventPrivate, Report, ReportEvent
from civicprobe.reports.models_proof import Seal, SealedHead
from civicprobe.reports.services.add import add
from civicprobe.reports.services.audit import _link, verify, verify_report
from civicprobe.reports.services.review import file
from civicprobe.reports.services.seal import due_day, seal_day, verify_seals
from civicprobe.reports.services.walk_chains import find_walk, last_walk, walk_on

# For each column of an event a value that none of the events below has there.
OTHER = {
    "report_id": None,  # to the neighbour's chain
    "seq": 9,
    "at": utc_now() - timedelta(days=9),
    "action": "rate",
    "party": "unit",
    "account_id": None,  # to another account
    "from_state": "merged",
    "to_state": "merged",
    "audience": "office",
    "data": {"outcome": "fixed"},
    "private_hash": "0" * 64,
    "before_hash": "1" * 64,
    "hash": "2" * 64,
}
PRIVATE = {"report_id": None, "seq": 9, "salt": b"0" * 16, "body": {"note": "别的话"}}


@pytest.fixture
def unguarded(session):
    """The triggers are gone, as for one who owns the database."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("DROP TRIGGER report_events_append_only ON report_events"))
    else:
        for change in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER report_events_no_{change}"))
        session.commit()
        session.execute(text("PRAGMA defer_foreign_keys = ON"))


def story(town):
    report = town.assigned()
    command = FileReport(category="rubbish", severity=Severity.ORDINARY, note="看过")
    file(town.session, report, command, by=town.by("member", report))
    add(town.session, report, Add(note="还在那里"), by=town.by("rider"))
    town.session.flush()
    return report


def sealed(session, now):
    day = due_day(session, now)
    assert day is not None
    return seal_day(session, day, now=now)


def broken(session):
    session.expire_all()
    return [(finding.number, finding.fault.seq) for finding in verify(session) if finding.fault]


def test_every_column_is_tried():
    assert set(OTHER) == {column.key for column in inspect(ReportEvent).columns}
    assert set(PRIVATE) == {column.key for column in inspect(EventPrivate).columns}


def test_an_edit_of_any_column_of_any_event_is_found(town, session, unguarded):
    report, neighbour = story(town), town.reported()
    number, report_id = report.number, report.id
    known = {"report_id": neighbour.id, "account_id": town.accounts["right-2"].id}
    assert broken(session) == []
    for column, other in OTHER.items():
        # The neighbour's chain has events 1 and 2 itself.
        for seq in (4,) if column == "report_id" else (1, 2, 4):
            edit = session.begin_nested()
            session.execute(
                update(ReportEvent)
                .where(ReportEvent.report_id == report_id, ReportEvent.seq == seq)
                .values({column: known.get(column, other)})
            )
            found = broken(session)
            edit.rollback()
            assert found, (column, seq)
            assert found[0] in {(number, seq), (number, seq + 1)}, (column, seq)
    assert broken(session) == []


def test_other_words_beside_an_event_are_found(town, session):
    report, neighbour = story(town), town.reported()
    report_id, other_id = report.id, neighbour.id
    for column, value in PRIVATE.items():
        edit = session.begin_nested()
        session.execute(
            update(EventPrivate)
            .where(EventPrivate.report_id == report_id, EventPrivate.seq == 3)
            .values({column: other_id if column == "report_id" else value})
        )
        assert broken(session), column
        edit.rollback()


def test_a_step_taken_while_a_chain_is_read_is_no_tampering(town, session):
    report = story(town)
    read = report.seq, report.head_hash
    add(session, report, Add(note="又一句"), by=town.by("rider"))
    session.flush()
    for name, value in zip(("seq", "head_hash"), read, strict=True):
        set_committed_value(report, name, value)
    assert verify_report(session, report) is None


@pytest.mark.parametrize("seq", [1, 2, 4])
def test_a_lost_event_is_found(town, session, unguarded, seq):
    report = story(town)
    number = report.number
    session.execute(
        text("DELETE FROM report_events WHERE report_id = :id AND seq = :seq"),
        {"id": report.id, "seq": seq},
    )
    assert broken(session) == [(number, seq)]


def test_a_changed_order_is_found(town, session, unguarded):
    report = story(town)
    number = report.number
    for old, new in ((2, 90), (3, 2), (90, 3)):
        session.execute(
            update(ReportEvent)
            .where(ReportEvent.report_id == report.id, ReportEvent.seq == old)
            .values(seq=new)
        )
    assert broken(session) == [(number, 2)]


def test_the_triggers_stand(town, session):
    story(town)
    session.commit()
    for statement in ("UPDATE report_events SET audience = 'office'", "DELETE FROM report_events"):
        with pytest.raises(Exception, match="never changed"):
            session.execute(text(statement))
        session.rollback()


def test_a_chain_rewritten_hashes_and_all_meets_the_seal(town, session, unguarded):
    report = story(town)
    sealed(session, utc_now())
    assert list(verify_seals(session)) == []
    before = ""
    for event in session.scalars(
        select(ReportEvent).where(ReportEvent.report_id == report.id).order_by(ReportEvent.seq)
    ):
        session.expunge(event)
        event.at -= timedelta(days=1)
        event.before_hash = before
        before = link_hash(str(report.uuid), _link(event))
        session.execute(
            update(ReportEvent)
            .where(ReportEvent.report_id == report.id, ReportEvent.seq == event.seq)
            .values(at=event.at, before_hash=event.before_hash, hash=before)
        )
    session.execute(update(Report).where(Report.id == report.id).values(head_hash=before))
    number = report.number
    assert broken(session) == []
    (fault,) = verify_seals(session)
    assert (fault.code, fault.number, fault.seq) == ("rewritten_after_seal", number, 4)


def test_a_report_that_is_gone_altogether_meets_the_seal(town, session, unguarded):
    report = story(town)
    sealed(session, utc_now())
    number, report_id = report.number, report.id
    for table in ("report_events", "event_privates", "clocks", "undoables", "reports"):
        column = "id" if table == "reports" else "report_id"
        gone = f"DELETE FROM {table} WHERE {column} = :id"  # noqa: S608
        session.execute(text(gone), {"id": report_id})
    assert broken(session) == []
    (fault,) = verify_seals(session)
    assert (fault.code, fault.number) == ("sealed_event_lost", number)


def test_seals_hold_each_other(town, session):
    now, report = utc_now(), story(town)
    first = sealed(session, now)
    assert (first.reports, first.heads) == (1, 1)
    assert due_day(session, now) is None
    add(session, report, Add(note="再说一句"), by=town.by("rider"))
    quiet = town.assigned()
    second = sealed(session, now + timedelta(days=1))
    third = sealed(session, now + timedelta(days=2))
    assert (second.heads, third.heads) == (2, 0)
    assert list(verify_seals(session)) == []
    for change, code in [
        (update(Seal).where(Seal.id == 1).values(reports=7), "seal_edited"),
        (update(Seal).where(Seal.id == 2).values(before_hash="0" * 64), "seal_lost"),
        (
            update(SealedHead).where(SealedHead.report_id == quiet.id).values(hash="0" * 64),
            "seal_heads_edited",
        ),
    ]:
        session.commit()
        session.execute(change)
        session.expire_all()
        assert next(verify_seals(session)).code == code
        session.rollback()


def test_the_nightly_walk_goes_on_where_it_was_and_keeps_what_it_met(town, session, monkeypatch):
    monkeypatch.setattr("civicprobe.reports.services.walk_chains.PART", 1)
    now, bad = utc_now(), story(town)
    town.assigned()
    session.execute(update(Report).where(Report.id == bad.id).values(head_hash="0" * 64))
    walk, number = find_walk(session, now), bad.number
    assert walk is not None
    assert walk_on(session, walk, now=now)
    session.commit()
    again = find_walk(session, now)
    assert again is not None
    assert again.id == walk.id
    assert walk_on(session, walk, now=now)
    assert not walk_on(session, walk, now=now)
    assert find_walk(session, now) is None
    tomorrow = find_walk(session, now + timedelta(days=1))
    assert tomorrow is not None
    assert tomorrow.id != walk.id
    assert (walk.checked, walk.broken) == (2, 1)
    assert walk.faults[0]["number"] == number
    assert last_walk(session) is tomorrow
