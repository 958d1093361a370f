"""No query of a queue walks a table: the plans that PostgreSQL makes of them are read."""

import json
from typing import Any

import pytest
from sqlalchemy import event

from civicprobe.db import db, utc_now
from civicprobe.reports.filters import QueueFilter
from civicprobe.reports.queues import count_views, list_queue, list_saved
from civicprobe.reports.services.late import list_due
from civicprobe.reports.services.words import index_words
from civicprobe.reports.views import VIEWS
from tests.town import build_town

# What grows with the city; the others are a handful of rows.
LARGE = {
    *("reports", "report_events", "event_privates", "photos", "clocks", "notices", "deliveries"),
    *("outbox", "search_postings", "search_terms", "snoozes", "saved_views", "sealed_heads"),
}
FILTERS = [
    {"state": "filed"},
    {"category": "rubbish"},
    {"area": "510113001001"},
    {"area": "510113001001001001"},
    {"severity": "grave", "older_h": "24"},
    {"near": "30.6,104.0,500"},
    {"text": "井盖"},
    {"text": "jinggai"},
    {"unit": "1"},
    {"assignee": "1"},
]


def scans(plan: Any) -> list[str]:
    """The tables that a plan reads from end to end."""
    found = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return found + [name for part in plan.get("Plans", ()) for name in scans(part)]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_every_queue_has_an_index(session, settings):
    town = build_town(session, settings)
    index_words(session, town.assigned(note="井盖没了").id)
    session.commit()
    statements: dict[str, Any] = {}

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT"):
            statements[statement] = parameters

    for who in ("rider", "member", "unit-roads", "left-1", "district", "city", "admin"):
        actor = town.actor(who)
        count_views(session, actor, utc_now())
        for view in VIEWS[actor.role]:
            for asked in [{}, *FILTERS]:
                ask = QueueFilter.read({"view": view, **asked})
                row = list_queue(session, actor, ask, now=utc_now())[:1]
                after = (row[0].created_at, row[0].id) if row else (utc_now(), 1)
                list_queue(session, actor, ask, now=utc_now(), after=after)
        list_saved(session, town.actor("left-1"))
    list_due(session, utc_now())
    event.remove(db.engine, "before_cursor_execute", note)
    cursor = session.connection().connection.cursor()
    cursor.execute("SET enable_seqscan = off")
    walked = {}
    for statement, parameters in statements.items():
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        plan = cursor.fetchone()[0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        if bad := LARGE.intersection(scans(plan[0]["Plan"])):
            walked[statement[-300:]] = bad
    assert len(statements) > 100
    assert walked == {}
