"""No request and no queue walks a table: the plans that PostgreSQL makes of them are read."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from civicprobe.administration.registers import REGISTERS
from civicprobe.app import create_app
from civicprobe.db import db, utc_now
from civicprobe.reports.commands import Dispatch, FileReport
from civicprobe.reports.filters import QueueFilter
from civicprobe.reports.lifecycle import Severity
from civicprobe.reports.models import Photo
from civicprobe.reports.queues import count_views, list_queue, list_saved
from civicprobe.reports.services.dispatch import dispatch
from civicprobe.reports.services.late import list_due
from civicprobe.reports.services.review import file
from civicprobe.reports.services.words import index_words
from civicprobe.reports.views import VIEWS
from tests.town import SPOT, Town, build_town
from tests.unit.grid.conftest import LEFT

# What grows with the city; the others are a handful of rows (`namings` those of reports marked as
# 涉及本单位, asked by report; on an empty one PostgreSQL takes no index whatever it is told).
LARGE = {
    *("reports", "report_events", "event_privates", "photos", "clocks", "notices", "deliveries"),
    *("outbox", "search_postings", "search_terms", "snoozes", "saved_views", "sealed_heads"),
    *("action_answers", "undoables", "ties", "alarms", "whistles", "resemblances"),
    *("unmaskings", "confirmations", "devices", "phone_codes", "tombstones", "case_facts"),
    *("client_steps", "contacts", "member_leaves", "members", "member_grids"),
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
def noted(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every statement that finds rows, with the parameters it came with last."""
    statements: dict[str, Any] = {}

    def note(_connection, _cursor, statement, parameters, _context, many):
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and not many:
            statements[statement] = parameters

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def walked(session, statements) -> dict[str, set[str]]:
    """The statements that read a large table from end to end, with what they read."""
    session.rollback()
    cursor = session.connection().connection.cursor()
    cursor.execute("SET enable_seqscan = off")
    found = {}
    for statement, parameters in statements.items():
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        plan = cursor.fetchone()[0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        if bad := LARGE.intersection(scans(plan[0]["Plan"])):
            found[statement[-400:]] = bad
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


# What a route is asked with, where it asks for more than its address.
ASKED = {
    "pages_office.desk": ["", "?view=all&text=井盖&severity=grave", "?open={number}"],
    "pages_office.rows": ["", "?view=closed&urgent=1"],
    "pages_stats.statistics": ["", "?weeks=52"],
    "pages_stats.behind": ["?weeks=4"],
    "grid_api.locate": ["?lat={lat}&lon={lon}"],
    "grid_api.landmarks": ["?lat={lat}&lon={lon}&q=jing"],
    "rider_api.get_steps": ["?day=2026-06-01"],
    "rider_api.around": ["?lat={lat}&lon={lon}"],
    "rider_api.guess": ["?lat={lat}&lon={lon}"],
    "pages_map.locate": ["", "?at={lat},{lon}"],
}
# Answered from files, or only where something is kept that this town has not.
APART = {"static", "pages_rider_app.module", "pages_link.case", "pages_link.photo"}
APART |= {"photos.photo", "photos.original", "pages_ui.every_part"}
SEEN = frozenset({200, 302, 303, 308})
WHO = ("rider", "member", "unit-roads", "left-1", "city", "admin")
FIGURES = {
    "funnel": "submitted",
    "week": "2026-06-01",
    "age": "2",
    "hour": "31",
    "area": LEFT,
    "unit": "1.done",
    "grade": "A",
}


def addresses(rule, number: str, photo) -> Iterator[str]:
    """This route's address with what it may be asked for."""
    known = {"number": number, "username": "member", "rule": "new", "kind": "csv",
             "photo_id": photo, "size": "thumb", "square": "1533-5203", "token": "x",
             "table": "week", "line": "member"}  # fmt: skip
    path = rule.rule
    for name in rule.arguments - {"figure", "key"}:
        path = path.replace(
            next(p for p in _parts(path) if p.endswith(f"{name}>")), str(known[name])
        )
    for figure, key in _keys(rule, number):
        asked = path.replace("<figure>", figure).replace("<key>", key)
        for more in ASKED.get(rule.endpoint, [""]):
            yield asked + more.format(number=number, lat=SPOT.lat, lon=SPOT.lon)


def _keys(rule, number: str) -> list[tuple[str, str]]:
    if "figure" in rule.arguments:
        return list(FIGURES.items())
    if rule.endpoint.startswith("pages_registers."):
        return [("", key) for key in REGISTERS]
    return [("", number)]


def _parts(path: str) -> list[str]:
    return [f"<{part.split('>')[0]}>" for part in path.split("<")[1:]]


def lived_in(settings) -> tuple[Town, str, Any]:
    """A town with a case on its way; its number, and a picture of it."""
    town = build_town(db.session(), settings)
    report = town.assigned(note="井盖没了")
    index_words(town.session, report.id)
    command = FileReport(category="road_damage", severity=Severity.GRAVE)
    file(town.session, report, command, by=town.by("member", report))
    unit = Dispatch(unit=town.units["roads"].id)
    dispatch(town.session, report, unit, by=town.by("left-1", report))
    photo = Photo(
        id=uuid4(), report_id=report.id, kind="hazard", n=1, state="ready", received_at=utc_now()
    )
    town.session.add(photo)
    town.session.commit()
    return town, report.number, photo.id


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_no_page_walks_a_table(settings):
    app = create_app(replace(settings, reads_per_second=10_000))
    answered: dict[str, set[int]] = {}
    with app.app_context():
        engine = db.engine
        stack = ExitStack()
        statements = stack.enter_context(noted(engine))
        town, number, photo = lived_in(settings)
        tokens = [town.tokens[who] for who in WHO]
    for rule in app.url_map.iter_rules():
        if rule.endpoint in APART or rule.endpoint.startswith("security."):
            continue
        for path in addresses(rule, number, photo) if "GET" in (rule.methods or ()) else ():
            for token in tokens:
                headers = {"Authorization": f"Bearer {token}"}
                answer = app.test_client().get(path, headers=headers)
                answered.setdefault(rule.endpoint, set()).add(answer.status_code)
                answer.close()
    stack.close()
    unseen = {(name, *sorted(codes)) for name, codes in answered.items() if not codes & SEEN}
    assert unseen == set()
    assert not any(code >= 500 for codes in answered.values() for code in codes)
    with app.app_context():
        assert len(statements) > 100
        assert walked(db.session(), statements) == {}
        db.session.remove()
        engine.dispose()
