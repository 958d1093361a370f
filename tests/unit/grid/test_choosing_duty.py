"""Choosing over whole rosters: never nobody, never somebody off duty while somebody on duty stands
on the same rung, always a reason; by any clock, over leave, caps, midnight shifts and holidays."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from civicprobe.catalog.calendars import Calendar
from civicprobe.grid.choosing import (
    Aim,
    AimKind,
    Choice,
    Considered,
    Roster,
    Server,
    WhyNot,
    choose,
)
from civicprobe.grid.duty import Duty, why_away
from tests.unit.grid.test_choosing import CHAIN, CITY, CODES
from tests.unit.grid.test_duty import duties, moments, zones

PEOPLE = st.integers(1, 9)


@dataclass(frozen=True)
class Post:
    """One member at one rung."""

    account_id: int
    duty: Duty
    full_time: bool
    cap: int | None


posts = st.builds(Post, PEOPLE, duties, st.booleans(), st.none() | st.integers(1, 3))
rungs = st.dictionaries(
    st.sampled_from(CODES),
    st.lists(posts, max_size=4, unique_by=lambda post: post.account_id),
    max_size=5,
)
groups = st.frozensets(PEOPLE, max_size=3)
loads = st.dictionaries(PEOPLE, st.integers(0, 4))


def roster_at(rungs, moment, calendar):
    def server(post):
        away = why_away(post.duty, moment, calendar)
        return Server(post.account_id, "某", post.full_time, away, post.cap)

    return Roster({code: tuple(map(server, at)) for code, at in rungs.items()})


def can_take(server, load, barred, urgent):
    away = None if urgent and server.away is WhyNot.QUIET_HOURS else server.away
    full = server.cap is not None and load.get(server.account_id, 0) >= server.cap
    return away is None and server.account_id not in barred and (urgent or not full)


@given(rungs, moments, zones, loads, st.tuples(groups, groups, st.booleans()))
def test_somebody_on_duty_and_always_a_reason(rungs, moment, zone, load, case):
    barred, had_it, urgent = case
    roster = roster_at(rungs, moment, Calendar(zone))
    choice = choose(
        CHAIN, roster, city_code=CITY, load=load, barred=barred, had_it=had_it, urgent=urgent
    )
    assert choice.rule
    assert choice.reason
    out = barred | had_it
    above = CODES.index(choice.area_code) if choice.area_code in CODES else len(CODES)
    for code in CODES[:above]:
        assert not any(can_take(x, load, out, urgent) for x in roster.members.get(code, ()))
    rung = roster.members.get(choice.area_code, ())
    free = {x.account_id for x in rung if can_take(x, load, out, urgent)}
    if choice.kind == "member":
        assert choice.account_id in free
        said = {item.account_id for item in choice.considered if item.area == choice.area_code}
        assert said | {choice.account_id} == {x.account_id for x in rung}
    else:
        assert not free
        assert choice.account_id is None


@given(rungs, moments, zones, loads)
def test_whoever_is_not_asked_is_told_why(rungs, moment, zone, load):
    calendar = Calendar(zone)
    roster = roster_at(rungs, moment, calendar)
    choice = choose(CHAIN, roster, city_code=CITY, load=load)
    for item in choice.considered:
        if item.account_id is None:
            continue
        post = next(p for p in rungs[item.area] if p.account_id == item.account_id)
        away = why_away(post.duty, moment, calendar)
        if away is not None:
            assert item.why_not is away
        elif post.cap is not None and load.get(post.account_id, 0) >= post.cap:
            assert item.why_not is WhyNot.AT_CAP
        else:
            assert item.why_not in {WhyNot.HEAVIER_LOAD, WhyNot.PART_TIME}


@given(rungs, moments, zones, st.integers(0, 14 * 24 * 60))
def test_an_urgent_report_never_waits_longer_than_another(rungs, moment, zone, later):
    roster = roster_at(rungs, moment + timedelta(minutes=later), Calendar(zone))

    def rung(choice: Choice) -> int:
        return CODES.index(choice.area_code) if choice.area_code in CODES else len(CODES)

    urgent = choose(CHAIN, roster, city_code=CITY, urgent=True)
    assert rung(urgent) <= rung(choose(CHAIN, roster, city_code=CITY))


def test_caps_and_quiet_hours_hold_but_not_before_an_urgent_one():
    members = (
        Server(1, "满", cap=2),
        Server(2, "静", away=WhyNot.QUIET_HOURS),
        Server(3, "休", away=WhyNot.OFF_DUTY),
    )
    roster = Roster({"m": members})
    plain = choose(CHAIN, roster, city_code=CITY, load={1: 2})
    assert plain.kind == "desk"
    assert [item.why_not for item in plain.considered[:3]] == [
        WhyNot.AT_CAP,
        WhyNot.QUIET_HOURS,
        WhyNot.OFF_DUTY,
    ]
    urgent = choose(CHAIN, roster, city_code=CITY, load={1: 2}, urgent=True)
    assert urgent.account_id == 2


def test_a_rule_names_who_or_where_and_the_ladder_takes_over_when_it_cannot():
    roster = Roster({"m": (Server(1, "张"),), "g": (Server(4, "赵"),)}, {"s": frozenset({7})})

    def by(kind, server=None, chain=()):
        aim = Aim(5, "夜间", kind, server, chain)
        return choose(CHAIN, roster, city_code=CITY, aim=aim)

    named = by(AimKind.MEMBER, Server(9, "钱"))
    assert (named.account_id, named.rule, named.reason) == (9, "by_rule", "rule_member")
    assert named.params == {"rule_id": 5, "rule_name": "夜间"}
    gone = by(AimKind.MEMBER, Server(9, "钱", away=WhyNot.ON_LEAVE))
    assert (gone.account_id, gone.reason) == (1, "rule_member_away")
    assert gone.considered[0] == Considered("m", CHAIN[0].level, WhyNot.ON_LEAVE, 9, "钱")
    area = by(AimKind.AREA, chain=CHAIN[1:])
    assert (area.account_id, area.reason) == (4, "rule_area")
    desk = by(AimKind.DESK, chain=CHAIN[1:])
    assert (desk.kind, desk.area_code, desk.reason) == ("desk", "s", "rule_desk")
    assert by(AimKind.DESK).area_code == CITY
