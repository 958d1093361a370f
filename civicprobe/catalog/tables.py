"""Limits, calendar days and categories as tables that a city brings: CSV, all or nothing, every
fault named; what changes makes follow-up work for the clocks it touches."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.catalog.models import CalendarDay, Category, TimeLimit, Unit
from civicprobe.errors import FieldFault, Invalid, Unprocessable

MOST_ROWS = 5_000
LONGEST = 1_000
LIMITS = ("stage", "category", "severity", "amount", "unit", "source")
DAYS = ("day", "worked")
CATEGORIES = (
    *("code", "name_zh", "name_en", "major", "icon", "source"),
    *("emergency", "self_service", "plates_matter", "default_unit", "active"),
)
STAGES = (
    *("place", "triage", "dispatch", "accept", "handling", "checking"),
    *("whistle", "acknowledge", "whole"),
)
UNITS = ("clock_minute", "clock_hour", "working_hour", "working_day")
SEVERITIES = ("", "minor", "ordinary", "serious", "grave")
_YES, _NO = ("1", "true", "yes", "是"), ("", "0", "false", "no", "否")

_Row = Mapping[str, str]


def import_limits(session: Session, text: str, *, by: int | None, now: datetime) -> int:
    """Set the limits of a table; those that differ from what holds end it and follow it.

    Returns how many changed. Raises Invalid `table_malformed`, Unprocessable naming each fault.
    """
    known = set(session.scalars(select(Category.code)))
    rows = _read(text, LIMITS, lambda row: _limit_fault(row, known))
    changed = sum(_set_limit(session, row, by, now) for row in rows)
    if changed:
        outbox.write(session, "reckon", now=now, after=0, why="limits")
    session.flush()
    return changed


def import_days(session: Session, text: str, *, by: int | None, now: datetime) -> int:
    """Declare days worked or free, over whatever is announced; how many changed. May raise too."""
    changed = 0
    for row in _read(text, DAYS, _day_fault):
        day, worked = date.fromisoformat(row["day"]), row["worked"].lower() in _YES
        kept = session.get(CalendarDay, day)
        if kept is None or kept.worked != worked:
            session.merge(CalendarDay(day=day, worked=worked, set_at=now, set_by_id=by))
            changed += 1
    if changed:
        outbox.write(session, "reckon", now=now, after=0, why="calendar")
    session.flush()
    return changed


def import_categories(session: Session, text: str) -> int:
    """Add or change categories in the order of the table; those it does not name stay.

    Returns how many rows there were. Raises as above.
    """
    units = {unit.code: unit.id for unit in session.scalars(select(Unit))}
    rows = _read(text, CATEGORIES, lambda row: _category_fault(row, units))
    for rank, row in enumerate(rows):
        flags = ("emergency", "self_service", "plates_matter", "active")
        session.merge(
            Category(
                **{name: row[name] for name in CATEGORIES[:6]},
                **{name: row[name].lower() in _YES for name in flags},
                default_unit_id=units.get(row["default_unit"]),
                rank=rank,
            )
        )
    session.flush()
    return len(rows)


def list_limits(session: Session, *, history: bool = False) -> list[TimeLimit]:
    """The limits that hold, or with those that held before them, the newest first in each."""
    found = select(TimeLimit)
    if not history:
        found = found.where(TimeLimit.until.is_(None))
    order = (TimeLimit.stage, TimeLimit.category_code, TimeLimit.severity, TimeLimit.id.desc())
    return list(session.scalars(found.order_by(*order)))


def _set_limit(session: Session, row: _Row, by: int | None, now: datetime) -> bool:
    whose: dict[str, Any] = {
        "stage": row["stage"],
        "category_code": row["category"] or None,
        "severity": row["severity"] or None,
    }
    holds = session.scalars(
        select(TimeLimit)
        .where(*(getattr(TimeLimit, name).is_not_distinct_from(v) for name, v in whose.items()))
        .where(TimeLimit.until.is_(None))
        .with_for_update()
    ).all()
    said = (int(row["amount"]), row["unit"], row["source"])
    if [(limit.amount, limit.unit, limit.source) for limit in holds] == [said]:
        return False
    for limit in holds:
        limit.until = now
    amount, unit, source = said
    session.add(
        TimeLimit(**whose, amount=amount, unit=unit, source=source, since=now, set_by_id=by)
    )
    return True


def _read(text: str, columns: tuple[str, ...], check: Callable[[_Row], str | None]) -> list[_Row]:
    """The rows; raises Invalid for a table that is none, Unprocessable with every fault by line."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), strict=True)
    try:
        rows: list[_Row] = [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (csv.Error, AttributeError):
        raise Invalid("table_malformed") from None
    missing = set(columns) - set(reader.fieldnames or ())
    if missing or not rows or len(rows) > MOST_ROWS:
        raise Invalid("table_malformed", missing=", ".join(sorted(missing)), most=MOST_ROWS)
    faults = list(_faults(rows, check))
    if faults:
        raise Unprocessable("incomplete", *faults)
    return rows


def _faults(rows: list[_Row], check: Callable[[_Row], str | None]) -> Iterator[FieldFault]:
    for line, row in enumerate(rows, start=2):
        column = check(row)
        if column:
            yield FieldFault(f"{line}.{column}", "not_allowed")


def _limit_fault(row: _Row, known: set[str]) -> str | None:
    amount = row["amount"]
    wrong = {
        "stage": row["stage"] not in STAGES,
        "category": bool(row["category"]) and row["category"] not in known,
        "severity": row["severity"] not in SEVERITIES,
        "amount": not amount.isascii() or not amount.isdigit() or not 0 < int(amount) <= LONGEST,
        "unit": row["unit"] not in UNITS,
        "source": not 0 < len(row["source"]) <= 100,
    }
    return next((column for column, is_wrong in wrong.items() if is_wrong), None)


def _day_fault(row: _Row) -> str | None:
    try:
        day = date.fromisoformat(row["day"])
    except ValueError:
        return "day"
    if not 2000 <= day.year <= 2100:
        return "day"
    return None if row["worked"].lower() in (*_YES, *_NO) else "worked"


def _category_fault(row: _Row, units: Mapping[str, int]) -> str | None:
    sizes = {"code": 32, "name_zh": 32, "name_en": 48, "major": 32, "icon": 32, "source": 100}
    flags = ("emergency", "self_service", "plates_matter", "active")
    wrong = {name: not 0 < len(row[name]) <= most for name, most in sizes.items()}
    wrong |= {name: row[name].lower() not in (*_YES, *_NO) for name in flags}
    wrong["default_unit"] = bool(row["default_unit"]) and row["default_unit"] not in units
    return next((column for column, is_wrong in wrong.items() if is_wrong), None)
