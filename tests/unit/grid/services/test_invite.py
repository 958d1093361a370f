"""The way into the grid: invited, asked from the person's phone, decided by the desk."""

from datetime import timedelta

import pytest

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.models import Account, Device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.errors import Conflict, Forbidden, Invalid, NotFound, Unprocessable
from civicprobe.grid.models import Enrolment
from civicprobe.grid.queries import member_grids
from civicprobe.grid.services import invite as inviting
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.import_areas import new_edition, write_areas
from civicprobe.grid.services.invite import Invitation, Person, ask_to_join, find_invitation
from tests.unit.grid.conftest import LEFT, NOW, RIGHT, TOWN, toy_map

CITY = "510100"
MICRO = f"{LEFT}001001001"
LI = Person("rider-li", "correct horse battery", "小李")


@pytest.fixture
def town(app, session, account_of):
    write_areas(session, new_edition(session, "2026-1", now=NOW), toy_map())
    activate(session, "2026-1", now=NOW)
    return {
        name: Actor(Role.OFFICE, account_of(name, "office", area), area_code=area)
        for name, area in (("left", LEFT), ("right", RIGHT), ("district", TOWN))
    }


@pytest.fixture
def phone(session, town):
    return create_device(session, new_token(), now=NOW)


def invited(session, by, *grids, **more):
    wanted = Invitation(grids or (MICRO,), **more)
    return inviting.invite(session, wanted, by=by, city_code=CITY, now=NOW)


def decide(session, what, row, by):
    return what(session, row.id, by=by, city_code=CITY, now=NOW)


def test_from_the_code_to_the_member(session, town, phone):
    row, code = invited(session, town["left"])
    assert len(code) == 10
    assert code not in row.code_hash
    spoken = f" {code[:5].lower()}-{code[5:]} "
    ask_to_join(session, spoken, LI, device_id=phone.id, now=NOW)
    ask_to_join(session, code, LI, device_id=phone.id, now=NOW)  # the phone sent it twice
    waiting = inviting.list_enrolments(session, town["district"], city_code=CITY, now=NOW)
    assert [(each.username, each.state) for each in waiting] == [("rider-li", "asked")]
    member = decide(session, inviting.approve, row, town["left"])
    account = session.get(Account, member.account_id)
    assert (account.username, account.role, member.alias) == ("rider-li", "member", "小李")
    assert member_grids(session, account.id) == [MICRO]
    assert (member.quiet, member.cap) == ([[660, 780], [1020, 1140]], 10)
    assert session.get(Device, phone.id).account_id == account.id
    assert (row.state, row.username, row.password, row.device_id) == ("approved", None, None, None)
    with pytest.raises(NotFound, match="no_invitation"):
        find_invitation(session, code, NOW)
    assert inviting.list_enrolments(session, town["left"], city_code=CITY, now=NOW) == []


def test_full_timers_keep_no_quiet_hours(session, town, phone):
    row, code = invited(session, town["left"], f"{LEFT}001001", kind="full_time", rider=False)
    ask_to_join(session, code, LI, device_id=phone.id, now=NOW)
    member = decide(session, inviting.approve, row, town["district"])
    assert (member.kind, member.quiet, member.cap) == ("full_time", [], None)


def test_only_for_grids_below_the_desk(session, town):
    for grids, code in (((f"{RIGHT}001001001",), "not_below_you"), ((), "missing")):
        with pytest.raises(Unprocessable) as refused:
            inviting.invite(session, Invitation(grids), by=town["left"], city_code=CITY, now=NOW)
        assert refused.value.fields[0].code == code
    with pytest.raises(Unprocessable, match="area_unknown"):
        invited(session, town["left"], "nowhere")


def test_a_code_is_for_one_phone_and_fourteen_days(session, town, phone):
    _row, code = invited(session, town["left"])
    other = create_device(session, new_token(), now=NOW)
    for wrong, at in (("NOSUCHCODE", NOW), (code, NOW + timedelta(days=14))):
        with pytest.raises(NotFound, match="no_invitation"):
            ask_to_join(session, wrong, LI, device_id=phone.id, now=at)
    ask_to_join(session, code, LI, device_id=phone.id, now=NOW)
    with pytest.raises(Conflict, match="invitation_used"):
        ask_to_join(session, code, LI, device_id=other.id, now=NOW)


@pytest.mark.parametrize(
    ("person", "fault"),
    [
        (Person("左", "correct horse battery", "小李"), Invalid),
        (Person("left", "correct horse battery", "小李"), Conflict),
        (Person("rider-li", "short", "小李"), Unprocessable),
        (Person("rider-li", "correct horse battery", " "), Unprocessable),
        (Person("rider-li", "correct horse battery", "李" * 21), Unprocessable),
    ],
)
def test_what_the_person_brings_is_checked(session, town, phone, person, fault):
    _row, code = invited(session, town["left"])
    with pytest.raises(fault):
        ask_to_join(session, code, person, device_id=phone.id, now=NOW)


def test_another_desk_decides_nothing_here(session, town, phone):
    row, code = invited(session, town["left"])
    with pytest.raises(Conflict, match="invitation_not_asked"):
        decide(session, inviting.approve, row, town["left"])
    ask_to_join(session, code, LI, device_id=phone.id, now=NOW)
    for what in (inviting.approve, inviting.refuse):
        with pytest.raises(Forbidden, match="not_below_you"):
            decide(session, what, row, town["right"])
    decide(session, inviting.refuse, row, town["left"])
    decide(session, inviting.refuse, row, town["left"])
    assert (row.state, row.password) == ("refused", None)
    with pytest.raises(NotFound, match="no_invitation"):
        inviting.approve(session, 99, by=town["left"], city_code=CITY, now=NOW)


def test_an_unused_code_can_be_taken_back(session, town):
    row, code = invited(session, town["left"])
    decide(session, inviting.refuse, row, town["left"])
    with pytest.raises(NotFound):
        find_invitation(session, code, NOW)
    assert session.get(Enrolment, row.id).state == "withdrawn"
