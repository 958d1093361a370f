"""The desks' pages over a million reports on PostgreSQL: the case desk by view and filter, a case
opened, the statistics of a year; server time of whole pages, beside `select 1`."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bench.queues import ASKED, _p95, filled
from civicprobe.accounts.models import Account
from civicprobe.accounts.services.api_tokens import create_token
from civicprobe.db import utc_now
from civicprobe.reports.numbers import number_of
from civicprobe.stats.measures import week_of
from civicprobe.stats.models import CaseFact, StatsMark
from civicprobe.stats.services.roll import count_weeks

# What a case has when it is opened: its steps, the rider's words, two pictures.
_STEPS = """
INSERT INTO report_events (report_id, seq, at, action, party, from_state, to_state, audience, data,
    before_hash, hash)
SELECT id, steps.seq, created_at + steps.seq * interval '1 hour', action, party, NULL, state,
    'public', '{}', '', md5(id::text || steps.seq)
FROM reports, (VALUES (1, 'submit', 'reporter'), (2, 'place', 'worker'), (3, 'file', 'member'),
    (4, 'dispatch', 'desk'), (5, 'accept', 'unit'), (6, 'add', 'unit'), (7, 'request', 'unit'),
    (8, 'extend', 'desk'), (9, 'remind', 'desk')) AS steps (seq, action, party)
WHERE state NOT IN ('closed', 'merged');
INSERT INTO event_privates (report_id, seq, salt, body)
SELECT id, n, '\\x00', '{"note": "路口的灯不亮，骑过去看不清", "for": "triage"}'
FROM reports, generate_series(1, 6, 5) AS n WHERE state NOT IN ('closed', 'merged');
INSERT INTO photos (id, report_id, kind, n, state, received_at, sha256, screen_sha256,
    thumb_sha256, facts, dhash)
SELECT gen_random_uuid(), id, 'hazard', n, 'ready', created_at, md5(id::text || n) || md5(''),
    md5(id::text), md5(id::text), '{}', hashint8extended(id, n)
FROM reports, generate_series(1, 2) AS n WHERE state NOT IN ('closed', 'merged');
"""
_FACTS = """
INSERT INTO case_facts (report_id, seq, created_at, week, hour, city_code, district_code,
    street_code, community_code, category, unit_id, grade, cell, verified_b, dispatched_b,
    handled_b, handling_b, closed_b, on_time, satisfied, returns, reworks)
SELECT id, seq, created_at, date_trunc('week', created_at AT TIME ZONE 'Asia/Shanghai')::date,
    ((extract(isodow FROM created_at AT TIME ZONE 'Asia/Shanghai') - 1) * 24
        + extract(hour FROM created_at AT TIME ZONE 'Asia/Shanghai'))::int,
    city_code, district_code, street_code, community_code, category_code, unit_id, id % 3, cell,
    id % 40, id % 70, id % 80, id % 60, CASE WHEN state = 'closed' THEN id % 90 END,
    CASE WHEN state = 'closed' THEN id % 9 > 0 END,
    CASE WHEN state = 'closed' AND id % 4 = 0 THEN id % 8 > 0 END, (id % 50 = 0)::int,
    (id % 70 = 0)::int
FROM reports
"""
YEAR = 52
ROUNDS = 25


def run(reports: int = 1_000_000) -> dict[str, Any]:
    """Milliseconds p95 of whole pages in this process, with the ratio to `select 1` beside."""
    found: dict[str, Any] = {"reports": reports}
    with filled(reports) as (app, session):
        for statement in (*_STEPS.split(";\n"), _FACTS):
            session.execute(text(statement)) if statement.strip() else None
        now = utc_now()
        session.add(StatsMark(id=1, rolled_at=now))
        for week in _weeks(session):
            count_weeks(session, {week})
        session.commit()
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(
            text("ANALYZE")
        )
        session.rollback()
        bare = _p95(lambda: session.execute(text("SELECT 1")))
        found["select_1_ms"] = round(bare, 3)
        for name, spent in _pages(app, session):
            found[f"{name}_ms"] = f"{spent:.1f} ({spent / bare:.0f} x)"
            print(f"  {name:24} {spent:8.1f} ms", flush=True)
    return found


def _weeks(session: Session) -> list[date]:
    return sorted(session.scalars(select(CaseFact.week).distinct()))


def _pages(app: Flask, session: Session) -> Any:
    """Every page and how long it took, p95."""
    asks = {
        name: (who, f"/o?{'&'.join(f'{key}={value}' for key, value in asked.items())}")
        for name, (who, asked) in ASKED.items()
        if who in ("city", "district", "street")
    }
    since = week_of(utc_now()) - timedelta(weeks=YEAR - 1)
    asks["stats_city_year"] = ("city", f"/o/stats?weeks={YEAR}&since={since}")
    asks["stats_district_year"] = ("district", f"/o/stats?weeks={YEAR}&since={since}")
    asks["stats_city_13_weeks"] = ("city", "/o/stats")
    yield from _timed(app, session, asks)
    numbers = [number_of(row.id) for row in session.execute(text(_SOME_OPEN))]
    client, headers = _client(app, session, "city")
    for name, path in (("case", "/o/{}"), ("preview", "/o/{}/preview")):
        turn = iter(numbers)
        yield name, _p95(lambda path=path, turn=turn: _open(client, path, turn, headers), ROUNDS)


_SOME_OPEN = """
SELECT id FROM reports WHERE state NOT IN ('closed', 'merged') ORDER BY md5(id::text) LIMIT 65
"""


def _open(client: Any, path: str, turn: Iterator[str], headers: dict[str, str]) -> None:
    answer = client.get(path.format(next(turn)), headers=headers)
    assert answer.status_code == 200, answer.status_code


def _timed(app: Flask, session: Session, asks: dict[str, tuple[str, str]]) -> Any:
    for name, (who, path) in asks.items():
        client, headers = _client(app, session, who)
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.status_code)
        yield name, _p95(partial(client.get, path, headers=headers), ROUNDS)


def _client(app: Flask, session: Session, who: str) -> Any:
    account = session.scalars(select(Account).where(Account.username == who)).one()
    token = create_token(session, account, label="bench", now=utc_now())
    session.commit()
    return app.test_client(), {"Authorization": f"Bearer {token}"}


if __name__ == "__main__":
    import sys
    import warnings

    warnings.simplefilter("ignore")
    for figure, value in run(int(sys.argv[1])).items():
        print(f"{figure:28} {value}", flush=True)
