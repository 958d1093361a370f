"""Every filter and view of a queue holds what it says, for each role, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from civicprobe.db import utc_now
from civicprobe.errors import Conflict, Invalid, NotFound
from civicprobe.reports.lifecycle.commands import Close, Dispatch, FileReport, Propose, Reopen
from civicprobe.reports.lifecycle.commands_queue import KeepView, SnoozeCard, Until
from civicprobe.reports.lifecycle.table import Severity
from civicprobe.reports.models import Clock, EventPrivate, Report
from civicprobe.reports.models_queue import SearchPosting
from civicprobe.reports.queue import queues, search
from civicprobe.reports.queue.filters import QueueFilter
from civicprobe.reports.queue.queues import count_views, list_queue, list_saved
from civicprobe.reports.services.close import close
from civicprobe.reports.services.dispatch import dispatch
from civicprobe.reports.services.handle import propose
from civicprobe.reports.services.keep_view import MOST_VIEWS, drop_view, keep_view
from civicprobe.reports.services.reopen import reopen
from civicprobe.reports.services.review import file
from civicprobe.reports.services.snooze import snooze, wake
from civicprobe.reports.services.words import index_words
from tests.town import SPOT, build_town
from tests.unit.grid.conftest import LEFT, RIGHT, TOWN


@pytest.fixture
def town(session, settings):
    return build_town(session, settings)


@pytest.fixture
def seen(town, session):
    """The numbers that somebody's queue holds under a filter."""

    def ask(who: str, **filters: str) -> set[str]:
        rows = list_queue(session, town.actor(who), QueueFilter.read(filters), now=utc_now())
        return {row.number for row in rows.reports}

    return ask


def filed(town, session, who="member", category="rubbish", severity=Severity.ORDINARY, **said):
    report = town.assigned(**said)
    command = FileReport(category=category, severity=severity)
    file(session, report, command, by=town.by(who, report))
    return report


def test_each_filter_holds_what_it_says(town, session, seen):
    one = filed(town, session, severity=Severity.SERIOUS)
    two = town.assigned(note="路灯不亮")
    three = town.reported(note="看不出在哪里", pin=None)
    session.execute(
        update(Report)
        .where(Report.id == two.id)
        .values(created_at=utc_now() - timedelta(hours=30), urgent=True)
    )
    named = {"left-1": {one.number, two.number}, "city": {n.number for n in (one, two, three)}}
    for who, all_of in named.items():
        assert seen(who) == all_of
    member = str(town.accounts["member"].id)
    for asked, found in [
        ({"state": "filed"}, {one}),
        ({"severity": "serious"}, {one}),
        ({"category": "rubbish"}, {one}),
        ({"area": one.micro_code}, {one, two}),
        ({"area": one.general_code}, {one, two}),
        ({"area": one.community_code}, {one, two}),
        ({"area": LEFT}, {one, two}),
        ({"street": RIGHT}, set()),
        ({"area": TOWN}, {one, two}),
        ({"older_h": "24"}, {two}),
        ({"newer_h": "24"}, {one, three}),
        ({"urgent": "1"}, {two}),
        ({"grade": str(one.place["grade"])}, {one, two}),
        ({"assignee": member}, {one, two}),
        ({"assignee": "none"}, {three}),
        ({"unit": "1"}, set()),
        ({"near": f"{SPOT.lat},{SPOT.lon}"}, {one, two}),
        ({"near": f"{SPOT.lat + 0.0015},{SPOT.lon},200"}, {one, two}),
        ({"near": f"{SPOT.lat + 0.0015},{SPOT.lon},150"}, set()),
        ({"area": LEFT, "older_h": "24", "urgent": "1"}, {two}),
    ]:
        assert seen("city", **asked) == {row.number for row in found}, asked


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"state": "lost"}, "no_such_state"),
        ({"severity": "mild"}, "filter_malformed"),
        ({"grade": "AB"}, "filter_malformed"),
        ({"unit": "-1"}, "filter_malformed"),
        ({"unit": "9" * 30}, "filter_malformed"),
        ({"older_h": "1.5"}, "filter_malformed"),
        ({"area": "51"}, "no_such_area"),
        ({"area": "x' OR 1"}, "no_such_area"),
        ({"near": "30.6"}, "filter_malformed"),
        ({"near": "nan,1"}, "coordinates_not_finite"),
        ({"near": "91,1"}, "coordinates_out_of_range"),
        ({"near": "30,104,5000"}, "radius_out_of_range"),
        ({"text": "长" * 41}, "filter_malformed"),
        ({"street": "5" * 33}, "filter_malformed"),
    ],
)
def test_a_filter_that_is_none_is_refused(asked, code):
    with pytest.raises(Invalid) as fault:
        QueueFilter.read(asked)
    assert fault.value.code == code


def test_words_are_found_in_chinese_and_in_pinyin(town, session, seen):
    cover = town.assigned(note="路口井盖没了，请来 A17 处")
    light = town.assigned(note="小区门口路灯不亮")
    apart = town.assigned(note="口井 井盖 盖没")
    for report in (cover, light, apart):
        index_words(session, report.id)
    for text, found in [
        ("井盖", {cover, apart}),
        ("口井盖没", {cover}),
        ("井", {cover, apart}),
        ("了", {cover}),
        ("jinggai", {cover, apart}),
        ("jg", {cover, apart}),
        ("LUDENG", {light}),
        ("ldbl", {light}),
        ("a17", {cover}),
        ("A1", {cover}),
        ("井盖 a17", {cover}),
        ("路灯 井盖", set()),
        ("%", set()),
        ("火", set()),
    ]:
        assert seen("left-1", text=text) == {row.number for row in found}, text
    assert seen("member", text="井盖", view="new") == {cover.number, apart.number}


def test_words_that_are_erased_are_found_no_more(town, session, seen):
    report = town.assigned(note="井盖没了")
    index_words(session, report.id)
    assert seen("left-1", text="井盖") == {report.number}
    session.execute(delete(EventPrivate).where(EventPrivate.report_id == report.id))
    assert index_words(session, report.id) == 0
    assert seen("left-1", text="井盖") == set()
    assert session.scalars(select(SearchPosting)).all() == []


def test_a_unit_finds_nothing_by_the_riders_words(town, session, seen):
    report = filed(town, session, note="骑手原话里的井盖")
    unit = town.units["roads"]
    dispatch(session, report, Dispatch(unit=unit.id, note="请修井圈"), by=town.by("left-1", report))
    index_words(session, report.id)
    assert seen("unit-roads", text="井圈") == {report.number}
    assert seen("unit-roads", text="井盖") == set()
    assert seen("unit-roads", text="jinggai") == set()
    assert seen("left-1", text="井盖") == {report.number}


def test_a_common_term_is_asked_of_each_row_on_the_way(town, session, seen, monkeypatch):
    monkeypatch.setattr("civicprobe.reports.queue.search.RARE", 0)
    report = town.assigned(note="井盖没了")
    index_words(session, report.id)
    assert seen("left-1", text="井盖没") == {report.number}


def test_a_snoozed_card_is_aside_for_its_viewer_alone_until_its_time(town, session, seen):
    report, now = town.assigned(), utc_now()
    assert seen("member", view="new") == {report.number}
    member = town.actor("member")
    until = snooze(session, report, SnoozeCard(until=Until.HALF_HOUR), member, now=now)
    assert until == now + timedelta(minutes=30)
    assert seen("member", view="new") == set()
    assert count_views(session, member, now)["new"] == 0
    assert seen("member", view="snoozed") == {report.number}
    assert seen("left-1", view="with_members") == {report.number}
    later = QueueFilter(view="new")
    assert list_queue(session, member, later, now=now + timedelta(minutes=31)).reports
    snooze(session, report, SnoozeCard(until=Until.ON_SITE), member, now=now)
    wake(session, report, member)
    assert seen("member", view="new") == {report.number}


def test_what_is_urgent_is_never_put_aside(town, session, seen):
    report, member = town.assigned(), town.actor("member")
    snooze(session, report, SnoozeCard(until=Until.TONIGHT), member, now=utc_now())
    session.execute(update(Report).where(Report.id == report.id).values(urgent=True))
    session.expire_all()
    assert seen("member", view="new") == {report.number}
    with pytest.raises(Conflict, match="urgent_not_snoozed"):
        snooze(session, report, SnoozeCard(until=Until.TONIGHT), member, now=utc_now())


def test_reopened_and_thrice_have_their_views(town, session, seen):
    report = filed(town, session)
    unit = town.units["roads"]
    dispatch(session, report, Dispatch(unit=unit.id), by=town.by("left-1", report))
    done = Propose(outcome="not_found", note="没有找到")
    propose(session, report, done, by=town.by("unit-roads", report))
    assert seen("left-1", view="to_check") == {report.number}
    close(session, report, Close(public_note="看过了"), by=town.by("left-1", report))
    assert seen("left-1", view="closed") == {report.number}
    assert seen("left-1", view="reopened") == set()
    reopen(session, report, Reopen(reason="还在"), by=town.by("rider", report), city=town.city)
    assert seen("left-1", view="reopened") == {report.number}
    clock = session.scalars(select(Clock).where(Clock.ended_at.is_(None))).first()
    assert seen("left-1", view="thrice") == set()
    clock.told = "thrice"
    session.flush()
    assert seen("left-1", view="thrice") == {report.number}
    counts = count_views(session, town.actor("left-1"), utc_now())
    assert (counts["reopened"], counts["thrice"], counts["to_dispatch"]) == (1, 1, 0)


def test_a_view_is_kept_under_a_name_and_is_its_owners_alone(town, session):
    now, left = utc_now(), town.actor("left-1")
    query = {"view": "overdue", "category": "rubbish", "strange": "x", "text": ""}
    kept = keep_view(session, KeepView(name="垃圾超时", query=query), left, now=now)
    assert kept.query == {"view": "overdue", "category": "rubbish"}
    again = keep_view(session, KeepView(name="垃圾超时", query={"view": "all"}), left, now=now)
    assert (again.id, again.query) == (kept.id, {"view": "all"})
    with pytest.raises(Invalid, match="no_such_view"):
        keep_view(session, KeepView(name="x", query={"view": "new"}), left, now=now)
    with pytest.raises(NotFound):
        drop_view(session, kept.id, town.actor("left-2"))
    for n in range(MOST_VIEWS - 1):
        keep_view(session, KeepView(name=f"第{n}个", query={}), left, now=now)
    with pytest.raises(Conflict, match="saved_views_full"):
        keep_view(session, KeepView(name="太多", query={}), left, now=now)
    drop_view(session, kept.id, left)
    assert len(list_saved(session, left)) == MOST_VIEWS - 1


@pytest.mark.parametrize("view", ["open", "all"])
def test_what_no_index_answers_is_looked_for_among_so_many_and_goes_on_from_there(
    town, session, monkeypatch, view
):
    monkeypatch.setattr(queues, "MOST_READ", 3)
    made = [filed(town, session) for _ in range(7)]
    order = made if view == "open" else made[::-1]
    wanted = order[4]
    index_words(session, wanted.id)
    wanted.urgent = True
    session.flush()
    actor, ask = town.actor("left-1"), QueueFilter.read({"view": view, "urgent": "1"})
    pages, after = [], None
    while True:
        page = list_queue(session, actor, ask, now=utc_now(), after=after)
        pages.append([report.id for report in page.reports])
        after = page.next
        if after is None:
            break
    assert pages == [[], [wanted.id], []]


def test_a_common_word_and_a_rare_one_find_the_same(town, session, monkeypatch, seen):
    rare = filed(town, session, note="井盖松了")
    other = filed(town, session, note="井里有水")
    for report in (rare, other):
        index_words(session, report.id)
    for most in (1_000, 0):
        monkeypatch.setattr(search, "RARE", most)
        for view in ("open", "all"):
            assert seen("left-1", view=view, text="井盖") == {rare.number}
            assert seen("left-1", view=view, text="jinggai") == {rare.number}
            assert seen("left-1", view=view, text="没有这词") == set()
