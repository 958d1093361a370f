"""The database keeps its word: moments are aware, and four writers lose nothing."""

import multiprocessing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import StatementError

from civicprobe.app import create_app
from civicprobe.catalog.models import Unit
from civicprobe.db import db, reading
from civicprobe.outbox import OutboxRow

ROUNDS, WRITERS = 40, 4


def test_moments_come_back_aware_and_in_utc(session):
    china = datetime(2026, 11, 24, 8, 0, 0, 123456, timezone(timedelta(hours=8)))
    row = OutboxRow(topic="enrich", payload={}, created_at=china, due_at=china)
    session.add(row)
    session.commit()
    session.expire(row)
    assert row.due_at == datetime(2026, 11, 24, 0, 0, 0, 123456, UTC)
    assert row.due_at.tzinfo is UTC


def test_a_naive_moment_is_refused(session):
    moment = datetime(2026, 11, 24)  # noqa: DTZ001
    session.add(OutboxRow(topic="enrich", payload={}, created_at=moment, due_at=moment))
    with pytest.raises(StatementError):
        session.flush()


def count_up(settings) -> None:
    app = create_app(settings)
    for _ in range(ROUNDS):
        with app.app_context():
            session = db.session()
            unit = session.get(Unit, 1, with_for_update=True)
            session.execute(update(Unit).values(name_en=str(int(unit.name_en) + 1)))
            session.commit()


def test_read_then_write_loses_nothing_among_processes(settings, session):
    session.add(Unit(id=1, code="u", name_zh="u", name_en="0", area_code="1", active=True))
    session.commit()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=count_up, args=(settings,)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    session.expire_all()
    assert session.get(Unit, 1).name_en == str(ROUNDS * WRITERS)


def test_a_reader_waits_for_no_writer(app, session):
    session.add(Unit(id=1, code="u", name_zh="u", name_en="u", area_code="1", active=True))
    session.flush()
    with reading(), db.engine.connect() as other:
        assert other.execute(text("SELECT count(*) FROM units")).scalar() == 0


def test_foreign_keys_are_held(app, session):
    session.add(Unit(id=1, code="u", name_zh="u", name_en="u", area_code="1", active=True))
    session.commit()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        session.execute(text("INSERT INTO members (account_id, alias, kind, active, enrolled_at) "
                             "VALUES (99, 'x', 'part_time', TRUE, CURRENT_TIMESTAMP)"))  # fmt: skip
