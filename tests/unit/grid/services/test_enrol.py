"""Members and the grids they serve."""

import pytest

from civicprobe.errors import Conflict, NotFound, Unprocessable
from civicprobe.grid.models import FULL_TIME
from civicprobe.grid.queries import find_alias, member_grids
from civicprobe.grid.services.activate import activate
from civicprobe.grid.services.enrol import assign_grids, enrol, set_active
from civicprobe.grid.services.import_areas import new_edition, write_areas
from tests.unit.grid.conftest import LEFT, NOW, RIGHT, toy_map

MICRO = f"{LEFT}001001001"


@pytest.fixture
def mapped(session):
    write_areas(session, new_edition(session, "2026-1", now=NOW), toy_map())
    activate(session, "2026-1", now=NOW)
    return session


def test_a_member_serves_the_grids_given_last(mapped, account_of):
    account = account_of("zhang")
    member = enrol(mapped, account, "张师傅", now=NOW, kind=FULL_TIME)
    assign_grids(mapped, member.id, [MICRO, f"{LEFT}001001002", MICRO])
    assert member_grids(mapped, account) == [MICRO, f"{LEFT}001001002"]
    assign_grids(mapped, member.id, [f"{RIGHT}001001"])
    assert member_grids(mapped, account) == [f"{RIGHT}001001"]
    assert find_alias(mapped, account) == "张师傅"


def test_an_account_is_enrolled_once(mapped, account_of):
    account = account_of("zhang")
    enrol(mapped, account, "张", now=NOW)
    with pytest.raises(Conflict, match="already_member"):
        enrol(mapped, account, "张", now=NOW)


def test_an_area_the_map_lacks_is_named(mapped, account_of):
    member = enrol(mapped, account_of("zhang"), "张", now=NOW)
    with pytest.raises(Unprocessable, match="area_unknown") as refused:
        assign_grids(mapped, member.id, [MICRO, "nowhere"])
    assert [fault.field for fault in refused.value.fields] == ["nowhere"]


def test_a_member_rests_and_serves_again(mapped, account_of):
    member = enrol(mapped, account_of("zhang"), "张", now=NOW)
    assert not set_active(mapped, member.id, active=False).active
    assert set_active(mapped, member.id, active=True).active


def test_nobody_is_no_member(mapped):
    with pytest.raises(NotFound, match="no_member"):
        assign_grids(mapped, 99, [MICRO])
    with pytest.raises(NotFound, match="no_member"):
        set_active(mapped, 99, active=False)
