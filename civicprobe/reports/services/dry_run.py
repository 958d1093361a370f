"""What a changed set of rules would have done to last week's reports: which go where instead.

Rules and duty are judged as of each report's own moment; how much everybody holds, as now. Only
where another rule decides than before can a report go elsewhere, so only there people are asked.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from civicprobe.catalog.models import Category
from civicprobe.grid.choosing import Choice
from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Located
from civicprobe.grid.rules import Rule
from civicprobe.reports.models import Report
from civicprobe.reports.services.desks import barred_accounts
from civicprobe.reports.services.who import Asked, decide, who_gets, why_gone

WEEK, MOST_READ, MOST_ASKED, MOST_SHOWN = timedelta(days=7), 2_000, 400, 100


@dataclass(frozen=True)
class Change:
    """A report that would go elsewhere, before and after."""

    number: str
    created_at: datetime
    before: Choice
    after: Choice


@dataclass(frozen=True)
class DryRun:
    """`looked_at` reports of the week; `cut` says that there were more than are looked at."""

    looked_at: int
    changed: int
    changes: Sequence[Change]
    cut: bool


def dry_run(
    session: Session,
    city: City,
    scope: str,
    before: Sequence[Rule],
    after: Sequence[Rule],
    *,
    now: datetime,
) -> DryRun:
    """Compare two sets of rules over the placed reports of the last seven days in a desk's area."""
    reports = session.scalars(_of_the_week(city, scope, now)).all()
    doubtful, looked_at = [], 0
    for found in _compare(session, city, reports[:MOST_READ], before, after):
        looked_at += 1
        doubtful += [found] if found.differs else []
        if len(doubtful) == MOST_ASKED:
            break
    asked = (_ask(session, city, found, before, after) for found in doubtful)
    changes = [change for change in asked if change is not None]
    return DryRun(looked_at, len(changes), changes[:MOST_SHOWN], len(reports) > looked_at)


@dataclass(frozen=True)
class _Compared:
    """A report as it is asked about, and whether another rule decides than before."""

    report: Report
    located: Located
    asked: Asked
    differs: bool


def _of_the_week(city: City, scope: str, now: datetime) -> Select[Report]:
    wanted = (
        select(Report)
        .where(Report.created_at > now - WEEK, Report.lat.is_not(None))
        .order_by(Report.created_at.desc(), Report.id.desc())
        .limit(MOST_READ + 1)
    )
    if scope == city.city_code:
        return wanted
    levels = ("district", "street", "community", "general", "micro")
    columns = [getattr(Report, f"{level}_code") for level in levels]
    found = city.locator.chain_of(scope)
    level = found[0].level.value if found else "street"
    return wanted.where(columns[levels.index(level)] == scope)


def _compare(
    session: Session,
    city: City,
    reports: Iterable[Report],
    before: Sequence[Rule],
    after: Sequence[Rule],
) -> Iterator[_Compared]:
    kinds = {row.code: row for row in session.scalars(select(Category))}
    gone = cache(partial(why_gone, session, city))
    for report in reports:
        located = _locate(city, report)
        chain = located.chain or located.nearest_chain
        asked = Asked(report.created_at, report.category_code, report.severity, report.urgent)
        one, other = (
            decide(
                session,
                city,
                chain,
                asked,
                rules,
                category=kinds.get(report.category_code or ""),
                dedicated=located.dedicated,
                gone=gone,
            )[0]
            for rules in (before, after)
        )
        differs = bool(chain) and _told(one) != _told(other)
        yield _Compared(report, located, asked, differs)


def _ask(
    session: Session, city: City, found: _Compared, before: Sequence[Rule], after: Sequence[Rule]
) -> Change | None:
    """Where it would go by either; None where that is the same."""
    report, located = found.report, found.located
    asked = replace(found.asked, barred=barred_accounts(session, report))
    one, other = (who_gets(session, city, located, asked, rules=each) for each in (before, after))
    if _aim_of(one.choice) == _aim_of(other.choice):
        return None
    return Change(report.number, report.created_at, one.choice, other.choice)


def _told(rule: Rule | None) -> tuple[object, ...]:
    """All of a rule that decides where a report goes."""
    return (rule.aim, rule.area_code, rule.account_id) if rule else ()


def _locate(city: City, report: Report) -> Located:
    point = Point(report.lat or 0.0, report.lon or 0.0)
    return city.locator.locate(point, nearest_limit_m=city.nearest_limit_m)


def _aim_of(choice: Choice) -> tuple[str, int | None, str]:
    return choice.kind, choice.account_id, choice.area_code
