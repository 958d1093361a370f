"""Many people at once: one wins, the others are told, the chain holds, nobody waits for ever."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.accounts.queries import actor_of_account
from civicprobe.db import db, utc_now
from civicprobe.errors import Conflict
from civicprobe.notices.models import Notice
from civicprobe.reports.lifecycle.commands import Add, Dispatch, FileReport, Merge, Undo, Unmerge
from civicprobe.reports.lifecycle.table import Severity, Topic
from civicprobe.reports.queries import get_report_by_id
from civicprobe.reports.services.add import add
from civicprobe.reports.services.audit import verify
from civicprobe.reports.services.dispatch import dispatch
from civicprobe.reports.services.merge import merge, unmerge
from civicprobe.reports.services.photos import StoredPhoto, add_photo
from civicprobe.reports.services.review import file
from civicprobe.reports.services.tell import tell
from civicprobe.reports.services.undo import undo
from civicprobe.reports.transitions import By

FILED = FileReport(category="other", severity=Severity.MINOR)


def run_in(app, job):
    """Run one job with a session of its own; `done`, or the code of its conflict."""
    with app.app_context():
        try:
            job(db.session())
            db.session.commit()
        except Conflict as fault:
            db.session.rollback()
            return fault.code
        return "done"


def at_once(app, jobs):
    """Run each job in a thread with its own session; what each gave or raised."""
    db.session.rollback()
    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(partial(run_in, app), jobs))
    db.session.expire_all()
    return results


def test_of_many_moves_on_one_version_one_wins(town, app, session):
    report = town.assigned()
    session.commit()
    row_id = report.id
    by = town.by("member", report)

    def move(own):
        file(own, get_report_by_id(own, row_id, lock=True), FILED, by=by)

    assert at_once(app, [move] * 12) == {"done": 1, "stale_version": 11}
    assert all(finding.fault is None for finding in verify(session))


def test_the_guard_decides_also_without_the_lock(town, app, session):
    report = town.assigned()
    session.commit()
    row_id = report.id
    by = town.by("member", report)

    def move(own):
        file(own, get_report_by_id(own, row_id), FILED, by=by)

    assert at_once(app, [move] * 12)["done"] == 1
    assert all(finding.fault is None for finding in verify(session))


def test_entries_queue_up_and_none_is_lost(town, app, session):
    report = town.assigned()
    session.commit()
    row_id = report.id
    actor = actor_of_account(session, town.accounts["member"])

    def enter(own):
        locked = get_report_by_id(own, row_id, lock=True)
        add(own, locked, Add(note="看到了"), by=By(actor, utc_now()))

    assert at_once(app, [enter] * 20) == {"done": 20}
    assert get_report_by_id(session, row_id).seq == 22
    assert all(finding.fault is None for finding in verify(session))


def test_two_hundred_actions_on_fifty_reports(town, app, session):
    row_ids = [town.assigned().id for _ in range(50)]
    session.commit()
    actors = {name: town.actor(name) for name in ("member", "left-1", "left-2", "district")}
    units = [unit.id for unit in town.units.values()]

    def filing(row_id, name):
        def job(own):
            locked = get_report_by_id(own, row_id, lock=True)
            file(own, locked, FILED, by=By(actors[name], utc_now(), 2))
            dispatch(own, locked, Dispatch(unit=units[0]), by=By(actors["left-1"], utc_now()))

        return job

    jobs = [filing(row_id, name) for name in actors for row_id in row_ids]
    assert at_once(app, jobs) == {"done": 50, "stale_version": 150}
    assert all(finding.fault is None for finding in verify(session))


def test_one_photo_sent_many_times_at_once_is_one_photo(town, app, session):
    report = town.reported(photos=1)
    session.commit()
    row_id = report.id
    by = town.by("rider")
    stored = StoredPhoto(uuid4().hex * 2, "image/jpeg", 10)

    def send(own):
        add_photo(own, get_report_by_id(own, row_id), 1, stored, by=by)

    assert at_once(app, [send] * 10) == {"done": 10}
    assert get_report_by_id(session, row_id).photos_settled == 1


def test_two_workers_that_tell_one_matter_at_once_tell_it_once(town, app, session):
    report = town.assigned()
    session.commit()
    row_id, seq = report.id, report.seq

    def say(own):
        tell(own, row_id, seq, Topic.DESK_DISPATCH, now=utc_now())

    assert at_once(app, [say] * 8) == {"done": 8}
    told = session.scalars(select(Notice.account_id)).all()
    assert len(told) == len(set(told)) == 2, "both officers of the street"


def test_a_primary_is_never_waited_for_while_what_it_leads_is_held(town, app, session):
    """Who merges a primary waits for what it leads; who parts one of these gives way."""
    child, primary, now = town.assigned(), town.assigned(), utc_now()
    merge(session, child, Merge(primary=primary.number), by=town.by("left-1", child, now))
    session.commit()
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has one lock for all")
    with Session(session.get_bind()) as other:
        get_report_by_id(other, primary.id, lock=True)
        get_report_by_id(session, child.id, lock=True)
        with pytest.raises(Conflict, match="primary_busy"):
            unmerge(session, child, Unmerge(reason="不是同一处"), by=town.by("left-1", child, now))
        with pytest.raises(Conflict, match="primary_busy"):
            undo(session, child, Undo(), by=town.by("left-1", child, now))
        session.rollback()
    unmerge(session, child, Unmerge(reason="不是同一处"), by=town.by("left-1", child))
    assert child.state == "assigned"
