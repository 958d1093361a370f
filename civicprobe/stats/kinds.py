"""What a week is counted by: each kind with its key, whom it counts, and how; SQL expressions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, true

from civicprobe.stats.measures import STAGES, Stage
from civicprobe.stats.models import CaseFact

SPAN = 1_000  # keys of two parts: the first times SPAN, plus the second
# The second part of a unit's key.
SENT, JUDGED, ON_TIME, RETURNED, REWORKED = range(5)
UNIT_COLUMNS = 5


@dataclass(frozen=True)
class Kind:
    """Counts the facts for which `only` holds, under `key`."""

    name: str
    key: ColumnElement[Any]
    only: ColumnElement[bool]


_F = CaseFact
# Each stage counts those that came through the ones before it, so that none is larger: what was
# dispatched at once, being urgent, counts as verified; what was closed undispatched ends before.
_SENT = _F.dispatched_b.is_not(None)
_HANDLED = _SENT & _F.handled_b.is_not(None)
_CLOSED = _HANDLED & _F.closed_b.is_not(None)
REACHED: dict[Stage, ColumnElement[bool]] = {
    Stage.REPORTED: true(),
    Stage.VERIFIED: _F.verified_b.is_not(None) | _SENT,
    Stage.DISPATCHED: _SENT,
    Stage.HANDLED: _HANDLED,
    Stage.CLOSED: _CLOSED,
    Stage.SATISFIED: _CLOSED & _F.satisfied.is_(True),
}
TIMES: dict[Stage, Any] = {
    Stage.VERIFIED: _F.verified_b,
    Stage.DISPATCHED: _F.dispatched_b,
    Stage.HANDLED: _F.handled_b,
    Stage.CLOSED: _F.closed_b,
}


def _of_unit(part: int, only: ColumnElement[bool]) -> Kind:
    return Kind("unit", _F.unit_id * UNIT_COLUMNS + part, only & _F.unit_id.is_not(None))


KINDS: Sequence[Kind] = (
    *(
        Kind("reached", literal(STAGES.index(stage)), condition)
        for stage, condition in REACHED.items()
    ),
    *(
        Kind("time", literal(STAGES.index(stage) * SPAN) + bucket, bucket.is_not(None))
        for stage, bucket in TIMES.items()
    ),
    Kind("on_time", case((_F.on_time.is_(True), 1), else_=0), _F.on_time.is_not(None)),
    Kind("hour", _F.hour + 0, true()),
    Kind("grade", func.coalesce(_F.grade, 3), true()),
    _of_unit(SENT, _F.dispatched_b.is_not(None)),
    _of_unit(JUDGED, _F.on_time.is_not(None)),
    _of_unit(ON_TIME, _F.on_time.is_(True)),
    _of_unit(RETURNED, _F.returns > 0),
    _of_unit(REWORKED, _F.reworks > 0),
    Kind(
        "unit_time",
        _F.unit_id * SPAN + _F.handling_b,
        _F.unit_id.is_not(None) & _F.handling_b.is_not(None),
    ),
)
