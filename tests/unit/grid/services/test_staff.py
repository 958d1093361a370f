"""Staff below a desk: who is seen, hired, moved, suspended, and given a new password."""

import pytest

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account
from civicprobe.accounts.roles import Role
from civicprobe.audit import AuditFilter, search
from civicprobe.catalog.models import Unit
from civicprobe.errors import Conflict, Forbidden, NotFound, Unprocessable
from civicprobe.grid.people import find_member, list_staff
from civicprobe.grid.queries import member_grids
from civicprobe.grid.services import staff
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.grid.services.staff import Desk, Post
from civicprobe.outbox import OutboxRow
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


def desk(actors, name):
    return Desk(actors[name], CITY, NOW)


def below_of(session, actor, **ask):
    return {account.username for account, _member in list_staff(session, actor, CITY, **ask)}


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
    assert below_of(session, actors[name]) == below


def test_names_are_looked_for_from_their_beginning(session, actors):
    assert below_of(session, actors["town"], named="left-") == {"left-2"} | LEFT_STAFF
    assert below_of(session, actors["admin"], named="%") == set()


def test_a_long_list_comes_in_pages(session, actors):
    whole = list_staff(session, actors["admin"], CITY)
    parts = [list_staff(session, actors["admin"], CITY, first=n, limit=4) for n in (0, 4, 8)]
    assert [*parts[0], *parts[1], *parts[2]] == whole


def test_without_a_map_a_desk_has_the_people_of_its_own_code(session, account_of):
    account_of("left-unit", "unit", LEFT)
    account_of("left-member", "member", f"{LEFT}001001001")
    desk = Actor(Role.OFFICE, account_of("left", "office", LEFT), area_code=LEFT)
    assert below_of(session, desk) == {"left-unit"}


def test_a_code_is_given_downward_only(session, actors):
    code = staff.give_code(session, "left-member", by=desk(actors, "left"))
    assert len(code.replace("-", "")) == 16
    account = session.query(Account).filter_by(username="left-member").one()
    assert account.reset_hash not in {None, code}
    for name in ("left", "left-2", "town", "right-member", "admin"):
        with pytest.raises(Forbidden, match="not_below_you"):
            staff.give_code(session, name, by=desk(actors, "left"))
    with pytest.raises(NotFound):
        staff.give_code(session, "nobody", by=desk(actors, "admin"))


HIRES = [
    ("left", Role.MEMBER, f"{LEFT}001001002", True),
    ("left", Role.MEMBER, f"{RIGHT}001001002", False),
    ("left", Role.OFFICE, LEFT, False),
    ("left", Role.ADMIN, LEFT, False),
    ("left", Role.ADMIN, CITY, False),
    ("town", Role.OFFICE, LEFT, True),
    ("town", Role.OFFICE, TOWN, False),
    ("town", Role.ADMIN, TOWN, False),
    ("city", Role.OFFICE, TOWN, True),
    ("city", Role.ADMIN, CITY, False),
    ("admin", Role.OFFICE, CITY, True),
    ("admin", Role.ADMIN, CITY, True),
]


@pytest.mark.parametrize("hiring", HIRES, ids=range(len(HIRES)))
def test_people_are_hired_downward_only(session, actors, hiring):
    by, role, area, may = hiring

    def hire():
        return staff.hire(session, "new-one", Post(role, area), "老周", by=desk(actors, by))

    if not may:
        with pytest.raises(Forbidden, match="not_below_you"):
            hire()
        return
    account, code = hire()
    assert (account.role, account.area_code, account.password) == (role, area, None)
    assert len(code.replace("-", "")) == 16
    assert (member_grids(session, account.id) == [area]) is (role is Role.MEMBER)
    assert [row.what for row in search(session, AuditFilter(subject="new-one"))] == ["person.hired"]


def test_where_somebody_works_must_be_on_the_map_and_a_member_has_an_alias(session, actors):
    for post, alias, field in (
        (Post(Role.MEMBER, f"{LEFT}001001001"), "", "alias"),
        (Post(Role.OFFICE, "510999"), "", "area"),
        (Post(Role.UNIT, "", 77), "", "unit"),
    ):
        with pytest.raises(Unprocessable) as fault:
            staff.hire(session, "new-one", post, alias, by=desk(actors, "admin"))
        assert [item.field for item in fault.value.fields] == [field]


def test_a_units_staff_work_where_the_unit_does(session, actors):
    unit = Unit(code="roads", name_zh="养护", name_en="Roads", area_code=LEFT)
    session.add(unit)
    session.flush()
    account, _code = staff.hire(
        session, "roads-1", Post(Role.UNIT, RIGHT, unit.id), "", by=desk(actors, "left")
    )
    assert (account.area_code, account.unit_id) == (LEFT, unit.id)
    with pytest.raises(Forbidden):
        staff.hire(session, "roads-2", Post(Role.UNIT, "", unit.id), "", by=desk(actors, "right"))


def test_who_is_suspended_is_out_and_their_work_goes_on(session, actors):
    account = session.query(Account).filter_by(username="right").one()
    before = account.fs_uniquifier
    for _twice in range(2):
        staff.suspend(session, "right", by=desk(actors, "town"))
    assert (account.active, account.fs_uniquifier == before) == (False, False)
    assert [row.payload for row in session.query(OutboxRow)] == [
        {"account_id": account.id, "why": "suspended"}
    ]
    staff.reinstate(session, "right", by=desk(actors, "town"))
    assert account.active
    said = [row.what for row in search(session, AuditFilter(subject="right"))]
    assert said == ["person.reinstated", "person.suspended"]
    with pytest.raises(Forbidden):
        staff.suspend(session, "left", by=desk(actors, "left"))


def test_a_suspended_member_is_asked_no_more(session, actors):
    account, _code = staff.hire(
        session, "zhou", Post(Role.MEMBER, f"{LEFT}001001001"), "老周", by=desk(actors, "left")
    )
    staff.suspend(session, "zhou", by=desk(actors, "left"))
    member = find_member(session, account.id)
    assert (account.active, member.suspended_at) == (False, NOW)
    staff.reinstate(session, "zhou", by=desk(actors, "left"))
    assert (account.active, member.suspended_at) == (True, None)
    with pytest.raises(Conflict, match="member_stays"):
        staff.move(session, "zhou", Post(Role.OFFICE, LEFT), by=desk(actors, "admin"))


def test_who_moves_is_written_down_and_leaves_the_work(session, actors):
    with pytest.raises(Forbidden):
        staff.move(session, "right", Post(Role.OFFICE, CITY), by=desk(actors, "town"))
    staff.move(session, "right", Post(Role.OFFICE, LEFT), by=desk(actors, "town"))
    row = search(session, AuditFilter(what="person.moved"))[0]
    assert row.data == {"before": {"area_code": RIGHT}, "after": {"area_code": LEFT}}
    assert row.account_id == actors["town"].account_id
    assert [row.payload["why"] for row in session.query(OutboxRow)] == ["moved"]
