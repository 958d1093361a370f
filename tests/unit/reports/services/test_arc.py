"""From submit to closed through the services, on both databases, and who may not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select, update

from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import link_device
from civicprobe.db import utc_now
from civicprobe.errors import Conflict, Forbidden, Unprocessable
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.commands import (
    Accept,
    Add,
    Close,
    Dispatch,
    FileReport,
    Ground,
    Inspect,
    LaterFix,
    PlaceByHand,
    Propose,
    Reopen,
    Return,
    SendBack,
    SubmitReport,
    Withdraw,
)
from civicprobe.reports.lifecycle.table import Outcome, Severity
from civicprobe.reports.models import EventPrivate, Report, ReportEvent
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.add import add
from civicprobe.reports.services.audit import verify, verify_report
from civicprobe.reports.services.close import close, withdraw
from civicprobe.reports.services.dispatch import accept, dispatch, return_case
from civicprobe.reports.services.enrich import enrich
from civicprobe.reports.services.handle import propose, send_back
from civicprobe.reports.services.inspect import inspect
from civicprobe.reports.services.later_fix import add_fix
from civicprobe.reports.services.open import mark_opened
from civicprobe.reports.services.place import place_by_hand
from civicprobe.reports.services.reopen import reopen
from civicprobe.reports.services.review import file
from civicprobe.reports.services.submit import submit
from tests.town import CITY, GRID, INTAKE, SPOT
from tests.unit.grid.conftest import LEFT, SIDE, SOUTH, TOWN, WEST

FILED = FileReport(category="road_damage", severity=Severity.ORDINARY)


def filed(town):
    report = town.assigned()
    file(town.session, report, FILED, by=town.by("member", report))
    return report


def dispatched(town):
    report = filed(town)
    command = Dispatch(unit=town.units["roads"].id)
    dispatch(town.session, report, command, by=town.by("left-1", report))
    return report


def handled(town, outcome=Outcome.FIXED, who="unit-roads"):
    report = dispatched(town)
    photos = (town.evidence(report, who),)
    command = Propose(outcome=outcome, note="装好了", photos=photos)
    propose(town.session, report, command, by=town.by(who, report))
    return report


def looked_at(town, report, result="fixed"):
    photo = town.evidence(report, "left-2")
    found = Inspect(result=result, photos=(photo,), lat=report.lat, lon=report.lon)
    inspect(town.session, report, found, by=town.by("left-2", report))


def closed(town):
    report = handled(town)
    close(town.session, report, Close(public_note="谢谢"), by=town.by("left-1", report))
    return report


def test_the_whole_arc_and_its_record(town, session):
    report = closed(town)
    assert (report.state, report.outcome) == ("closed", "fixed")
    steps = session.scalars(
        select(ReportEvent.action)
        .where(ReportEvent.report_id == report.id)
        .order_by(ReportEvent.seq)
    ).all()
    assert steps == ["submit", "place", "file", "dispatch", "propose", "close"]
    assert report.version == report.seq == 6
    assert verify_report(session, report) is None


def test_the_member_of_the_micro_grid_gets_it_and_knows_why(town):
    report = town.assigned()
    assert report.assignee_id == town.accounts["member"].id
    assert report.micro_code == GRID
    assert report.desk_code == LEFT
    assert report.route["rule"] == "micro_member"
    assert (report.lat, report.lon) == (SPOT.lat, SPOT.lon)


def test_a_grid_without_a_member_climbs_to_the_street_desk(town):
    pin = {"lat": SOUTH + SIDE / 2, "lon": WEST + 3.5 * SIDE}
    report = town.assigned(pin=pin)
    assert report.assignee_id is None
    assert report.route["rule"] == "street_desk"
    assert report.state == "assigned"


def test_the_lightest_load_goes_first(town):
    town.member("second", GRID)
    first, second, third = (town.assigned() for _ in range(3))
    assert first.assignee_id != second.assignee_id
    assert third.assignee_id in (first.assignee_id, second.assignee_id)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"pin": None}, "no_location"),
        ({"pin": None, "landmark": "全家便利店门口"}, "landmark_only"),
        ({"pin": {"lat": 39.9, "lon": 116.4}}, "outside"),
    ],
)
def test_without_a_place_it_waits_with_the_city_desk_and_says_why(town, session, said, reason):
    report = town.assigned(**said)
    assert report.state == "needs_place"
    assert report.desk_code == CITY
    event = session.scalar(select(ReportEvent).where(ReportEvent.action == "ask_place"))
    assert event.data == {"reason": reason}


def test_no_map_at_all_is_a_reason_too(town):
    report = town.reported()
    enrich(town.session, report.id, {}, city=None, now=utc_now())
    assert report.state == "needs_place"


@pytest.mark.parametrize("who", ["rider", "city"])
def test_a_place_by_hand_routes_it(town, who):
    report = town.assigned(pin=None)
    command = PlaceByHand(lat=SPOT.lat, lon=SPOT.lon, radius_m=20)
    place_by_hand(town.session, report, command, by=town.by(who, report), city=town.city)
    assert report.state == "assigned"
    assert report.place["source"] == "hand"
    assert report.assignee_id == town.accounts["member"].id


def test_a_point_outside_is_never_snapped_by_hand(town):
    report = town.assigned(pin=None)
    command = PlaceByHand(lat=39.9, lon=116.4)
    with pytest.raises(Unprocessable) as refused:
        place_by_hand(town.session, report, command, by=town.by("city"), city=town.city)
    assert refused.value.fields[0].code == "outside"
    assert report.state == "needs_place"


def test_enriching_again_writes_nothing(town, session):
    report = town.assigned()
    before = (report.seq, report.version)
    enrich(session, report.id, {}, city=town.city, now=utc_now())
    assert (report.seq, report.version) == before


def test_a_later_fix_reweighs_only_before_filed(town, session):
    report = town.assigned(pin=None)
    later = LaterFix.model_validate({"pin": {"lat": SPOT.lat, "lon": SPOT.lon}})
    assert add_fix(session, report, later, by=town.by("rider"))
    enrich(session, report.id, {}, city=town.city, now=utc_now())
    assert report.state == "assigned"
    file(session, report, FILED, by=town.by("member", report))
    assert not add_fix(session, report, later, by=town.by("rider"))


def test_what_the_hand_placed_the_worker_leaves_alone(town, session):
    report = town.assigned()
    other = PlaceByHand(lat=SOUTH + SIDE / 2, lon=WEST + 1.5 * SIDE)
    place_by_hand(session, report, other, by=town.by("member", report), city=town.city)
    enrich(session, report.id, {}, city=town.city, now=utc_now())
    assert report.place["source"] == "hand"


def test_the_same_again_changes_nothing_and_other_content_is_refused(town, session):
    uuid = uuid4()
    report = town.reported(uuid=uuid)
    rows = session.scalar(select(func.count()).select_from(OutboxRow))
    assert town.reported(uuid=uuid).id == report.id
    assert session.scalar(select(func.count()).select_from(OutboxRow)) == rows
    with pytest.raises(Conflict, match="other_content"):
        town.reported(uuid=uuid, note="别的")


def test_a_stale_version_is_told_the_present_one(town):
    report = town.assigned()
    old = town.by("member", report)
    file(town.session, report, FILED, by=old)
    with pytest.raises(Conflict) as refused:
        file(town.session, report, FILED, by=old)
    assert refused.value.code == "stale_version"
    assert refused.value.params == {"version": report.version}


@pytest.mark.parametrize("who", ["rider", "right-1", "unit-roads", "admin"])
def test_others_may_not_file(town, who):
    report = town.assigned()
    with pytest.raises(Forbidden, match="not_yours_to_do"):
        file(town.session, report, FILED, by=town.by(who, report))
    assert report.state == "assigned"


def test_who_proposes_does_not_close(town):
    report = dispatched(town)
    command = Propose(outcome=Outcome.NOT_FOUND, note="没有看到")
    propose(town.session, report, command, by=town.by("left-1", report))
    assert report.desk_code == LEFT, "the street has a second officer"
    with pytest.raises(Forbidden, match="recused"):
        close(town.session, report, Close(public_note="-"), by=town.by("left-1", report))
    close(town.session, report, Close(public_note="没有发现"), by=town.by("left-2", report))
    assert report.state == "closed"


def test_with_one_officer_at_the_street_the_case_goes_up(town):
    town.accounts["left-2"].active = False
    report = filed(town)
    command = Propose(outcome=Outcome.NOT_FOUND, note="没有看到")
    propose(town.session, report, command, by=town.by("left-1", report))
    assert report.desk_code == TOWN


def test_a_members_own_report_goes_past_them_and_they_decide_nothing(town, session):
    link_device(session, town.rider, town.accounts["member"])
    report = town.assigned()
    assert report.assignee_id is None
    assert report.route["rule"] == "street_desk"
    report.assignee_id = town.accounts["member"].id
    with pytest.raises(Forbidden, match="recused"):
        file(session, report, FILED, by=town.by("member", report))


def test_an_officers_own_report_is_closed_by_another(town, session):
    link_device(session, town.rider, town.accounts["left-1"])
    report = handled(town, outcome=Outcome.NOT_FOUND, who="unit-roads")
    with pytest.raises(Forbidden, match="recused"):
        close(session, report, Close(public_note="-"), by=town.by("left-1", report))


def test_fixed_needs_an_after_photo_of_ones_own(town):
    report = dispatched(town)
    for photos in ((), (uuid4(),), (town.evidence(report, "unit-drains"),)):
        command = Propose(outcome=Outcome.FIXED, note="好了", photos=photos)
        with pytest.raises(Unprocessable):
            propose(town.session, report, command, by=town.by("unit-roads", report))
    assert report.state == "dispatched"


def test_a_photo_serves_one_event(town):
    report = dispatched(town)
    photo = town.evidence(report, "unit-roads")
    add(town.session, report, Add(photos=(photo,)), by=town.by("unit-roads"))
    command = Propose(outcome=Outcome.FIXED, note="好了", photos=(photo,))
    with pytest.raises(Unprocessable):
        propose(town.session, report, command, by=town.by("unit-roads", report))


def test_a_transfer_names_where_to(town):
    report = filed(town)
    command = Propose(outcome=Outcome.TRANSFERRED, note="市级管辖")
    with pytest.raises(Unprocessable, match="incomplete"):
        propose(town.session, report, command, by=town.by("left-1", report))


def test_sent_back_to_whose_work_it_was(town):
    report = handled(town)
    send_back(town.session, report, SendBack(reason="没修平"), by=town.by("left-1", report))
    assert (report.state, report.outcome, report.proposer_id) == ("dispatched", None, None)


def test_only_the_units_own_people_accept(town):
    report = dispatched(town)
    with pytest.raises(Forbidden):
        accept(town.session, report, Accept(), by=town.by("unit-drains"))
    version = report.version
    accept(town.session, report, Accept(), by=town.by("unit-roads"))
    assert report.accepted_at is not None
    assert report.version == version, "an entry is no move"


def test_dispatch_again_moves_it_to_another_unit(town):
    report = dispatched(town)
    command = Dispatch(unit=town.units["drains"].id)
    dispatch(town.session, report, command, by=town.by("left-2", report))
    assert report.unit_id == town.units["drains"].id


def test_dispatch_to_nobody_is_refused(town):
    report = filed(town)
    with pytest.raises(Unprocessable):
        dispatch(town.session, report, Dispatch(unit=999), by=town.by("left-1", report))


def test_withdraw_until_the_member_has_looked(town):
    report = town.assigned()
    withdraw(town.session, report, Withdraw(), by=town.by("rider", report))
    assert (report.state, report.outcome) == ("closed", "withdrawn")
    seen = town.assigned()
    mark_opened(town.session, seen, town.actor("member"), utc_now())
    town.session.refresh(seen)
    with pytest.raises(Conflict, match="unopened"):
        withdraw(town.session, seen, Withdraw(), by=town.by("rider", seen))


def test_reopening_goes_to_the_same_unit_and_the_third_time_needs_a_desk(town):
    report = closed(town)
    for _ in range(2):
        by = town.by("rider", report)
        reopen(town.session, report, Reopen(reason="又坏了"), by=by, city=town.city)
        assert (report.state, report.unit_id) == ("dispatched", town.units["roads"].id)
        photo = town.evidence(report, "unit-roads")
        again = Propose(outcome=Outcome.FIXED, note="好了", photos=(photo,))
        propose(town.session, report, again, by=town.by("unit-roads", report))
        with pytest.raises(Conflict, match="inspected_if_due"):
            close(town.session, report, Close(public_note="好了"), by=town.by("district", report))
        looked_at(town, report)
        close(town.session, report, Close(public_note="好了"), by=town.by("district", report))
    assert report.desk_code == TOWN, "the second time the district's desk has it"
    by = town.by("rider", report)
    with pytest.raises(Conflict, match="third_by_desk"):
        reopen(town.session, report, Reopen(reason="又坏了"), by=by, city=town.city)
    by = town.by("district", report)
    reopen(town.session, report, Reopen(reason="查"), by=by, city=town.city)


@pytest.mark.parametrize("again", ["sent back", "reopened"])
def test_what_its_unit_gave_back_goes_to_no_unit_again(town, again):
    """The desk had it mended itself; the unit that had it once has it no more."""
    report = dispatched(town)
    ground = Return(ground=Ground.NOT_OURS, note="不归我们", whom="排水")
    return_case(town.session, report, ground, by=town.by("unit-roads", report))
    photos = (town.evidence(report, "left-1"),)
    command = Propose(outcome=Outcome.FIXED, note="街道修好了", photos=photos)
    propose(town.session, report, command, by=town.by("left-1", report))
    if again == "sent back":
        send_back(town.session, report, SendBack(reason="没修平"), by=town.by("left-2", report))
    else:
        close(town.session, report, Close(public_note="好了"), by=town.by("left-2", report))
        by = town.by("rider", report)
        reopen(town.session, report, Reopen(reason="又坏了"), by=by, city=town.city)
    town.session.commit()
    assert (report.state, report.unit_id) == ("assigned", None)
    assert report.assignee_id is not None or report.desk_code is not None


def test_reopening_what_was_not_found_goes_to_who_did_not_decide(town):
    town.member("second", GRID)
    report = town.assigned()
    first = next(n for n in ("member", "second") if town.accounts[n].id == report.assignee_id)
    command = Propose(outcome=Outcome.NOT_FOUND, note="没看到")
    propose(town.session, report, command, by=town.by(first, report))
    close(town.session, report, Close(public_note="没有发现"), by=town.by("left-1", report))
    by = town.by("rider", report)
    reopen(town.session, report, Reopen(reason="还在"), by=by, city=town.city)
    assert report.state == "assigned"
    assert report.assignee_id not in (None, town.accounts[first].id)


def test_after_14_days_the_rider_reports_anew(town):
    report = closed(town)
    by = town.by("rider", report, utc_now() + timedelta(days=15))
    with pytest.raises(Conflict, match="within_14_days"):
        reopen(town.session, report, Reopen(reason="又坏了"), by=by, city=town.city)


def test_an_emergencys_category_makes_it_urgent_and_dispatchable_at_once(town):
    report = town.reported(category="missing_cover")
    assert report.urgent
    command = Dispatch(unit=town.units["roads"].id)
    dispatch(town.session, report, command, by=town.by("city", report))
    assert report.state == "dispatched"
    calm = town.reported(category="rubbish")
    with pytest.raises(Conflict, match="early_only_if_urgent"):
        dispatch(town.session, calm, command, by=town.by("city", calm))


def test_who_reads_the_riders_words(town):
    report = handled(town)
    notes = {}
    for who in ("rider", "member", "left-1", "unit-roads", "admin"):
        body = report_body(town.session, report, seen_by=town.actor(who), now=utc_now())
        notes[who] = [step.note for step in body.timeline if step.note]
        assert (body.uuid is not None) == (who == "rider")
    assert notes["rider"] == ["井盖没了"]
    assert notes["member"] == notes["left-1"] == notes["admin"] == ["井盖没了", "装好了"]
    assert notes["unit-roads"] == ["装好了"]


def test_an_outsider_has_no_actions_and_an_admin_decides_nothing(town):
    report = town.assigned()
    for who in ("right-1", "unit-roads", "admin"):
        body = report_body(town.session, report, seen_by=town.actor(who), now=utc_now())
        assert body.allowed_actions == []


def test_tampering_is_found_and_erasing_words_is_not_tampering(town, session):
    report = handled(town)
    session.delete(session.get(EventPrivate, (report.id, 1)))
    session.flush()
    assert verify_report(session, report) is None
    private = session.get(EventPrivate, (report.id, 5))
    private.body = {**private.body, "note": "别的话"}
    session.flush()
    assert verify_report(session, report).code == "words_edited"
    assert [finding.fault.code for finding in verify(session) if finding.fault] == ["words_edited"]


def test_events_cannot_be_changed_or_deleted(town, session):
    town.assigned()
    session.commit()
    for change in (
        update(ReportEvent).values(action="close"),
        delete(ReportEvent),
    ):
        with pytest.raises(Exception, match="events are never changed"):
            session.execute(change)
        session.rollback()


def test_a_submit_needs_a_photo_or_words_and_a_known_category(town, session):
    for said in ({}, {"note": "x", "category": "no-such"}):
        with pytest.raises(Unprocessable):
            submit(
                session,
                uuid4(),
                SubmitReport.model_validate(said),
                intake=INTAKE,
                by=town.by("rider"),
            )
    assert session.scalar(select(func.count()).select_from(Report)) == 0


def test_staff_accounts_submit_nothing(town):
    with pytest.raises(Forbidden):
        submit(
            town.session,
            uuid4(),
            SubmitReport(note="x"),
            intake=INTAKE,
            by=town.by("left-1"),
        )


def test_the_load_counts_only_what_still_waits(town):
    report = filed(town)
    assert report.assignee_id == town.accounts["member"].id
    assert town.assigned().assignee_id == town.accounts["member"].id
    assert town.actor("member").role == Role.MEMBER
