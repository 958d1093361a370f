"""A unit gives a case back, staff ask the reporter, the reporter gives a verdict."""

import pytest
from sqlalchemy import select

from civicprobe.db import utc_now
from civicprobe.errors import Conflict, Forbidden, Unprocessable
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.commands import Ask, Ground, Rate, Return
from civicprobe.reports.models import ReportEvent
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.ask import ask
from civicprobe.reports.services.dispatch import return_case
from civicprobe.reports.services.rate import rate
from tests.unit.reports.services.test_arc import closed, dispatched, filed

BACK = Return(ground=Ground.NOT_OURS, note="这是燃气井盖", whom="燃气公司")


def test_a_returned_case_is_the_desks_again_and_the_unit_sees_it_no_more(town, session):
    report = dispatched(town)
    return_case(session, report, BACK, by=town.by("unit-roads", report))
    assert (report.state, report.unit_id) == ("filed", None)
    event = session.scalar(select(ReportEvent).where(ReportEvent.action == "return"))
    assert event.data == {"ground": "not_ours", "unit": "roads", "photos": []}
    desk = report_body(session, report, seen_by=town.actor("left-1"), now=utc_now())
    assert desk.timeline[-1].note == "这是燃气井盖\n→ 燃气公司"
    assert "dispatch" in desk.allowed_actions
    unit = report_body(session, report, seen_by=town.actor("unit-roads"), now=utc_now())
    assert unit.timeline == []


@pytest.mark.parametrize("missing", ["ground", "note", "whom"])
def test_a_return_says_why_on_what_evidence_and_who_should_take_it(missing):
    said = {**BACK.model_dump(), missing: ""}
    with pytest.raises(Unprocessable) as refused:
        Return.model_validate(said)
    assert refused.value.fields[0].field == missing


def test_only_the_unit_that_has_it_returns_it(town):
    report = dispatched(town)
    with pytest.raises(Forbidden):
        return_case(town.session, report, BACK, by=town.by("unit-drains", report))
    with pytest.raises(Forbidden):
        return_case(town.session, report, BACK, by=town.by("left-1", report))


def test_a_question_reaches_the_rider_and_those_who_triage(town, session):
    report = town.assigned()
    version = report.version
    ask(session, report, Ask(question="井盖在路的哪一侧？"), by=town.by("member", report))
    assert report.version == version
    about = [row.payload.get("about") for row in session.scalars(select(OutboxRow))]
    assert "rider_question" in about
    for who, reads in (("rider", True), ("left-1", True)):
        body = report_body(session, report, seen_by=town.actor(who), now=utc_now())
        assert (body.timeline[-1].note == "井盖在路的哪一侧？") is reads


def test_a_unit_never_reads_the_questions_to_the_rider(town, session):
    report = filed(town)
    ask(session, report, Ask(question="问"), by=town.by("left-1", report))
    report.unit_id = town.units["roads"].id
    body = report_body(session, report, seen_by=town.actor("unit-roads"), now=utc_now())
    assert "ask" not in [step.action for step in body.timeline]


def test_a_verdict_is_the_reporters_and_only_at_the_end(town, session):
    report = closed(town)
    rate(session, report, Rate(answer="satisfied", note="很快"), by=town.by("rider"))
    assert report.state == "closed"
    with pytest.raises(Forbidden):
        rate(session, report, Rate(answer="satisfied"), by=town.by("left-1"))
    with pytest.raises(Conflict, match="not_in_this_state"):
        rate(session, town.assigned(), Rate(answer="unsatisfied"), by=town.by("rider"))
