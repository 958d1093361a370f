"""What a changed set of rules would have done to last week's reports: which go where instead.

Rules are judged as of each report's own moment; who is on duty and how much they hold, as now.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from civicprobe.grid.choosing import Choice
from civicprobe.grid.city import City
from civicprobe.grid.coords import Point
from civicprobe.grid.locator import Located
from civicprobe.grid.rules import Rule
from civicprobe.reports.models import Report
from civicprobe.reports.services.desks import barred_accounts
from civicprobe.reports.services.who import Asked, who_along

WEEK, MOST_READ, MOST_SHOWN = timedelta(days=7), 2_000, 100


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
    looked_at = reports[:MOST_READ]
    changes = list(_changes(session, city, looked_at, before, after))
    return DryRun(len(looked_at), len(changes), changes[:MOST_SHOWN], len(reports) > MOST_READ)


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


def _changes(
    session: Session,
    city: City,
    reports: Sequence[Report],
    before: Sequence[Rule],
    after: Sequence[Rule],
) -> Iterator[Change]:
    for report in reports:
        located = _locate(city, report)
        chain = located.chain or located.nearest_chain
        if not chain:
            continue
        asked = Asked(
            report.created_at,
            report.category_code,
            report.severity,
            report.urgent,
            barred_accounts(session, report),
        )
        one, other = (
            who_along(session, city, chain, asked, dedicated=located.dedicated, rules=rules)
            for rules in (before, after)
        )
        if _aim_of(one.choice) != _aim_of(other.choice):
            yield Change(report.number, report.created_at, one.choice, other.choice)


def _locate(city: City, report: Report) -> Located:
    point = Point(report.lat or 0.0, report.lon or 0.0)
    return city.locator.locate(point, nearest_limit_m=city.nearest_limit_m)


def _aim_of(choice: Choice) -> tuple[str, int | None, str]:
    return choice.kind, choice.account_id, choice.area_code
