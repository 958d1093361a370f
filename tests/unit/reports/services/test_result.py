"""What another body made of a case that it was handed: asked after 15 days, answered, or asked
again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from civicprobe.db import utc_now
from civicprobe.errors import Conflict, Forbidden
from civicprobe.notices.models import Notice
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.commands import Close, NoteResult, Propose, Reopen
from civicprobe.reports.lifecycle.table import Action, Outcome, Topic
from civicprobe.reports.pages.result import handed_of
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.close import close
from civicprobe.reports.services.handle import propose
from civicprobe.reports.services.reopen import reopen
from civicprobe.reports.services.result import ASKED_AFTER, note_result
from civicprobe.reports.services.tell import tell
from civicprobe.reports.transitions import By

NOW = utc_now()
WAITS = NoteResult(answer="waiting", note="已催办一次")
KNOWN = NoteResult(answer="received", note="12345 已由城管修复")


@pytest.fixture
def handed(town):
    report = town.assigned()
    out = {
        "outcome": Outcome.TRANSFERRED,
        "note": "归他们",
        "destination": "12345",
        "receipt": "77",
    }
    propose(town.session, report, Propose(**out), by=town.by("left-1", now=NOW))
    close(town.session, report, Close(public_note="已转交"), by=town.by("left-2", now=NOW))
    return report


def asked(town, days):
    """What the worker would ask so many days after it was handed over: to whom."""
    now = NOW + timedelta(days=days, minutes=1)
    due = select(OutboxRow).where(OutboxRow.topic == "notice", OutboxRow.due_at <= now)
    for row in town.session.scalars(due):
        topic = Topic(row.payload["about"])
        tell(town.session, row.payload["report_id"], row.payload["seq"], topic, now=now)
        row.due_at = now + timedelta(days=1000)
    told = select(Notice).where(Notice.topic == Topic.DESK_RESULT.value)
    return len(town.session.scalars(told).all()) // 2  # two officers sit there


def test_it_is_asked_for_until_it_is_known(town, handed):
    session, officer = town.session, town.actor("left-1")
    assert asked(town, 14) == 0
    assert asked(town, 15) == 1
    note_result(session, handed, WAITS, by=By(officer, NOW + timedelta(days=16)))
    assert asked(town, 30) == 1
    assert asked(town, 31) == 2
    event = note_result(session, handed, KNOWN, by=By(officer, NOW + timedelta(days=32)))
    assert (event.action, event.data) == (Action.RESULT, {"answer": "received"})
    assert asked(town, 90) == 2
    with pytest.raises(Conflict, match="result_not_known"):
        note_result(session, handed, KNOWN, by=By(officer, NOW + timedelta(days=33)))


def test_an_early_answer_puts_the_question_off(town, handed):
    by = By(town.actor("left-1"), NOW + timedelta(days=3))
    note_result(town.session, handed, WAITS, by=by)
    assert asked(town, 17) == 0
    assert asked(town, 18) == 1


def test_the_rider_hears_of_the_result_and_not_of_the_waiting(town, handed):
    for days, said in ((1, WAITS), (2, KNOWN)):
        by = By(town.actor("left-1"), NOW + timedelta(days=days))
        note_result(town.session, handed, said, by=by)
    asked(town, 3)
    topics = town.session.scalars(select(Notice.topic).where(Notice.device_id.is_not(None)))
    assert list(topics).count(Topic.RIDER_RESULT.value) == 1
    seen = report_body(town.session, handed, seen_by=town.actor("rider"), now=NOW).timeline
    assert [step.note for step in seen if step.action is Action.RESULT] == [KNOWN.note]


def test_the_case_page_says_who_has_it_and_when_that_is_asked(town, handed):
    def shown():
        return handed_of(report_body(town.session, handed, seen_by=town.actor("left-1"), now=NOW))

    assert (shown().to, shown().receipt, shown().asked_at) == ("12345", "77", NOW + ASKED_AFTER)
    waited = NOW + timedelta(days=15)
    note_result(town.session, handed, WAITS, by=By(town.actor("left-1"), waited))
    assert shown().asked_at == waited + ASKED_AFTER
    note_result(town.session, handed, KNOWN, by=By(town.actor("left-1"), waited))
    assert shown().asked_at is None
    reopen(
        town.session, handed, Reopen(reason="被退回"), by=town.by("left-1", handed), city=town.city
    )
    assert shown() is None


def test_only_a_desk_answers_for_what_was_handed_over(town, handed):
    with pytest.raises(Forbidden):
        note_result(town.session, handed, KNOWN, by=town.by("member"))
    handed.outcome = Outcome.NOT_FOUND.value
    with pytest.raises(Conflict, match="closed_as_transferred"):
        note_result(town.session, handed, KNOWN, by=town.by("left-1"))
