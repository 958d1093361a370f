"""Who serves where, and what areas are called."""

import pytest

from civicprobe.accounts.models import Account
from civicprobe.grid.choosing import WhyNot, choose
from civicprobe.grid.locator import Locator
from civicprobe.grid.people import roster
from civicprobe.grid.queries import (
    area_names,
    find_alias,
    list_editions,
    list_streets,
)
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.enrol import assign_grids, enrol, set_active
from civicprobe.grid.services.import_areas import new_edition, write_areas
from tests.unit.grid.conftest import LEFT, NOW, RIGHT, TOWN, toy_map

MICRO, GENERAL = f"{LEFT}001001001", f"{LEFT}001001"


@pytest.fixture
def edition(session):
    edition = new_edition(session, "2026-1", now=NOW)
    write_areas(session, edition, toy_map())
    activate(session, "2026-1", now=NOW)
    return edition


@pytest.fixture
def serving(session, edition, account_of):
    """Make a member of grids and give the account."""

    def make(name, *grids):
        account = account_of(name)
        assign_grids(session, enrol(session, account, name, now=NOW).id, grids)
        return account

    return make


def test_the_roster_holds_who_serves_the_asked_areas(session, serving, account_of):
    first, second = serving("zhang", MICRO), serving("li", MICRO, GENERAL)
    serving("wang", f"{LEFT}001001002")
    officer = account_of("desk", "office", LEFT)
    found = roster(session, [MICRO, GENERAL, LEFT, TOWN], now=NOW)
    assert [each.account_id for each in found.members[MICRO]] == [first, second]
    assert [each.alias for each in found.members[GENERAL]] == ["li"]
    assert set(found.members) == {MICRO, GENERAL}
    assert found.desks == {LEFT: frozenset({officer})}


def test_a_resting_member_is_shown_as_away(session, serving, edition):
    account = serving("zhang", MICRO)
    set_active(session, 1, active=False)
    (server,) = roster(session, [MICRO], now=NOW).members[MICRO]
    assert (server.account_id, server.away) == (account, WhyNot.INACTIVE)


def test_a_blocked_account_is_shown_as_away_and_its_desk_as_empty(session, serving, account_of):
    accounts = [serving("zhang", MICRO), account_of("desk", "office", LEFT)]
    for account in accounts:
        session.get(Account, account).active = False
    session.flush()
    found = roster(session, [MICRO, LEFT], now=NOW)
    assert found.members[MICRO][0].away is WhyNot.INACTIVE
    assert found.desks == {}


def test_the_map_and_the_roster_make_a_choice(session, serving, account_of):
    account = serving("zhang", MICRO)
    account_of("desk", "office", LEFT)
    chain = Locator.build(toy_map()).chain_of(MICRO)
    found = roster(session, [area.code for area in chain], now=NOW)
    choice = choose(chain, found, city_code="510100")
    assert choice.account_id == account
    barred = choose(chain, found, city_code="510100", barred=frozenset({account}))
    assert (barred.kind, barred.area_code) == ("desk", LEFT)


def test_areas_are_named_by_level(session, edition):
    codes = {"city": "510100", "district": TOWN, "micro": MICRO}
    names = area_names(session, edition.id, codes)
    assert {level: area.name for level, area in names.items()} == {
        "district": "某区",
        "micro": "1号微网格",
    }
    assert area_names(session, None, codes) == {}
    assert area_names(session, edition.id, {}) == {}


def test_nobody_has_no_alias(session, edition):
    assert find_alias(session, 99) is None
    assert [each.name for each in list_editions(session)] == ["2026-1"]


@pytest.mark.parametrize(
    ("within", "codes"),
    [(None, [LEFT, RIGHT]), ("510100", [LEFT, RIGHT]), (TOWN, [LEFT, RIGHT]), (LEFT, [LEFT])],
)
def test_streets_are_listed_within_an_area(session, edition, within, codes):
    assert [area.code for area in list_streets(session, within)] == codes


def test_without_a_map_there_are_no_streets(session):
    assert list_streets(session, None) == []
