"""What happens after: photos' copies, notices, work that failed for good, and what is swept."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select

from civicprobe import outbox
from civicprobe.db import one_by_one, utc_now
from civicprobe.errors import Conflict, Invalid
from civicprobe.grid.people import get_member
from civicprobe.grid.services.standing import suspend
from civicprobe.notices.inbox import count_unread, list_notices, mark_read
from civicprobe.notices.models import Notice
from civicprobe.outbox import OutboxRow
from civicprobe.reports.lifecycle.table import Topic
from civicprobe.reports.models import ActionAnswer, Photo, ReportEvent
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import list_queue
from civicprobe.reports.services.give_up import give_up
from civicprobe.reports.services.hand_over import hand_over_card, list_cards
from civicprobe.reports.services.photos import StoredPhoto, add_photo, refuse_photo
from civicprobe.reports.services.pictures import Source, find_bytes, keep, make
from civicprobe.reports.services.sweep import sweep_bytes, sweep_rows
from civicprobe.reports.services.tell import tell
from civicprobe.storage import open_storage
from tests.unit.grid.conftest import LEFT


@pytest.fixture
def storage(settings):
    return open_storage(settings.storage_url)


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), "grey").save(out, "JPEG")
    return out.getvalue()


def with_photo(town, storage, data: bytes):
    report = town.reported(photos=1)
    stored = StoredPhoto(storage.put(data), "image/jpeg", len(data))
    return report, add_photo(town.session, report, 1, stored, by=town.by("rider")).photo


def due_topics(session) -> list[str]:
    now = utc_now()
    rows = session.scalars(select(OutboxRow).where(OutboxRow.due_at <= now).order_by(OutboxRow.id))
    return [row.topic for row in rows]


def test_the_last_announced_photo_starts_the_enrichment(town, session, storage):
    report = town.reported(photos=2)
    stored = [StoredPhoto(c * 64, "image/jpeg", 1) for c in "ab"]
    add_photo(session, report, 1, stored[0], by=town.by("rider"))
    assert "enrich" not in due_topics(session)
    add_photo(session, report, 2, stored[1], by=town.by("rider"))
    assert due_topics(session).count("enrich") == 1
    assert due_topics(session).count("pictures") == 2


def test_an_urgent_report_waits_for_no_photo(town, session):
    town.reported(photos=3, urgent=True)
    assert "enrich" in due_topics(session)


def test_a_refused_photo_is_counted_once_and_may_be_mended(town, session):
    report = town.reported(photos=1)
    for _ in range(2):
        refuse_photo(session, report, 1, "photo_cut", now=utc_now())
    session.refresh(report)
    assert report.photos_settled == 1
    receipt = add_photo(
        session, report, 1, StoredPhoto("c" * 64, "image/jpeg", 1), by=town.by("rider")
    )
    assert receipt.created
    session.refresh(report)
    assert report.photos_settled == 1


@pytest.mark.parametrize("n", [0, 4, -1])
def test_photo_numbers_are_1_to_3(town, n):
    report = town.reported()
    with pytest.raises(Invalid):
        add_photo(
            town.session, report, n, StoredPhoto("d" * 64, "image/jpeg", 1), by=town.by("rider")
        )


def test_after_seven_days_no_photo_is_taken(town):
    report = town.reported()
    by = town.by("rider", now=utc_now() + timedelta(days=8))
    with pytest.raises(Conflict, match="photo_too_late"):
        add_photo(town.session, report, 1, StoredPhoto("d" * 64, "image/jpeg", 1), by=by)


def test_copies_are_made_once_for_the_same_bytes(town, session, storage):
    _, first = with_photo(town, storage, picture())
    _, second = with_photo(town, storage, picture())
    for photo in (first, second):
        keep(session, photo.id, make(storage, find_bytes(session, photo.id), 10**8), now=utc_now())
    assert first.state == second.state == "ready"
    assert first.sha256 == second.sha256
    assert first.thumb_sha256 == second.thumb_sha256
    assert len(list(storage.digests())) == 3


def test_an_unreadable_photo_says_why(town, session, storage):
    data = picture()
    _, photo = with_photo(town, storage, data[:200] + b"\x00" * 50 + data[-2:])
    keep(session, photo.id, make(storage, find_bytes(session, photo.id), 10**8), now=utc_now())
    assert photo.state == "unreadable"
    assert photo.reason.startswith("photo_")
    lost = make(storage, Source("0" * 64), 10**8)
    assert lost.reason == "photo_bytes_gone"


def test_a_notice_reaches_each_person_once(town, session):
    report = town.assigned()
    for _ in range(2):
        tell(session, report.id, 2, Topic.MEMBER_CARD, now=utc_now())
        tell(session, report.id, 2, Topic.DESK_DISPATCH, now=utc_now())
    told = session.execute(select(Notice.topic, func.count()).group_by(Notice.topic))
    assert dict(told.all()) == {"member_card": 1, "desk_dispatch": 2}


def test_an_inbox_is_ones_own(town, session):
    report = town.assigned()
    tell(session, report.id, 1, Topic.RIDER_RECEIVED, now=utc_now())
    assert count_unread(session, town.actor("rider")) == 1
    assert count_unread(session, town.actor("member")) == 0
    mark_read(session, town.actor("rider"), utc_now())
    assert count_unread(session, town.actor("rider")) == 0
    (notice,) = list_notices(session, town.actor("rider"))
    assert notice.number == report.number


def failed(session, topic, **payload):
    row = outbox.write(session, topic, now=utc_now(), **payload)
    row.state = "failed"
    session.flush()
    return row.id


def test_an_enrichment_that_failed_for_good_goes_to_a_desk_with_the_reason(town, session):
    report = town.reported()
    for _ in range(2):
        give_up(session, failed(session, "enrich", report_id=report.id), now=utc_now())
    assert report.state == "needs_place"
    assert report.seq == 2


def test_copies_that_failed_for_good_are_told(town, session, storage):
    _, photo = with_photo(town, storage, picture())
    give_up(session, failed(session, "pictures", photo_id=str(photo.id)), now=utc_now())
    assert (photo.state, photo.reason) == ("unreadable", "copies_failed")


def test_cards_that_could_not_be_handed_over_wait_at_the_desk(town, session):
    cards = [town.assigned() for _ in range(3)]
    member = get_member(session, town.accounts["member"].id)
    suspend(session, member, now=utc_now())
    for _ in range(2):
        row = failed(session, "hand_over", account_id=member.account_id, why="suspended")
        give_up(session, row, now=utc_now())
    assert {(card.assignee_id, card.desk_code) for card in cards} == {(None, LEFT)}
    steps = select(ReportEvent.data).where(ReportEvent.action == "reassign")
    told = [data["why"] for data in session.scalars(steps)]
    assert told == ["suspended"] * 3


def test_one_card_that_fails_keeps_no_other_waiting(town, session):
    cards = [town.assigned() for _ in range(3)]
    member = get_member(session, town.accounts["member"].id)
    suspend(session, member, now=utc_now())
    session.commit()

    def give(own, card):
        if card == cards[1].id:
            raise RuntimeError("broken")
        hand_over_card(own, card, member.account_id, "suspended", city=None, now=utc_now())

    with pytest.raises(RuntimeError):
        one_by_one(list_cards(session, member.account_id), give)
    assert list_cards(session, member.account_id) == [cards[1].id]


def test_a_row_that_did_not_fail_is_given_up_by_nobody(town, session):
    report = town.reported()
    row = session.scalar(select(OutboxRow).where(OutboxRow.topic == "enrich"))
    give_up(session, row.id, now=utc_now())
    give_up(session, 10**9, now=utc_now())
    assert report.state == "received"


def test_unused_evidence_and_old_answers_are_swept(town, session):
    report = town.assigned()
    photo = town.evidence(report, "member")
    session.add(
        ActionAnswer(
            caller="account:1",
            action_id=uuid4(),
            report_id=report.id,
            digest="",
            answered_at=utc_now(),
            body="{}",
        )
    )
    session.flush()
    assert sweep_rows(session, utc_now()) == 0
    assert sweep_rows(session, utc_now() + timedelta(days=8)) == 2
    assert session.get(Photo, photo, populate_existing=True) is None


def test_bytes_go_when_no_row_has_named_them_for_a_day(town, session, storage):
    _, photo = with_photo(town, storage, picture())
    orphan = storage.put(b"nobody's")
    assert sweep_bytes(session, storage, utc_now()) == 0
    assert sweep_bytes(session, storage, utc_now() + timedelta(days=2)) == 1
    assert not storage.has(orphan)
    assert storage.has(photo.sha256)


def test_each_sees_their_own_queue(town, session):
    report = town.assigned()
    ask = QueueFilter()
    seen = {
        who: [r.id for r in list_queue(session, town.actor(who), ask, now=utc_now()).reports]
        for who in ("rider", "member", "left-1", "right-1", "district", "city", "unit-roads")
    }
    mine = [report.id]
    assert seen == {
        "rider": mine,
        "member": mine,
        "left-1": mine,
        "right-1": [],
        "district": mine,
        "city": mine,
        "unit-roads": [],
    }


def test_a_queue_pages_by_key_and_knows_its_views(town, session):
    made = [town.assigned().id for _ in range(5)]
    new, everything = QueueFilter(view="new"), QueueFilter()
    for ask, expected in ((new, made), (everything, made[::-1])):
        first = list_queue(session, town.actor("member"), ask, now=utc_now(), limit=2)
        assert [row.id for row in first.reports] == expected[:2]
        rest = list_queue(session, town.actor("member"), ask, now=utc_now(), after=first.next)
        assert [row.id for row in rest.reports] == expected[2:]
        assert rest.next is None
    with pytest.raises(Invalid, match="no_such_view"):
        list_queue(session, town.actor("member"), QueueFilter(view="to_dispatch"), now=utc_now())
