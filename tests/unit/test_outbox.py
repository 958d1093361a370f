"""Follow-up work: claimed once, counted before it starts, done with its transaction, never lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from civicprobe import outbox
from civicprobe.db import db, utc_now
from civicprobe.outbox import MAX_STARTS, OutboxRow

NOW = utc_now()


def written(session, **changes):
    row = outbox.write(session, "enrich", now=NOW, **{"report_id": 1, **changes})
    session.commit()
    return row


def test_an_unknown_topic_is_a_programming_error(session):
    with pytest.raises(ValueError, match="no such topic"):
        outbox.write(session, "nonsense", now=NOW)


def test_what_is_rolled_back_was_never_asked(session):
    outbox.write(session, "enrich", now=NOW, report_id=1)
    session.rollback()
    assert not outbox.any_due(session, NOW)


def test_only_what_is_due_is_claimed_and_only_once(session):
    written(session)
    later = written(session, due_at=NOW + timedelta(minutes=10))
    assert outbox.any_due(session, NOW)
    assert len(outbox.claim(session, NOW)) == 1
    session.commit()
    assert outbox.claim(session, NOW) == []
    assert [row.id for row in outbox.claim(session, NOW + timedelta(minutes=11))][-1] == later.id


def test_what_the_broker_lost_is_sent_again_and_further_apart(session):
    row = written(session)
    moment, gaps = NOW, []
    for _ in range(6):
        assert [claimed.id for claimed in outbox.claim(session, moment)] == [row.id]
        session.commit()
        gaps.append((row.due_at - moment).total_seconds())
        moment = row.due_at
    assert gaps == [60, 120, 300, 900, 900, 900]


def test_what_the_broker_would_not_take_is_due_again_in_a_second(session):
    row = written(session)
    outbox.claim(session, NOW)
    outbox.put_back(session, [row.id], NOW)
    session.commit()
    session.refresh(row)
    assert (row.due_at - NOW, row.sends) == (timedelta(seconds=1), 0)


def test_done_is_done_once(session):
    row = written(session)
    assert outbox.start(session, row.id)
    assert outbox.finish(session, row.id, NOW)
    assert not outbox.finish(session, row.id, NOW)
    assert not outbox.start(session, row.id)
    assert outbox.claim(session, NOW + timedelta(days=1)) == []


def test_after_five_starts_it_fails_is_kept_and_goes_before_a_person(session):
    row = written(session)
    for _ in range(MAX_STARTS):
        assert outbox.start(session, row.id)
    assert not outbox.start(session, row.id)
    assert outbox.claim(session, NOW + timedelta(minutes=2)) == []
    session.commit()
    session.refresh(row)
    assert row.state == "failed"
    (person,) = outbox.claim(session, NOW + timedelta(minutes=2))
    assert (person.topic, person.payload) == ("give_up", {"failed_id": row.id})
    assert outbox.counts(session) == {"failed": 1, "waiting": 1}


def test_a_failed_row_is_replayed_with_a_fresh_count(session):
    row = written(session)
    row.state, row.starts, row.ended_at = "failed", MAX_STARTS, NOW
    session.commit()
    assert outbox.replay(session, NOW) == 1
    session.commit()
    session.refresh(row)
    assert (row.state, row.starts, row.sends) == ("waiting", 0, 0)


def test_an_error_is_kept_and_brings_the_next_try_forward(session):
    row = written(session)
    outbox.claim(session, NOW)
    outbox.start(session, row.id)
    outbox.note_error(session, row.id, "x" * 500, NOW)
    session.commit()
    session.refresh(row)
    assert row.due_at == NOW + timedelta(seconds=2)
    assert len(row.error) == 200


def test_finished_rows_go_after_thirty_days_and_failed_ones_stay(session):
    old = NOW - timedelta(days=31)
    for state, ended in (("done", old), ("done", NOW), ("failed", old)):
        row = written(session)
        row.state, row.ended_at = state, ended
    session.commit()
    assert outbox.sweep(session, NOW) == 1
    states = session.scalars(select(OutboxRow.state).order_by(OutboxRow.state))
    assert states.all() == ["done", "failed"]
    assert outbox.counts(session) == {"failed": 1}, "what is done is not counted"


def test_relays_and_workers_at_once_share_without_doubling(app, session):
    for _ in range(40):
        outbox.write(session, "enrich", now=NOW, report_id=1)
    session.commit()

    def relay(_: int) -> list[int]:
        with app.app_context():
            claimed = [row.id for row in outbox.claim(db.session(), NOW, limit=10)]
            db.session.commit()
            return claimed

    def finish(row_id: int) -> bool:
        with app.app_context():
            done = outbox.finish(db.session(), row_id, NOW)
            db.session.commit()
            return done

    with ThreadPoolExecutor(4) as pool:
        claimed = [row_id for ids in pool.map(relay, range(8)) for row_id in ids]
        assert sorted(claimed) == sorted(set(claimed))
        assert len(claimed) == 40
        done = list(pool.map(finish, claimed * 2))
    assert sum(done) == 40
    assert session.query(OutboxRow).filter_by(state="waiting").count() == 0
