"""Every role, every action, every area: who may do what to one report comes from the table alone.

The expectation is worked out anew here, from the rows of the table and from where each person
stands; the door (`perform`) and the buttons (`allowed_actions`) must both agree with it.
"""

from dataclasses import replace
from random import Random
from uuid import uuid4

import pytest

from civicprobe.accounts.queries import actor_of_device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.db import utc_now
from civicprobe.errors import Conflict, Forbidden, Unprocessable
from civicprobe.reports.checks import CHECKS, allowed_actions
from civicprobe.reports.commands import ActionAsk, Mark
from civicprobe.reports.lifecycle import TABLE, Action, Party, State
from civicprobe.reports.queries import is_visible
from civicprobe.reports.services.mark import mark
from civicprobe.reports.services.perform import DOINGS, perform
from civicprobe.reports.standings import facts_of, standing_of
from civicprobe.reports.transitions import By
from tests.unit.grid.conftest import RIGHT
from tests.unit.reports.deeds import bring
from tests.unit.reports.services.test_arc import closed, dispatched, filed, handled

pytestmark = pytest.mark.slow
_P = Party
# What each person is to a report of the left street, whose case the roads unit has.
STANDS = {
    "rider": {_P.RIDER, _P.REPORTER},
    "stranger": {_P.RIDER},
    "member": {_P.MEMBER},
    "neighbours-member": set(),
    "unit-roads": {_P.UNIT},
    "unit-drains": set(),
    "left-1": {_P.DESK},
    "right-1": set(),
    "district": {_P.DESK, _P.DESK_ABOVE},
    "city": {_P.DESK, _P.DESK_ABOVE},
    "other-city": set(),
    "admin": set(),
}
MADE = {
    State.RECEIVED: lambda town: town.reported(),
    State.NEEDS_PLACE: lambda town: town.assigned(pin=None),
    State.ASSIGNED: lambda town: town.assigned(),
    State.FILED: filed,
    State.DISPATCHED: dispatched,
    State.HANDLED: handled,
    State.CLOSED: closed,
}
MEMBER_FROM = frozenset(State) - {State.RECEIVED, State.NEEDS_PLACE}
UNIT_FROM = frozenset({State.DISPATCHED, State.HANDLED, State.CLOSED})
# Without a place the areas are unknown: only the city's desk has it.
CITY_ONLY = frozenset({State.RECEIVED, State.NEEDS_PLACE})


def stands(who: str, state: State) -> set[Party]:
    """What somebody is to the report in this state."""
    if who == "member" and state not in MEMBER_FROM:
        return set()
    if who == "unit-roads" and state not in UNIT_FROM:
        return set()
    return set() if who in {"left-1", "district"} and state in CITY_ONLY else STANDS[who]


def someone(town, who: str):
    if who == "stranger":
        return actor_of_device(create_device(town.session, new_token(), now=utc_now()).id)
    return town.actor(who)


@pytest.fixture
def full_town(town):
    town.member("neighbours-member", f"{RIGHT}001001001")
    town.hire("other-city", Role.OFFICE, "510700")
    return town


def expected(who: str, state: State, action: Action, facts) -> bool:
    """By the table: is there a party of this person that may act in this state, and does every
    named check hold? Bars are left to the tests of recusal: nobody here is tied."""
    row = TABLE[action]
    acting = frozenset(p for p in stands(who, state) if state in row.by.get(p, ()))
    return bool(acting) and all(CHECKS[name](facts, acting) for name in row.only_if)


@pytest.mark.parametrize("state", sorted(MADE))
def test_who_may_do_what_comes_of_the_table(full_town, state):
    town = full_town
    report = MADE[state](town)
    town.session.commit()
    for who in STANDS:
        _agrees(town, report, who, state)


def _agrees(town, report, who: str, state: State) -> None:
    session, now = town.session, utc_now()
    actor = someone(town, who)
    facts = facts_of(session, report, now, actor)
    standing = standing_of(session, report, actor)
    offered = set(allowed_actions(facts, standing, DOINGS))
    for action in DOINGS:
        wanted = expected(who, state, action, facts) and not standing.bars & TABLE[action].bars
        assert (action in offered) is wanted, (who, action, standing)
        if action not in offered:
            _refused(town, report, who, action, By(actor, now, report.version))


def _refused(town, report, who, action, by: By) -> None:
    """The door says no, and nothing has changed."""
    before, nested = (report.state, report.seq), town.session.begin_nested()
    data = bring(town, report, who, action, Random(1), by.now)  # noqa: S311
    ask = ActionAsk(id=uuid4(), action=action, version=report.version, data=data)
    with pytest.raises((Forbidden, Conflict, Unprocessable)):
        perform(town.session, report, ask, by=by, city=lambda: town.city)
    nested.rollback()
    town.session.refresh(report)
    assert (report.state, report.seq) == before


@pytest.mark.parametrize("who", ["member", "unit-roads", "left-1", "district"])
def test_a_suspended_account_is_no_caller_at_all(app, town, who):
    report = dispatched(town)
    town.accounts[who].active = False
    town.session.commit()
    headers = {"Authorization": f"Bearer {town.tokens[who]}"}
    client = app.test_client()
    for action in DOINGS:
        ask = {"id": str(uuid4()), "action": action.value, "version": report.version, "data": {}}
        answer = client.post(f"/api/v1/reports/{report.number}/actions", json=ask, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, "token_unknown"), action


def test_whom_a_report_names_neither_sees_nor_decides(town, session):
    report = dispatched(town)
    units = (town.units["roads"].id,)
    command = Mark.model_validate({"marking": "about_us", "units": units})
    mark(session, report, command, by=town.by("left-1", report))
    assert report.desk_code == town.accounts["district"].area_code
    for who in ("left-1", "left-2", "unit-roads", "member"):
        actor = town.actor(who)
        assert not is_visible(session, report, actor), who
        facts = facts_of(session, report, utc_now(), actor)
        assert not allowed_actions(facts, standing_of(session, report, actor), DOINGS), who
    assert is_visible(session, report, town.actor("district"))
    off = Mark.model_validate({"marking": "about_us", "on": False})
    with pytest.raises(Forbidden):
        mark(session, report, off, by=town.by("left-1", report))
    mark(session, report, off, by=town.by("district", report))
    assert is_visible(session, report, town.actor("left-1"))


def test_facts_of_nobody_offer_no_undo(town, session):
    report = filed(town)
    now = utc_now()
    assert facts_of(session, report, now, town.actor("member")).undoable
    assert not facts_of(session, report, now, town.actor("left-1")).undoable
    assert facts_of(session, report, now) == replace(facts_of(session, report, now), undoable=False)
