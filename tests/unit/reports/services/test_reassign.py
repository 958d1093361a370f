"""A card passes down the ladder and never comes back; a desk may name who takes it."""

import pytest
from sqlalchemy import select

from civicprobe.db import utc_now
from civicprobe.errors import Forbidden, Unprocessable
from civicprobe.reports.lifecycle.commands import Reassign
from civicprobe.reports.models import ReportEvent
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.reassign import list_takers, reassign
from civicprobe.reports.services.who import open_load
from tests.town import GRID
from tests.unit.grid.conftest import LEFT

ON = Reassign(reason="在送单")


def name_of(town, report):
    return next((n for n, a in town.accounts.items() if a.id == report.assignee_id), None)


def test_it_goes_on_to_who_has_not_had_it_and_ends_with_the_desk(town, session):
    town.member("second", GRID)
    report = town.assigned()
    first = name_of(town, report)
    reassign(session, report, ON, by=town.by(first), city=town.city)
    second = name_of(town, report)
    assert {first, second} == {"member", "second"}
    assert (report.state, report.opened_at) == ("assigned", None)
    reassign(session, report, ON, by=town.by(second), city=town.city)
    assert report.assignee_id is None
    assert report.desk_code == LEFT
    assert report.route["rule"] == "street_desk"
    assert verify_report(session, report) is None
    assert open_load(session, [each.id for each in town.accounts.values()]) == {}


def test_a_desk_names_who_takes_it(town, session):
    town.member("second", GRID)
    report = town.assigned()
    taker = "second" if name_of(town, report) == "member" else "member"
    assert [server.account_id for server in list_takers(session, report, utc_now())] == [
        town.accounts[taker].id
    ]
    command = Reassign(reason="熟悉这里", whom=town.accounts[taker].id)
    version = report.version
    reassign(session, report, command, by=town.by("left-1"), city=town.city)
    assert name_of(town, report) == taker
    assert report.version == version + 1
    assert report.route == {"rule": "by_hand", "reason": "named_by_desk", "area": LEFT}


@pytest.mark.parametrize("who", ["member", "left-1"])
def test_not_to_anybody(town, session, who):
    report = town.assigned()
    for whom in (town.accounts["left-2"].id, 999):
        command = Reassign(reason="-", whom=whom)
        with pytest.raises(Unprocessable) as refused:
            reassign(session, report, command, by=town.by(who), city=town.city)
        assert refused.value.fields[0].code == "no_such_member"


def test_only_who_has_it_or_the_desk(town, session):
    report = town.assigned()
    for who in ("rider", "right-1", "unit-roads"):
        with pytest.raises(Forbidden):
            reassign(session, report, ON, by=town.by(who), city=town.city)


def test_the_reason_is_for_staff(town, session):
    report = town.assigned()
    reassign(session, report, ON, by=town.by("member"), city=town.city)
    event = session.scalar(select(ReportEvent).where(ReportEvent.action == "reassign"))
    assert event.audience == "staff"
