"""A city's own tables: all or nothing, each fault named, history kept, open cases reckoned anew."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from civicprobe.catalog import tables
from civicprobe.catalog.models import Category, TimeLimit
from civicprobe.catalog.tables import import_categories, import_days, import_limits, list_limits
from civicprobe.errors import Invalid, Unprocessable
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.clocks import LimitUnit, Stage
from civicprobe.reports.lifecycle.table import Severity
from civicprobe.reports.models import Clock, ReportEvent
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.reckon import reckon_part
from civicprobe.reports.winding import reckon
from tests.town import build_town

LIMITS = "stage,category,severity,amount,unit,source\n"
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.fixture
def town(session, settings):
    return build_town(session, settings)


def work(session, now=NOW):
    """What the worker does with the follow-up rows; how many reports changed."""
    changed = 0
    while rows := session.scalars(
        select(OutboxRow).where(OutboxRow.topic == "reckon", OutboxRow.state == "waiting")
    ).all():
        for row in rows:
            changed += reckon_part(session, **row.payload, now=now)
            row.state = "done"
        session.flush()
    return changed


def events(session, report):
    found = select(ReportEvent).where(
        ReportEvent.report_id == report.id, ReportEvent.action == "reckon"
    )
    return session.scalars(found).all()


def test_the_words_are_those_of_the_clocks():
    assert set(tables.STAGES) == set(Stage)
    assert set(tables.UNITS) == set(LimitUnit)
    assert set(tables.SEVERITIES) == {"", *Severity}


def test_a_changed_limit_ends_the_old_one_and_open_cases_follow(town, session):
    report = town.assigned()
    clock = session.scalars(
        select(Clock).where(Clock.stage == "triage", Clock.report_id == report.id)
    ).one()
    before = clock.due_at
    by = town.accounts["city"].id
    table = LIMITS + "triage,,,2,working_hour,市标准 2026\ntriage,rubbish,,9,working_hour,市标准\n"
    assert import_limits(session, table, by=by, now=NOW) == 2
    assert import_limits(session, table, by=by, now=NOW) == 0, "the same again changes nothing"
    held = [row for row in list_limits(session, history=True) if row.stage == "triage"]
    general = [
        (row.amount, row.until) for row in held if not row.category_code and not row.severity
    ]
    assert general == [(2, None), (4, NOW)]
    assert next(row for row in held if row.amount == 2).set_by_id == by
    assert work(session) == 1
    session.refresh(clock)
    assert clock.due_at < before
    (event,) = events(session, report)
    assert event.data["why"] == "limits"
    assert event.data["now"]["triage"] == clock.due_at.isoformat()
    assert verify_report(session, report) is None
    assert work(session) == 0


def test_a_calendar_that_comes_makes_what_was_provisional_certain(town, session, monkeypatch):
    far = datetime(2029, 5, 3, 1, tzinfo=UTC)
    report = town.assigned()
    clock = session.scalars(
        select(Clock).where(Clock.stage == "triage", Clock.report_id == report.id)
    ).one()
    clock.started_at = far
    reckon(session, clock)
    session.flush()
    assert clock.provisional
    before = clock.due_at
    day = far.date().isoformat()
    assert import_days(session, f"day,worked\n{day},0\n2029-05-05,1\n", by=None, now=NOW) == 2
    assert import_days(session, f"day,worked\n{day},否\n", by=None, now=NOW) == 0
    assert work(session) == 1
    session.refresh(clock)
    assert not clock.provisional
    assert clock.due_at > before
    assert events(session, report)[0].data["why"] == "calendar"


def test_what_is_late_gets_no_longer_and_parts_go_on_where_they_were(town, session, monkeypatch):
    monkeypatch.setattr("civicprobe.reports.services.reckon.PART", 1)
    reports = [town.assigned() for _ in range(3)]
    late = NOW + timedelta(days=30)
    longer = LIMITS + "triage,,,900,working_hour,更长\n"
    import_limits(session, longer, by=None, now=late)
    session.flush()
    clocks = session.scalars(select(Clock).where(Clock.stage == "triage")).all()
    dues = {clock.id: clock.due_at for clock in clocks}
    assert work(session, datetime(2027, 6, 1, tzinfo=UTC)) == 0
    assert {clock.id: clock.due_at for clock in clocks} == dues
    shorter = LIMITS + "triage,,,1,working_hour,更短\n"
    import_limits(session, shorter, by=None, now=late)
    assert work(session) == len(reports)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("sleep,,,1,clock_hour,x", "2.stage"),
        ("triage,nothing,,1,clock_hour,x", "2.category"),
        ("triage,,mild,1,clock_hour,x", "2.severity"),
        ("triage,,,0,clock_hour,x", "2.amount"),
        ("triage,,,1e3,clock_hour,x", "2.amount"),
        ("triage,,,1,fortnight,x", "2.unit"),
        ("triage,,,1,clock_hour,", "2.source"),
    ],
)
def test_a_fault_is_named_by_line_and_column_and_nothing_changes(town, session, row, field):
    good = "dispatch,,,7,working_hour,y\n"
    with pytest.raises(Unprocessable) as fault:
        import_limits(session, f"{LIMITS}{row}\n{good}", by=None, now=NOW)
    assert [item.field for item in fault.value.fields] == [field]
    assert session.scalar(select(TimeLimit.id).where(TimeLimit.amount == 7)) is None


def test_a_table_that_is_none_is_refused(town, session):
    for text in ("", "stage,amount\n", LIMITS, "day,worked\n2026-13-01,1\n"):
        with pytest.raises((Invalid, Unprocessable)):
            import_limits(session, text, by=None, now=NOW)
    with pytest.raises(Unprocessable):
        import_days(session, "day,worked\n2026-13-01,1\n2026-01-01,maybe\n", by=None, now=NOW)


def test_categories_are_a_citys_own(town, session):
    head = (
        "code,name_zh,name_en,major,icon,source,"
        "emergency,self_service,plates_matter,default_unit,active\n"
    )
    rows = (
        "rubbish,垃圾,Rubbish,市容环境,rubbish,本市,0,1,0,roads,1\n"
        "0107,焚烧,Burning,市容环境,fire,本市,1,0,0,,1\n"
    )
    assert import_categories(session, head + rows, by=None, now=NOW) == 2
    session.expire_all()
    kept = session.get(Category, "rubbish")
    assert (kept.name_zh, kept.default_unit_id, kept.self_service) == (
        "垃圾",
        town.units["roads"].id,
        True,
    )
    assert session.get(Category, "0107").emergency
    assert session.get(Category, "other").active, "what the table does not name stays"
    with pytest.raises(Unprocessable):
        import_categories(session, head + "x,,X,y,z,s,0,0,0,nobody,1\n", by=None, now=NOW)
