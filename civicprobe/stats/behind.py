"""The reports behind a number of the page: the very condition that counted it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement

from civicprobe.errors import Invalid
from civicprobe.reports.models import Report
from civicprobe.stats.kinds import REACHED
from civicprobe.stats.measures import GRADES, Stage
from civicprobe.stats.models import CaseFact
from civicprobe.stats.queries import AGES_D, Scope, facts_of, open_in, recent_in

Conditions = list[ColumnElement[bool]]
_F = CaseFact
LAST_CELL = 2**62


def read_behind(scope: Scope, figure: str, key: str, now: datetime) -> Conditions:
    """Conditions for `list_behind`; raises Invalid `filter_malformed` for what is no number here.

    `figure` and `key` say which number: `funnel`/`closed`, `week`/`2026-06-01`, `hour`/`31` …
    """
    if figure not in _READERS:
        raise Invalid("filter_malformed")
    try:
        return _READERS[figure](scope, key, now)
    except (ValueError, KeyError, IndexError):
        raise Invalid("filter_malformed") from None


def _funnel(scope: Scope, key: str, _now: datetime) -> Conditions:
    return [*facts_of(scope), REACHED[Stage(key)]]


def _week(scope: Scope, key: str, _now: datetime) -> Conditions:
    """`2026-06-01`: judged; `2026-06-01+`: in time."""
    conditions = [*facts_of(scope), _F.week == date.fromisoformat(key[:10])]
    return [*conditions, _F.on_time.is_(True) if key[10:] else _F.on_time.is_not(None)]


def _age(scope: Scope, key: str, now: datetime) -> Conditions:
    """`2.17`: between three and seven days old, with unit 17; `2.`: with none; `2`: with any."""
    age, dot, unit = key.partition(".")
    index = int(age)
    conditions = open_in(scope)
    if index < len(AGES_D):
        conditions.append(Report.created_at > now - timedelta(days=AGES_D[index]))
    if index:
        conditions.append(Report.created_at <= now - timedelta(days=AGES_D[index - 1]))
    if dot:
        conditions.append(Report.unit_id == int(unit) if unit else Report.unit_id.is_(None))
    return conditions


def _hour(scope: Scope, key: str, _now: datetime) -> Conditions:
    return [*facts_of(scope), _F.hour == int(key) % 168]


def _area(scope: Scope, key: str, _now: datetime) -> Conditions:
    below = {"city": _F.district_code, "district": _F.street_code, "street": _F.community_code}
    return [*facts_of(scope), below[scope.level] == key]


def _grade(scope: Scope, key: str, _now: datetime) -> Conditions:
    index = GRADES.index(key)
    exact = _F.grade == index
    return [*facts_of(scope), exact if key != GRADES[-1] else exact | _F.grade.is_(None)]


def _unit(scope: Scope, key: str, _now: datetime) -> Conditions:
    """`17.sent`, `17.judged`, `17.on_time`, `17.returned`, `17.reworked`."""
    unit, _, part = key.partition(".")
    return [*facts_of(scope), _F.unit_id == int(unit), _UNIT_PARTS[part]]


def _spot(scope: Scope, key: str, now: datetime) -> Conditions:
    cell, _, category = key.partition(".")
    if abs(int(cell)) > LAST_CELL:
        raise ValueError(cell)
    return [*recent_in(scope, now), _F.cell == int(cell), _F.category == category]


_UNIT_PARTS: Mapping[str, ColumnElement[bool]] = {
    "sent": _F.dispatched_b.is_not(None),
    "judged": _F.on_time.is_not(None),
    "on_time": _F.on_time.is_(True),
    "returned": _F.returns > 0,
    "reworked": _F.reworks > 0,
}
_READERS: Mapping[str, Callable[[Scope, str, datetime], Conditions]] = {
    "funnel": _funnel,
    "week": _week,
    "age": _age,
    "hour": _hour,
    "area": _area,
    "grade": _grade,
    "unit": _unit,
    "spot": _spot,
}
