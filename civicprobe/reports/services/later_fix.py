"""A better position or a pin of the reporter's, after the report was sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from civicprobe import outbox
from civicprobe.reports.lifecycle.commands import Fix, LaterFix, Pin
from civicprobe.reports.lifecycle.table import TABLE, Action, State
from civicprobe.reports.models import Report
from civicprobe.reports.services.evidence import EARLIER
from civicprobe.reports.transitions import Audience, By, Step, apply

BEFORE_FILED = frozenset({State.RECEIVED, State.NEEDS_PLACE, State.ASSIGNED})
KEPT_FIXES = 5
T = TypeVar("T", Fix, Pin)


def add_fix(session: Session, report: Report, command: LaterFix, *, by: By) -> bool:
    """Keep the reporter's later position or pin; False when it changes nothing any more.

    The last pin wins. Of fixes the latest stands first and the others stay beside it: the weighing
    judges each by its accuracy and age, in whatever order they come. Only before the case is filed.
    """
    if report.state not in BEFORE_FILED:
        return False
    kept = {**report.evidence}
    if command.pin and _at(command.pin) >= _at(_kept(kept, "pin", Pin)):
        kept["pin"] = _as_kept(command.pin)
    if command.fix:
        kept = _with_fix(kept, command.fix)
    if kept == report.evidence:
        return False
    step = Step(
        change={"evidence": kept},
        data={"position": sorted(command.model_dump(exclude_none=True))},
        audience=Audience.TRIAGE,
    )
    apply(session, report, TABLE[Action.ADD], by=by, step=step)
    outbox.write(session, "enrich", now=by.now, report_id=report.id)
    return True


def _with_fix(kept: dict[str, Any], fix: Fix) -> dict[str, Any]:
    before = [Fix.model_validate(item) for item in kept.get(EARLIER, [])]
    first = _kept(kept, "fix", Fix)
    known = {item.model_dump_json(): item for item in [*before, *([first] if first else []), fix]}
    by_time = sorted(known.values(), key=lambda item: (_at(item), item.model_dump_json()))
    latest, *others = by_time[-1 : -1 - KEPT_FIXES : -1]
    return {**kept, "fix": _as_kept(latest), EARLIER: [_as_kept(item) for item in others]}


def _kept(kept: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    return kind.model_validate(kept[name]) if name in kept else None


def _at(said: Fix | Pin | None) -> datetime:
    return (said and said.at) or datetime.min.replace(tzinfo=UTC)


def _as_kept(said: Fix | Pin) -> dict[str, Any]:
    return said.model_dump(mode="json", exclude_none=True)
