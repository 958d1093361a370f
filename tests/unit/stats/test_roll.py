"""The weekly counts equal a count of the reports themselves, however they came about."""

from collections import Counter
from datetime import date, timedelta

from sqlalchemy import func, select

from civicprobe.reports.models import Clock, Report, ReportEvent
from civicprobe.stats.behind import read_behind
from civicprobe.stats.figures import read_figures
from civicprobe.stats.measures import bucket_of, hour_of_week, week_of
from civicprobe.stats.models import CaseFact, WeekCount
from civicprobe.stats.queries import Scope, count_behind
from civicprobe.stats.services import roll as rolling
from civicprobe.stats.services.roll import rebuild, roll

from .conftest import CITY, NOW

YEAR = Scope(CITY, "city", date(2025, 6, 9), date(2026, 6, 15))
STAGES = ("", "file", "dispatch", "propose")


def rolled(session):
    """Roll until nothing is left; what the counts are then."""
    while roll(session, NOW) == rolling.BATCH:
        pass
    rows = session.scalars(select(WeekCount)).all()
    return {(row.area_code, row.kind, row.week, row.category, row.key): row.n for row in rows}


def recount(session):
    """The same by another way: plain loops over reports and events."""
    found: Counter = Counter()
    for report in session.scalars(select(Report)):
        steps = session.execute(
            select(ReportEvent.action, ReportEvent.at, ReportEvent.data)
            .where(ReportEvent.report_id == report.id)
            .order_by(ReportEvent.seq)
        ).all()
        due = session.scalar(select(Clock.due_at).where(Clock.report_id == report.id))
        for area in (report.city_code, report.district_code, report.street_code):
            if area is not None:
                found.update(of_one(report, steps, due, area))
    return dict(found)


def of_one(report, steps, due, area):
    first: dict = {}
    for action, at, _ in steps:
        first.setdefault(action, at)
    is_closed = report.state == "closed"
    rates = [data["answer"] for action, _, data in steps if action == "rate"]
    moments = {n: first.get(action) for n, action in enumerate(STAGES) if action}
    moments[4] = report.closed_at if is_closed else None
    keys = [("reached", 0), ("hour", hour_of_week(report.created_at))]
    keys.append(("grade", "ABCD".index(report.place["grade"])))
    for n, at in moments.items():
        if at is not None:
            hours = int((at - report.created_at).total_seconds() // 3600)
            keys.append(("time", n * 1000 + bucket_of(hours)))
    keys += [("reached", n) for n in funnel_of(moments, rates)]
    on_time = report.closed_at <= due if is_closed and due else None
    if on_time is not None:
        keys.append(("on_time", int(on_time)))
    if report.unit_id is not None:
        keys += of_unit(report, steps, moments, on_time)
    week, category = week_of(report.created_at), report.category_code or ""
    return [(area, kind, week, category, key) for kind, key in keys]


def funnel_of(moments, rates):
    """How far it came, each stage through those before it; urgent ones skip the first."""
    came = [1] if moments[1] or moments[2] else []
    for stage in (2, 3, 4):
        if not moments[stage]:
            return came
        came.append(stage)
    return [*came, 5] if rates and rates[-1] == "satisfied" else came


def of_unit(report, steps, moments, on_time):
    actions = Counter(action for action, _, _ in steps)
    parts = [
        moments[2] is not None,
        on_time is not None,
        on_time is True,
        actions["return"] > 0,
        actions["send_back"] + actions["reopen"] > 0,
    ]
    keys = [("unit", report.unit_id * 5 + n) for n, holds in enumerate(parts) if holds]
    if moments[2] and moments[3]:
        whole = [int((moments[n] - report.created_at).total_seconds() // 3600) for n in (2, 3)]
        keys.append(("unit_time", report.unit_id * 1000 + bucket_of(whole[1] - whole[0])))
    return keys


def test_counts_equal_a_recount_at_first_after_changes_and_made_anew(session, maker, monkeypatch):
    monkeypatch.setattr(rolling, "BATCH", 20)
    reports = [maker.report() for _ in range(70)]
    assert rolled(session) == recount(session)

    for report in session.scalars(select(Report).where(Report.id.in_([r.id for r in reports[:9]]))):
        maker.step(report, "reopen", 3000)
        report.state, report.closed_at, report.category_code = "assigned", None, "rubbish"
    maker.report()
    session.flush()
    changed = rolled(session)
    assert changed == recount(session)

    for _ in rebuild(session, NOW):
        pass
    assert rolled(session) == changed
    assert roll(session, NOW) == 0


def test_every_number_of_the_page_is_the_length_of_its_list(session, maker):
    for _ in range(60):
        maker.report()
    rolled(session)
    figures = read_figures(session, YEAR, NOW)
    shown = list(numbers(figures))
    assert sum(n for _, _, n in shown) > 300
    for figure, key, n in shown:
        behind = read_behind(YEAR, figure, key, NOW)
        assert count_behind(session, behind) == n, (figure, key)


def numbers(figures):
    """Each number that the page shows with a link: figure, key, number."""
    yield from (("funnel", row.stage, row.n) for row in figures.funnel)
    for row in figures.weeks:
        yield "week", row.week, row.judged
        yield "week", f"{row.week}+", row.on_time
    for age, by_unit in figures.ages:
        yield "age", str(age), sum(by_unit.values())
        yield from (("age", f"{age}.{unit or ''}", n) for unit, n in by_unit.items())
    for day, row in enumerate(figures.hours):
        yield from (("hour", str(day * 24 + hour), n) for hour, n in enumerate(row))
    yield from (("area", code, n) for code, n in figures.areas if n is not None)
    yield from (("grade", grade, n) for grade, n in figures.grades)
    for row in figures.units:
        for part in ("sent", "judged", "on_time", "returned", "reworked"):
            yield "unit", f"{row.unit}.{part}", getattr(row, part)
    yield from (("spot", f"{spot.cell}.{spot.category}", spot.n) for spot in figures.spots)


def test_one_street_under_two_districts_and_none_is_counted_whole(session, maker):
    for district in ("510104", "510113", None):
        maker.report(district_code=district, street_code="510104001", created_at=NOW)
    while roll(session, NOW):
        pass
    street = WeekCount.area_code == "510104001", WeekCount.kind == "reached", WeekCount.key == 0
    assert session.scalar(select(func.sum(WeekCount.n)).where(*street)) == 3


def test_few_are_not_told_apart_by_area(session, maker):
    for n in range(5):
        maker.report(district_code="510104" if n < 3 else "510113", street_code=None)
    rolled(session)
    assert read_figures(session, YEAR, NOW).areas == [("510104", 3), ("510113", None)]


def test_a_spot_comes_back_three_times_in_ninety_days(session, maker):
    for days in (1, 30, 89, 91):
        maker.report(created_at=NOW - timedelta(days=days), category_code="rubbish", cell=9)
    rolled(session)
    (spot,) = read_figures(session, YEAR, NOW).spots
    assert (spot.cell, spot.category, spot.n) == (9, "rubbish", 3)


def test_what_is_said_of_a_closed_case_is_counted_within_the_hour(session, maker):
    report = maker.report(state="closed", outcome="fixed", closed_at=NOW)
    rolled(session)
    session.delete(session.scalars(select(CaseFact)).one())
    maker.step(session.get(Report, report.id), "rate", 0, answer="satisfied")
    assert roll(session, NOW) == 0
    assert roll(session, NOW + rolling.COMPARE_ALL) == 1
    assert rolled(session) == recount(session)
