"""What goes with time or at a rider's wish, what stays, and that the chain holds."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from civicprobe.accounts.models import ApiToken, Device, PhoneCode
from civicprobe.accounts.queries import actor_of_device, actor_of_rider
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.services.phones import issue_code
from civicprobe.accounts.tokens import new_token
from civicprobe.db import utc_now
from civicprobe.errors import Unprocessable
from civicprobe.reports.bonds import FOLLOWER, Tie
from civicprobe.reports.lifecycle.commands import Add, Leave
from civicprobe.reports.lifecycle.table import Bar, Outcome, State
from civicprobe.reports.models import Photo, Report
from civicprobe.reports.models_keeping import Retention, Tombstone
from civicprobe.reports.models_queue import SearchPosting
from civicprobe.reports.queries import list_timeline
from civicprobe.reports.services.add import add
from civicprobe.reports.services.audit import verify_report
from civicprobe.reports.services.desks import barred_accounts
from civicprobe.reports.services.evidence import EARLIER
from civicprobe.reports.services.keeping import (
    What,
    count_over,
    erase_rider,
    forget_over,
    hold,
    lift,
    load_default_retention,
    set_retention,
)
from civicprobe.reports.services.leave import leave
from civicprobe.reports.services.sweep import sweep_bytes
from civicprobe.reports.services.words import index_words
from civicprobe.reports.standings import standing_of
from civicprobe.reports.transitions import By

DAY = timedelta(days=1)


@pytest.fixture(params=["folder", "bucket"])
def storage(request):
    return request.getfixturevalue(request.param)


def with_photo(session, storage, report, data: bytes = b"as it came") -> Photo:
    photo = Photo(
        id=uuid4(),
        report_id=report.id,
        kind="hazard",
        n=1,
        state="ready",
        received_at=utc_now(),
        sha256=storage.put(data),
        media_type="image/jpeg",
        size=len(data),
        facts={"make": "Sample"},
        screen_sha256=storage.put(b"redacted " + data),
        thumb_sha256=storage.put(b"small " + data),
        boxes=[],
    )
    session.add(photo)
    session.flush()
    return photo


def closed(session, report: Report, outcome: Outcome, days: int) -> Report:
    """As if it had been closed so long ago."""
    report.state, report.outcome = State.CLOSED, outcome
    report.closed_at = utc_now() - days * DAY
    session.flush()
    return report


def test_each_thing_goes_at_its_own_time_and_the_dry_run_says_it_first(town, session, folder):
    load_default_retention(session, utc_now())
    assert load_default_retention(session, utc_now()) == 0
    fixed = closed(session, town.assigned(), Outcome.FIXED, 100)
    abuse = closed(session, town.assigned(), Outcome.ABUSE, 200)
    opened = town.assigned()
    photos = [with_photo(session, folder, report) for report in (fixed, abuse, opened)]
    assert count_over(session, utc_now()) == {"positions": 2, "facts": 1}
    while forget_over(session, utc_now()):
        pass
    assert "pin" not in fixed.evidence
    assert "pin" in opened.evidence
    session.expire_all()
    assert [bool(photo.facts) for photo in photos] == [True, False, True]
    assert all(photo.sha256 for photo in photos), "abuse is kept for a year"
    assert count_over(session, utc_now()) == {}
    graves = session.execute(select(Tombstone.report_id, Tombstone.what, Tombstone.why))
    assert sorted(tuple(row) for row in graves) == sorted(
        [
            (fixed.id, "positions", "retention"),
            (abuse.id, "positions", "retention"),
            (abuse.id, "facts", "retention"),
        ]
    )


def test_after_all_its_times_nothing_is_left_but_the_record(town, session, folder):
    load_default_retention(session, utc_now())
    report = closed(session, town.assigned(note="在我家门口"), Outcome.WITHDRAWN, 200)
    photo = with_photo(session, folder, report)
    while forget_over(session, utc_now()):
        pass
    session.expire_all()
    assert report.reporter_id is None
    assert (photo.sha256, photo.screen_sha256, photo.thumb_sha256) == (None, None, None)
    assert (photo.state, photo.reason, photo.facts) == ("unreadable", "copies_erased", {})
    assert all(not entry.private for entry in list_timeline(session, report.id))
    report.state, report.outcome = State.ASSIGNED, None
    assert verify_report(session, report) is None


def test_a_changed_time_is_a_new_row_and_holds_for_its_outcome_alone(town, session):
    load_default_retention(session, utc_now())
    report = closed(session, town.assigned(), Outcome.FIXED, 10)
    assert count_over(session, utc_now()) == {}
    for days in (7, 5):
        set_retention(
            session, What.POSITIONS, days, outcome=Outcome.FIXED, source="本市", now=utc_now()
        )
    rows = session.scalars(select(Retention).where(Retention.outcome == "fixed")).all()
    assert sorted((row.days, row.until is None) for row in rows) == [(5, True), (7, False)]
    assert count_over(session, utc_now()) == {"positions": 1}
    report.outcome = Outcome.NOT_FOUND
    session.flush()
    assert count_over(session, utc_now()) == {}
    with pytest.raises(Unprocessable):
        set_retention(session, What.POSITIONS, -1, outcome=None, source="x", now=utc_now())


def test_nothing_under_legal_hold_goes(town, session, folder):
    load_default_retention(session, utc_now())
    report = closed(session, town.assigned(), Outcome.FIXED, 5_000)
    photo = with_photo(session, folder, report)
    with pytest.raises(Unprocessable):
        hold(session, report, " ", now=utc_now())
    hold(session, report, "诉讼", now=utc_now())
    hold(session, report, "又一次", now=utc_now())
    assert forget_over(session, utc_now()) == 0
    assert report.reporter_id
    erased = erase_rider(session, frozenset({report.reporter_id}), now=utc_now())
    assert (erased.reports, erased.held) == (0, 1)
    assert photo.sha256 is not None
    assert session.scalar(select(func.count()).select_from(ApiToken)) > 0
    assert lift(session, report)
    assert not lift(session, report)
    assert forget_over(session, utc_now()) > 0


def test_a_rider_is_forgotten_and_the_chain_holds(town, session, folder):
    report, other = town.assigned(note="我住在三楼"), town.assigned(note="另一处")
    photo = with_photo(session, folder, report)
    device_id = report.reporter_id
    token = session.get(Device, device_id).token_hash
    erased = erase_rider(session, frozenset({device_id}), now=utc_now())
    assert (erased.reports, erased.held) == (2, 0)
    session.expire_all()
    for mine in (report, other):
        assert mine.reporter_id is None
        assert "pin" not in mine.evidence
        assert verify_report(session, mine) is None
        said = [entry.private for entry in list_timeline(session, mine.id)]
        assert not any("note" in words or "device" in words for words in said)
    assert (photo.sha256, photo.facts) == (None, {})
    assert photo.screen_sha256 is not None, "the hazard stays, with its redacted picture"
    assert report.state == "assigned"
    assert session.get(Device, device_id).token_hash != token
    of_phone = select(func.count()).select_from(ApiToken).where(ApiToken.device_id == device_id)
    assert session.scalar(of_phone) == 0
    again = erase_rider(session, frozenset({device_id}), now=utc_now())
    assert (again.reports, again.held) == (0, 0)


def test_bytes_shared_by_two_reports_outlive_the_erasure_of_one(town, session, storage):
    mine = town.assigned()
    ours = with_photo(session, storage, mine, b"the same photo")
    town.rider = create_device(session, new_token(), now=utc_now())
    theirs = with_photo(session, storage, town.assigned(), b"the same photo")
    alone = with_photo(session, storage, town.assigned(), b"only once")
    digest, single = ours.sha256, alone.sha256
    assert theirs.sha256 == digest
    erase_rider(session, frozenset({mine.reporter_id}), now=utc_now())
    later = utc_now() + 2 * DAY
    sweep_bytes(session, storage, later)
    session.expire_all()
    assert (ours.sha256, theirs.sha256) == (None, digest)
    assert storage.has(digest)
    assert storage.has(single)
    erase_rider(session, frozenset({town.rider.id}), now=utc_now())
    sweep_bytes(session, storage, later)
    assert not storage.has(digest)
    assert not storage.has(single)
    assert storage.has(theirs.screen_sha256)


def test_a_rider_takes_every_phone_along_and_no_word_is_found_again(town, session):
    report, second = town.assigned(note="我住在三楼"), town.assigned(note="另一处")
    report.evidence = {**report.evidence, EARLIER: [report.evidence["pin"]]}
    assert index_words(session, report.id)
    other = create_device(session, new_token(), now=utc_now())
    other.rider_id, second.reporter_id = town.rider.id, other.id
    session.flush()
    issue_code(session, other.id, "recovery", now=utc_now())
    tokens = {town.rider.token_hash, other.token_hash}
    phones = actor_of_rider(session, other).device_ids
    erased = erase_rider(session, phones, now=utc_now())
    assert (erased.reports, erased.held) == (2, 0)
    session.expire_all()
    assert (report.reporter_id, second.reporter_id, other.rider_id) == (None, None, None)
    assert EARLIER not in report.evidence
    assert not tokens & {town.rider.token_hash, other.token_hash}
    for left in (SearchPosting, PhoneCode):
        assert session.scalar(select(func.count()).select_from(left)) == 0, left


def test_what_staff_and_followers_brought_outlives_the_rider_until_its_time(town, session, folder):
    load_default_retention(session, utc_now())
    report = town.assigned(note="我住在三楼")
    sent = with_photo(session, folder, report)
    after = session.get_one(Photo, town.evidence(report, "member"))
    after.facts = {"make": "Sample"}
    follower = create_device(session, new_token(), now=utc_now())
    session.add(Tie(report_id=report.id, device_id=follower.id, kind=FOLLOWER, since=utc_now()))
    report.followers = 1
    session.flush()
    add(session, report, Add(note="我也看到了"), by=By(actor_of_device(follower.id), utc_now()))
    erase_rider(session, frozenset({town.rider.id}), now=utc_now())
    session.expire_all()
    assert report.reporter_id == follower.id
    assert (sent.sha256, sent.facts) == (None, {})
    assert (after.sha256, after.facts) == ("0" * 64, {"make": "Sample"})
    notes = [entry.private.get("note") for entry in list_timeline(session, report.id)]
    assert "我也看到了" in notes
    assert "我住在三楼" not in notes

    closed(session, report, Outcome.FIXED, 200)
    over = {"originals": 1, "facts": 1, "positions": 1}
    assert count_over(session, utc_now()) == over, "the wish took the rider's things alone"
    assert forget_over(session, utc_now()) == 3
    session.expire_all()
    assert (after.sha256, after.facts) == (None, {})
    assert count_over(session, utc_now()) == {}
    session.execute(update(Tombstone).values(at=report.closed_at - DAY))
    assert count_over(session, utc_now()) == over, "opened and closed again since"
    assert forget_over(session, utc_now()) == 3
    assert forget_over(session, utc_now()) == 0


@pytest.mark.parametrize("gone", ["left", "erased"])
def test_a_member_who_lets_go_of_a_report_still_decides_nothing_on_it(town, session, gone):
    report = town.assigned()
    officer = town.accounts["left-1"]
    town.rider.account_id = officer.id
    session.flush()
    if gone == "left":
        leave(session, report, Leave(), by=town.by("rider", report))
    else:
        erase_rider(session, frozenset({town.rider.id}), now=utc_now())
    session.expire_all()
    assert report.reporter_id is None
    assert Bar.TIED in standing_of(session, report, town.actor("left-1")).bars
    assert Bar.TIED not in standing_of(session, report, town.actor("left-2")).bars
    assert barred_accounts(session, report) == {officer.id}
