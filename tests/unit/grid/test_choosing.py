"""The ladder: never nobody, never someone barred or away, always with a reason."""

import json

from hypothesis import given
from hypothesis import strategies as st

from civicprobe.grid.areas import AreaName, Level
from civicprobe.grid.choosing import Considered, Roster, Server, WhyNot, choose

CITY = "510100"
CHAIN = (
    AreaName(Level.MICRO, "m", "3号微网格"),
    AreaName(Level.GENERAL, "g", "第1网格"),
    AreaName(Level.COMMUNITY, "c", "某社区"),
    AreaName(Level.STREET, "s", "某街道"),
    AreaName(Level.DISTRICT, "d", "某区"),
)
CODES = [area.code for area in CHAIN]

people = st.integers(1, 12)
servers = st.builds(
    Server, people, st.just("某"), st.booleans(), st.sampled_from([None, None, WhyNot.INACTIVE])
)
rosters = st.builds(
    Roster,
    st.dictionaries(st.sampled_from(CODES), st.lists(servers, max_size=4).map(tuple)),
    st.dictionaries(st.sampled_from([*CODES, CITY]), st.frozensets(people, max_size=3)),
)
groups = st.frozensets(people)
loads = st.dictionaries(people, st.integers(0, 40))
chains = st.integers(0, len(CHAIN)).map(lambda start: CHAIN[start:])


@given(chains, rosters, loads, groups, groups)
def test_there_is_always_someone_never_barred_always_with_a_reason(
    chain, roster, load, barred, had_it
):
    choice = choose(chain, roster, city_code=CITY, load=load, barred=barred, had_it=had_it)
    assert choice.reason
    assert choice.rule
    if choice.kind == "member":
        assert choice.account_id is not None
        assert choice.account_id not in barred | had_it
        taken = [each for each in roster.members[choice.area_code] if each.away is None]
        assert choice.account_id in {each.account_id for each in taken}
    else:
        assert choice.account_id is None
        held = roster.desks.get(choice.area_code, frozenset())
        assert choice.area_code == CITY or held - barred


@given(chains, rosters, loads, groups)
def test_nobody_below_could_have_been_asked(chain, roster, load, barred):
    choice = choose(chain, roster, city_code=CITY, load=load, barred=barred)
    codes = [area.code for area in chain]
    below = codes[: codes.index(choice.area_code)] if choice.area_code in codes else codes
    for code in below:
        assert all(
            each.away is not None or each.account_id in barred
            for each in roster.members.get(code, ())
        )


@given(chains, rosters, loads)
def test_every_rung_climbed_is_explained(chain, roster, load):
    choice = choose(chain, roster, city_code=CITY, load=load)
    codes = [area.code for area in chain]
    below = codes[: codes.index(choice.area_code)] if choice.area_code in codes else codes
    assert set(below) <= {each.area for each in choice.considered}


def test_the_lightest_load_of_the_micro_grid_gets_it():
    roster = Roster({"m": (Server(1, "张"), Server(2, "李"), Server(3, "王"))})
    choice = choose(CHAIN, roster, city_code=CITY, load={1: 3, 2: 1, 3: 2})
    assert (choice.kind, choice.account_id, choice.rule) == ("member", 2, "micro_member")
    assert choice.reason == "member_here"
    assert [(each.account_id, each.why_not) for each in choice.considered] == [
        (3, WhyNot.HEAVIER_LOAD),
        (1, WhyNot.HEAVIER_LOAD),
    ]


def test_the_reporter_is_passed_over_and_it_says_so():
    roster = Roster({"m": (Server(1, "张"),), "g": (Server(2, "李", full_time=True),)})
    choice = choose(CHAIN, roster, city_code=CITY, barred=frozenset({1}))
    assert (choice.account_id, choice.rule, choice.reason) == (2, "general_member", "member_above")
    assert choice.considered == (Considered("m", Level.MICRO, WhyNot.BARRED, 1, "张"),)


def test_above_the_micro_grid_full_time_members_go_first():
    roster = Roster({"g": (Server(1, "张"), Server(2, "李", full_time=True))})
    choice = choose(CHAIN, roster, city_code=CITY, load={2: 30})
    assert choice.account_id == 2
    assert choice.considered[-1].why_not is WhyNot.PART_TIME


def test_whoever_passed_it_on_is_not_asked_again():
    roster = Roster({"m": (Server(1, "张"), Server(2, "李"))})
    choice = choose(CHAIN, roster, city_code=CITY, had_it=frozenset({1}))
    assert choice.account_id == 2
    assert choice.considered[0].why_not is WhyNot.ALREADY_HAD_IT


def test_without_members_the_street_desk_answers():
    roster = Roster(desks={"s": frozenset({7}), "d": frozenset({8})})
    choice = choose(CHAIN, roster, city_code=CITY)
    assert (choice.kind, choice.area_code, choice.rule) == ("desk", "s", "street_desk")
    assert [each.why_not for each in choice.considered] == [WhyNot.NO_MEMBER] * 3


def test_a_desk_whose_only_officer_is_barred_is_passed_over():
    roster = Roster(desks={"s": frozenset({7}), "d": frozenset({8})})
    choice = choose(CHAIN, roster, city_code=CITY, barred=frozenset({7}))
    assert choice.area_code == "d"
    assert choice.considered[-1] == Considered("s", Level.STREET, WhyNot.BARRED)


def test_a_street_member_goes_before_the_street_desk():
    roster = Roster({"s": (Server(5, "赵"),)}, {"s": frozenset({7})})
    assert choose(CHAIN, roster, city_code=CITY).account_id == 5


def test_an_empty_city_still_has_its_desk():
    choice = choose(CHAIN, Roster(), city_code=CITY)
    assert (choice.kind, choice.area_code, choice.reason) == ("desk", CITY, "city_desk_last")
    assert choose((), Roster(), city_code=CITY).reason == "outside_the_map"


def test_a_choice_can_be_kept_as_json():
    roster = Roster({"m": (Server(1, "张", away=WhyNot.INACTIVE),)})
    kept = json.loads(json.dumps(choose(CHAIN, roster, city_code=CITY).as_dict()))
    assert kept["rule"] == "city_desk"
    assert kept["considered"][0]["why_not"] == "inactive"
