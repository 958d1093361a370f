"""No request and no queue walks a table: the plans that PostgreSQL makes of them are read."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from flask import has_request_context, request
from sqlalchemy import Engine, event

from civicprobe.db import db, utc_now
from civicprobe.reports.filters import QueueFilter
from civicprobe.reports.queues import count_views, list_queue, list_saved
from civicprobe.reports.services.late import list_due
from civicprobe.reports.services.words import index_words
from civicprobe.reports.views import VIEWS
from tests.apps import app_on
from tests.town import build_town

# What grows with the city; the others are a handful of rows (`namings` those of reports marked as
# 涉及本单位, asked by report; on an empty one PostgreSQL takes no index whatever it is told).
LARGE = {
    *("reports", "report_events", "event_privates", "photos", "clocks", "notices", "deliveries"),
    *("outbox", "search_postings", "search_terms", "snoozes", "saved_views", "sealed_heads"),
    *("action_answers", "undoables", "ties", "alarms", "whistles", "resemblances"),
    *("unmaskings", "confirmations", "devices", "phone_codes", "tombstones", "case_facts"),
    *("client_steps", "contacts", "member_leaves", "members", "member_grids"),
}
# Pages about every member of a city: thousands, and a row for each is what is asked.
OF_ALL_MEMBERS = {
    "pages_map.coverage": {"members"},
    "pages_registers.index": {"members"},
    "pages_roster.roster": {"members"},
}
FILTERS = [
    {"state": "filed"},
    {"category": "rubbish"},
    {"area": "510113001001"},
    {"area": "510113001001001001"},
    {"severity": "grave", "older_h": "24"},
    {"grade": "A", "urgent": "1"},
    {"near": "30.6,104.0,500"},
    {"text": "井盖"},
    {"text": "jinggai"},
    {"unit": "1"},
    {"assignee": "1"},
    {"assignee": "none"},
]


def scans(plan: Any, *, limited: bool = False) -> list[str]:
    """The tables that a plan reads from end to end, by rows or by an index without a condition;
    in the order of an index up to a limit is no such reading."""
    limited = limited or plan["Node Type"] == "Limit"
    whole = plan["Node Type"] == "Seq Scan" or (
        plan["Node Type"] in {"Index Scan", "Index Only Scan"}
        and "Index Cond" not in plan
        and not limited
    )
    found = [plan["Relation Name"]] if whole else []
    if plan["Node Type"] == "Sort":
        limited = False
    return found + [name for part in plan.get("Plans", ()) for name in scans(part, limited=limited)]


@contextmanager
def noted(engine: Engine) -> Iterator[dict[tuple[str, str], Any]]:
    """Every statement that finds rows, by the page that asks it (none: ''), with the parameters it
    came with last."""
    statements: dict[tuple[str, str], Any] = {}

    def note(_connection, _cursor, statement, parameters, _context, many):
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and not many:
            page = request.endpoint if has_request_context() else None
            statements[page or "", statement] = parameters

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def walked(session, statements) -> dict[str, set[str]]:
    """What reads a large table from end to end, a page or else a statement, and which tables."""
    session.rollback()
    cursor = session.connection().connection.cursor()
    cursor.execute("SET enable_seqscan = off")
    found: dict[str, set[str]] = {}
    for (page, statement), parameters in statements.items():
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        plan = cursor.fetchone()[0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        if bad := LARGE.intersection(scans(plan[0]["Plan"])):
            found.setdefault(page or statement[-400:], set()).update(bad)
    return found


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_every_queue_has_an_index(session, settings):
    town = build_town(session, settings)
    index_words(session, town.assigned(note="井盖没了").id)
    session.commit()
    with noted(db.engine) as statements:
        for who in ("rider", "member", "unit-roads", "left-1", "district", "city", "admin"):
            actor = town.actor(who)
            count_views(session, actor, utc_now())
            for view in VIEWS[actor.role]:
                for asked in [{}, *FILTERS]:
                    ask = QueueFilter.read({"view": view, **asked})
                    list_queue(session, actor, ask, now=utc_now())
                    list_queue(session, actor, ask, now=utc_now(), after=(utc_now(), 1))
            list_saved(session, town.actor("left-1"))
        list_due(session, utc_now())
    assert len(statements) > 100
    assert walked(session, statements) == {}


def addresses(app, values: dict[str, list[str]]) -> list[str]:
    """Every address of the URL map that can be read, with what it may be asked about."""
    adapter = app.url_map.bind("localhost")
    found = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in {"static", "security.logout"}:
            continue
        filled: list[dict[str, str]] = [{}]
        for name in sorted(rule.arguments):
            offers = values.get(name, ["1"])
            filled = [{**chosen, name: offer} for chosen in filled for offer in offers]
        for chosen in filled:
            with suppress(ValueError, LookupError):
                found.add(adapter.build(rule.endpoint, chosen))
    return sorted(found)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_no_page_walks_a_table(settings):
    app = app_on(settings)
    with app.app_context():
        session = db.session()
        town = build_town(session, settings)
        reports = [town.assigned(note="井盖没了"), town.assigned(urgent=True), town.reported()]
        evidence = town.evidence(reports[0], "left-1")
        index_words(session, reports[0].id)
        session.commit()
        numbers, uuids = [each.number for each in reports], [str(each.uuid) for each in reports]
        engine, tokens = db.engine, town.tokens
    pages = addresses(
        app,
        {
            "number": numbers,
            "key": [*numbers, *uuids],
            "uuid_text": uuids,
            "photo_id": [str(evidence)],
            "size": ["screen"],
        },
    )
    answers: Counter[int] = Counter()
    with noted(engine) as statements:
        for who in ("rider", "member", "unit-roads", "left-1", "district", "admin"):
            client = app.test_client()
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {tokens[who]}"
            for path in pages:
                status = client.get(path).status_code
                answers[status] += 1
                assert status < 500, (who, path)
    assert answers[200] > 150, answers
    with app.app_context():
        assert walked(db.session(), statements) == OF_ALL_MEMBERS
        db.engine.dispose()
