"""The plans that PostgreSQL makes of statements: noted as they are sent, read for whole tables."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

# What grows with the city; the others are a handful of rows (`namings` those of reports marked as
# 涉及本单位, asked by report; on an empty one PostgreSQL takes no index whatever it is told).
LARGE = {
    *("reports", "report_events", "event_privates", "photos", "clocks", "notices", "deliveries"),
    *("outbox", "search_postings", "search_terms", "snoozes", "saved_views", "sealed_heads"),
    *("action_answers", "undoables", "ties", "alarms", "whistles", "rulings", "resemblances"),
    *("unmaskings", "confirmations", "devices", "phone_codes", "tombstones", "case_facts"),
    *("client_steps", "contacts", "member_leaves", "members", "member_grids", "enrolments"),
    *("accounts", "api_tokens", "audit_rows", "legal_holds", "week_counts"),
}


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


def walked(session: Session, statements: Mapping[tuple[str, str], Any]) -> dict[str, set[str]]:
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
