"""Who may give whom a new password."""

import pytest

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.errors import Forbidden, NotFound
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.grid.services.recover import give_code, list_below
from tests.unit.grid.conftest import LEFT, NOW, RIGHT, TOWN, toy_map

CITY = "510100"
PEOPLE = [
    ("city", Role.OFFICE, CITY),
    ("town", Role.OFFICE, TOWN),
    ("left", Role.OFFICE, LEFT),
    ("left-2", Role.OFFICE, LEFT),
    ("right", Role.OFFICE, RIGHT),
    ("left-unit", Role.UNIT, LEFT),
    ("left-member", Role.MEMBER, f"{LEFT}001001001"),
    ("right-member", Role.MEMBER, f"{RIGHT}001"),
    ("admin", Role.ADMIN, CITY),
    ("elsewhere", Role.MEMBER, "510198001"),
]
LEFT_STAFF = {"left-unit", "left-member"}


@pytest.fixture
def actors(session, account_of):
    write_areas(session, new_edition(session, "2026-1", now=NOW), toy_map())
    activate(session, "2026-1", now=NOW)
    return {
        name: Actor(role, account_of(name, role.value, area), area_code=area)
        for name, role, area in PEOPLE
    }


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("left", LEFT_STAFF),
        ("town", {"left", "left-2", "right", "right-member"} | LEFT_STAFF),
        ("city", {name for name, *_ in PEOPLE} - {"city", "admin"}),
        ("admin", {name for name, *_ in PEOPLE} - {"admin"}),
    ],
)
def test_a_desk_sees_its_people_and_the_desks_below(session, actors, name, below):
    found = list_below(session, actors[name], city_code=CITY)
    assert {person.username for person in found} == below


def test_names_are_looked_for_from_their_beginning(session, actors):
    found = list_below(session, actors["town"], city_code=CITY, named="left-")
    assert {person.username for person in found} == {"left-2"} | LEFT_STAFF
    assert list_below(session, actors["admin"], city_code=CITY, named="%") == []


def test_without_a_map_a_desk_has_the_people_of_its_own_code(session, account_of):
    account_of("left-unit", "unit", LEFT)
    account_of("left-member", "member", f"{LEFT}001001001")
    desk = Actor(Role.OFFICE, account_of("left", "office", LEFT), area_code=LEFT)
    found = list_below(session, desk, city_code=CITY)
    assert [person.username for person in found] == ["left-unit"]


def test_those_who_left_are_not_listed(session, actors):
    session.query(Account).filter_by(username="left-unit").update({"active": False})
    found = list_below(session, actors["left"], city_code=CITY)
    assert [person.username for person in found] == ["left-member"]


def test_a_code_is_given_downward_only(session, actors):
    code = give_code(session, actors["left"], "left-member", city_code=CITY, now=NOW)
    assert len(code.replace("-", "")) == 16
    account = session.query(Account).filter_by(username="left-member").one()
    assert account.reset_hash not in {None, code}
    for name in ("left", "left-2", "town", "right-member", "admin"):
        with pytest.raises(Forbidden, match="not_below_you"):
            give_code(session, actors["left"], name, city_code=CITY, now=NOW)
    with pytest.raises(NotFound):
        give_code(session, actors["admin"], "nobody", city_code=CITY, now=NOW)
