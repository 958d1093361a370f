"""Limits, calendar days and categories as tables that a city brings: CSV or single rows, all or
nothing, every fault named. What changes is written down, and open cases are reckoned anew."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.audit import record_change
from civicprobe.catalog.csv_file import Row, check_rows, read_table
from civicprobe.catalog.models import CalendarDay, Category, TimeLimit, Unit
from civicprobe.errors import FieldFault, Unprocessable

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
FLAGS = ("emergency", "self_service", "plates_matter", "active")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_YES, _NO = ("1", "true", "yes", "是"), ("", "0", "false", "no", "否")


def import_limits(session: Session, text: str, *, by: int | None, now: datetime) -> int:
    """Set the limits of a table; those that differ from what holds end it and follow it.

    Returns how many changed. Raises Invalid `table_malformed`, Unprocessable naming each fault.
    """
    return set_limits(session, read_table(text, LIMITS), by=by, now=now)


def set_limits(session: Session, rows: Sequence[Row], *, by: int | None, now: datetime) -> int:
    """The same of rows that were read before; each fault is named `line.column`, from 2 on."""
    known = set(session.scalars(select(Category.code)))
    check_rows(rows, lambda row: _limit_fault(row, known))
    return _reckoned(session, sum(_set_limit(session, row, by, now) for row in rows), "limits", now)


def end_limit(session: Session, key: str, *, by: int | None, now: datetime) -> None:
    """A particular limit holds no longer, and the general one does again; safe to repeat.

    Raises Unprocessable (`stage`) for a general one: every stage has a limit.
    """
    stage, category, severity = (*key.split(":"), "", "")[:3]
    if not category and not severity:
        raise Unprocessable("incomplete", FieldFault("stage", "general_limit"))
    ended = 0
    for limit in _holding(session, stage, category, severity):
        limit.until, ended = now, ended + 1
        record_change(session, "limit.ended", key, limit_row(limit), {}, by=by, now=now)
    _reckoned(session, ended, "limits", now)


def import_days(session: Session, text: str, *, by: int | None, now: datetime) -> int:
    """Declare days worked or free, over whatever is announced; how many changed. May raise too."""
    return set_days(session, read_table(text, DAYS), by=by, now=now)


def set_days(session: Session, rows: Sequence[Row], *, by: int | None, now: datetime) -> int:
    """The same of rows that were read before."""
    check_rows(rows, _day_fault)
    changed = 0
    for row in rows:
        day, worked = date.fromisoformat(row["day"]), row["worked"].lower() in _YES
        kept = session.get(CalendarDay, day)
        before = {"worked": kept.worked} if kept else {}
        if record_change(
            session, "day.set", row["day"], before, {"worked": worked}, by=by, now=now
        ):
            session.merge(CalendarDay(day=day, worked=worked, set_at=now, set_by_id=by))
            changed += 1
    return _reckoned(session, changed, "calendar", now)


def forget_day(session: Session, day: date, *, by: int | None, now: datetime) -> None:
    """What is announced holds for this day again; safe to repeat."""
    kept = session.get(CalendarDay, day)
    if kept is not None:
        record_change(
            session, "day.ended", day.isoformat(), {"worked": kept.worked}, {}, by=by, now=now
        )
        session.delete(kept)
        _reckoned(session, 1, "calendar", now)


def import_categories(session: Session, text: str, *, by: int | None, now: datetime) -> int:
    """Add or change categories in the order of the table; those it does not name stay.

    Returns how many changed. Raises as above.
    """
    rows = read_table(text, CATEGORIES)
    ranked = [{**row, "rank": str(rank)} for rank, row in enumerate(rows)]
    return set_categories(session, ranked, by=by, now=now)


def set_categories(session: Session, rows: Sequence[Row], *, by: int | None, now: datetime) -> int:
    """The same of rows that were read before, each with its `rank`."""
    units = {unit.code: unit.id for unit in session.scalars(select(Unit))}
    check_rows(rows, lambda row: _category_fault(row, units))
    codes = {unit_id: code for code, unit_id in units.items()}
    changed = 0
    for row in rows:
        kept = session.get(Category, row["code"])
        before = category_row(kept, codes) if kept else {}
        made = session.merge(
            Category(
                **{name: row[name] for name in CATEGORIES[:6]},
                **{name: row[name].lower() in _YES for name in FLAGS},
                default_unit_id=units.get(row["default_unit"]),
                rank=int(row["rank"]),
            )
        )
        after = category_row(made, codes)
        changed += record_change(
            session, "category.set", row["code"], before, after, by=by, now=now
        )
    session.flush()
    return changed


def category_row(category: Category, units: Mapping[int, str]) -> dict[str, str]:
    """A category as a line of the table; `units` are codes by id."""
    row = {name: str(getattr(category, name)) for name in (*CATEGORIES[:6], "rank")}
    row |= {name: "1" if getattr(category, name) else "" for name in FLAGS}
    return {**row, "default_unit": units.get(category.default_unit_id or 0, "")}


def limit_row(limit: TimeLimit) -> dict[str, str]:
    """A limit as a line of the table."""
    whose = {"category": limit.category_code or "", "severity": limit.severity or ""}
    said = {"amount": str(limit.amount), "unit": limit.unit, "source": limit.source}
    return {"stage": limit.stage, **whose, **said}


def limit_key(row: Row) -> str:
    """What names a limit, old or new: stage, category and severity."""
    return ":".join((row["stage"], row["category"], row["severity"]))


def list_limits(session: Session, *, history: bool = False) -> list[TimeLimit]:
    """The limits that hold, or with those that held before them, the newest first in each."""
    found = select(TimeLimit)
    if not history:
        found = found.where(TimeLimit.until.is_(None))
    order = (TimeLimit.stage, TimeLimit.category_code, TimeLimit.severity, TimeLimit.id.desc())
    return list(session.scalars(found.order_by(*order)))


def _set_limit(session: Session, row: Row, by: int | None, now: datetime) -> bool:
    holds = _holding(session, row["stage"], row["category"], row["severity"])
    said = (int(row["amount"]), row["unit"], row["source"])
    if [(limit.amount, limit.unit, limit.source) for limit in holds] == [said]:
        return False
    before = limit_row(holds[0]) if holds else {}
    for limit in holds:
        limit.until = now
    amount, unit, source = said
    made = TimeLimit(
        stage=row["stage"],
        category_code=row["category"] or None,
        severity=row["severity"] or None,
        amount=amount,
        unit=unit,
        source=source,
        since=now,
        set_by_id=by,
    )
    session.add(made)
    return record_change(
        session, "limit.set", limit_key(row), before, limit_row(made), by=by, now=now
    )


def _holding(session: Session, stage: str, category: str, severity: str) -> Sequence[TimeLimit]:
    return session.scalars(
        select(TimeLimit)
        .where(TimeLimit.stage == stage, TimeLimit.until.is_(None))
        .where(TimeLimit.category_code.is_not_distinct_from(category or None))
        .where(TimeLimit.severity.is_not_distinct_from(severity or None))
        .with_for_update()
    ).all()


def _reckoned(session: Session, changed: int, why: str, now: datetime) -> int:
    """Open cases follow what has changed."""
    if changed:
        outbox.write(session, "reckon", now=now, after=0, why=why)
    session.flush()
    return changed


def _limit_fault(row: Row, known: set[str]) -> str | None:
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


def _day_fault(row: Row) -> str | None:
    try:
        day = date.fromisoformat(row["day"])
    except ValueError:
        return "day"
    if not 2000 <= day.year <= 2100:
        return "day"
    return None if row["worked"].lower() in (*_YES, *_NO) else "worked"


def _category_fault(row: Row, units: Mapping[str, int]) -> str | None:
    sizes = {"code": 32, "name_zh": 32, "name_en": 48, "major": 32, "icon": 32, "source": 100}
    wrong = {name: not 0 < len(row[name]) <= most for name, most in sizes.items()}
    wrong |= {name: row[name].lower() not in (*_YES, *_NO) for name in FLAGS}
    wrong["code"] = _CODE.fullmatch(row["code"]) is None
    rank = row.get("rank", "0")
    wrong["rank"] = not (rank.isascii() and rank.isdigit() and len(rank) <= 4)
    wrong["default_unit"] = bool(row["default_unit"]) and row["default_unit"] not in units
    return next((column for column, is_wrong in wrong.items() if is_wrong), None)
