"""Every role, every action, every area: who may do what to one report comes from the table alone.

The expectation is worked out anew here, from the rows of the table and from where each person
stands; the door (`perform`) and the buttons (`allowed_actions`) must both agree with it.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import select

from civicprobe.accounts.queries import actor_of_device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.catalog.models import Unit
from civicprobe.db import utc_now
from civicprobe.demo.follow_up import settle
from civicprobe.errors import Conflict, Forbidden, Unprocessable
from civicprobe.notices.models import Notice
from civicprobe.reports.bonds import FOLLOWER, Alarm, Tie
from civicprobe.reports.lifecycle.checks import CHECKS, allowed_actions
from civicprobe.reports.lifecycle.commands import (
    ActionAsk,
    AskUnmask,
    BlowWhistle,
    Close,
    Mark,
    Merge,
    Propose,
    Raise,
    Relocate,
    Suspend,
)
from civicprobe.reports.lifecycle.table import TABLE, Action, Bar, Outcome, Party, State
from civicprobe.reports.queries import is_visible
from civicprobe.reports.services.close import close
from civicprobe.reports.services.handle import propose
from civicprobe.reports.services.mark import mark
from civicprobe.reports.services.merge import merge
from civicprobe.reports.services.perform import DOINGS, perform
from civicprobe.reports.services.raise_case import raise_case
from civicprobe.reports.services.relocate import relocate
from civicprobe.reports.services.review import file
from civicprobe.reports.services.suspend import suspend
from civicprobe.reports.services.unmask import ask_unmask
from civicprobe.reports.services.whistle import whistle
from civicprobe.reports.standings import facts_of, standing_of
from civicprobe.reports.transitions import By
from tests.unit.grid.conftest import LEFT, RIGHT, SIDE, SOUTH, TOWN, WEST
from tests.unit.reports.deeds import bring
from tests.unit.reports.services.test_arc import FILED, dispatched, filed

_P, _S = Party, State
# What each person is to a report of the left street that stands in these states; nobody else is
# anything, in no state. The roads unit has the case, the drains unit was called by a whistle.
PLACED = frozenset(_S) - {_S.RECEIVED, _S.NEEDS_PLACE}
SENT = frozenset({_S.DISPATCHED, _S.SUSPENDED, _S.HANDLED, _S.CLOSED})
RIDERS = {"rider": {_P.RIDER, _P.REPORTER}, "stranger": {_P.RIDER}, "follower": {_P.RIDER}}
STANDS = {
    **{who: (frozenset(_S), parties) for who, parties in RIDERS.items()},
    "member": (PLACED, {_P.MEMBER}),
    "unit-roads": (SENT, {_P.UNIT}),
    "unit-drains": (SENT - {_S.CLOSED}, {_P.CALLED}),
    "left-1": (PLACED, {_P.DESK}),
    "left-2": (PLACED, {_P.DESK}),
    "district": (PLACED, {_P.DESK, _P.DESK_ABOVE}),
    "city": (frozenset(_S), {_P.DESK, _P.DESK_ABOVE}),
    "neighbours-member": (frozenset(), set()),
    "unit-lights": (frozenset(), set()),
    "right-1": (frozenset(), set()),
    "other-district": (frozenset(), set()),
    "other-city": (frozenset(), set()),
    "admin": (frozenset(), set()),
}


def called(town):
    report = dispatched(town)
    until = utc_now() + timedelta(days=1)
    units = (town.units["drains"].id,)
    call = BlowWhistle(units=units, question="请到场", until=until)
    whistle(town.session, report, call, by=town.by("left-1", report))
    return report


def proposed(town, outcome=Outcome.FIXED):
    report = called(town)
    photos = (town.evidence(report, "unit-roads"),)
    out = Propose(outcome=outcome, note="好了", photos=photos, destination="12345", receipt="77")
    propose(town.session, report, out, by=town.by("unit-roads", report))
    return report


def ended(town, outcome=Outcome.FIXED):
    report = proposed(town, outcome)
    close(town.session, report, Close(public_note="谢谢"), by=town.by("left-1", report))
    return report


def raised(town):
    report = filed(town)
    raise_case(town.session, report, Raise(reason="跨街道"), by=town.by("left-1", report))
    ask_unmask(town.session, report, AskUnmask(reason="要问"), by=town.by("left-1", report))
    return report


def suspended(town):
    report = called(town)
    command = Suspend(
        ground="season",
        photos=(town.evidence(report, "district"),),
        review_at=utc_now() + timedelta(days=2),
    )
    suspend(town.session, report, command, by=town.by("district", report))
    return report


def merged(town):
    report, primary = town.assigned(), town.assigned()
    merge(town.session, report, Merge(primary=primary.number), by=town.by("left-1", report))
    return report


# Nobody is told apart by more than this: `follower` follows what is marked so.
MADE = {
    "received": lambda town: town.reported(),
    "received, urgent": lambda town: town.reported(urgent=True),
    "without a place": lambda town: town.assigned(pin=None),
    "assigned": lambda town: town.assigned(),
    "assigned, urgent": lambda town: town.assigned(urgent=True),
    "filed": filed,
    "raised": raised,
    "dispatched": called,
    "suspended": suspended,
    "handled": proposed,
    "merged": merged,
    "closed": ended,
    "closed as abuse": lambda town: ended(town, Outcome.ABUSE),
    "closed as transferred": lambda town: ended(town, Outcome.TRANSFERRED),
}


def someone(town, who: str):
    if who in {"stranger", "follower"}:
        return actor_of_device(create_device(town.session, new_token(), now=utc_now()).id)
    return town.actor(who)


@pytest.fixture
def full_town(town):
    town.member("neighbours-member", f"{RIGHT}001001001")
    lights = Unit(code="lights", name_zh="灯", name_en="lights", area_code=TOWN, active=True)
    town.session.add(lights)
    town.session.flush()
    town.hire("unit-lights", Role.UNIT, TOWN, lights)
    town.hire("other-district", Role.OFFICE, "510104")
    town.hire("other-city", Role.OFFICE, "510700")
    return town


def expected(parties: set[Party], state: State, action: Action, facts) -> bool:
    """By the table: is there a party of this person that may act in this state, and does every
    named check hold?"""
    row = TABLE[action]
    acting = frozenset(p for p in parties if state in row.by.get(p, ()))
    return bool(acting) and all(CHECKS[name](facts, acting) for name in row.only_if)


@pytest.mark.parametrize("door", ["once", pytest.param("always", marks=pytest.mark.slow)])
def test_everybody_may_do_everywhere_what_the_table_says_and_nothing_else(full_town, door):
    """Every role, every action, every state; desks and members beside and above the area too. The
    buttons are always looked at; the door is tried `once` for each person and action, each time in
    another state, or `always`."""
    town = full_town
    made = {name: (make(town), utc_now()) for name, make in MADE.items()}
    town.session.commit()
    assert {State(report.state) for report, _ in made.values()} == set(State)
    seen: set[Action] = set()
    for turn, (report, now) in enumerate(made.values()):
        for place, who in enumerate(STANDS):
            _follower_of(town, report, actor := someone(town, who), who)
            tried = list(DOINGS)
            if door == "once":
                tried = tried[(turn + place) % len(MADE) :: len(MADE)]
            seen |= _agrees(town, report, who, By(actor, now), tried)
    assert seen == set(DOINGS), "each is somebody's somewhere"


def _follower_of(town, report, actor, who: str) -> None:
    """They sent another report, which was merged into this one."""
    if who == "follower" and report.state != State.MERGED:
        device_id = min(actor.device_ids)
        tie = Tie(report_id=report.id, device_id=device_id, kind=FOLLOWER, since=utc_now())
        town.session.add(tie)
        report.followers += 1
        town.session.flush()


def _agrees(town, report, who: str, by: By, tried: list[Action]) -> set[Action]:
    """The buttons and the door agree with the table, the door for what is `tried`; what is
    offered."""
    session, state = town.session, State(report.state)
    states, parties = STANDS[who]
    parties = set(parties) if state in states else set()
    if who == "follower" and state is not State.MERGED:
        parties |= {Party.FOLLOWER}
    facts = facts_of(session, report, by.now, by.actor)
    standing = standing_of(session, report, by.actor)
    if report.raised and who in {"district", "city"}:
        # The case is the district's own now, which rules on it.
        parties = {Party.DESK, Party.ARBITER} | ({Party.DESK_ABOVE} if who == "city" else set())
    assert standing.parties == parties, (who, state)
    offered = set(allowed_actions(facts, standing, DOINGS))
    before, nested = (report.state, report.seq), session.begin_nested()
    for action in DOINGS:
        barred = bool(_bars(who, report) & TABLE[action].bars)
        wanted = expected(parties, state, action, facts) and not barred
        assert (action in offered) is wanted, (who, state, action, standing)
        if action in tried and action not in offered:
            _refused(town, report, who, action, replace(by, version=report.version))
    session.refresh(report)
    assert (report.state, report.seq) == before, who
    nested.rollback()
    return offered


def _bars(who: str, report) -> set[Bar]:
    """Nobody here is tied or named: only who proposed, and their unit, may not look or close."""
    if who == "unit-roads" and report.unit_id is not None:
        return {Bar.OF_THE_UNIT} | ({Bar.PROPOSER} if report.proposer_id is not None else set())
    return set()


def _refused(town, report, who, action, by: By) -> None:
    data = bring(town, report, who, action, Random(1), by.now)  # noqa: S311
    ask = ActionAsk(id=uuid4(), action=action, version=report.version, data=data)
    with pytest.raises((Forbidden, Conflict, Unprocessable)):
        perform(town.session, report, ask, by=by, city=lambda: town.city)


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


@pytest.mark.parametrize("urgent", [False, True], ids=["calm", "urgent"])
def test_what_a_rider_says_is_about_the_street_never_reaches_it(town, session, urgent):
    report = town.reported(about_us=True, urgent=urgent)
    session.commit()
    settle(session, town.city, utc_now())
    session.refresh(report)
    district = town.accounts["district"]
    assert (report.street_code, report.desk_code) == (LEFT, district.area_code)
    assert report.assignee_id is None
    told = session.scalars(select(Notice.account_id).where(Notice.account_id.is_not(None))).all()
    called = session.scalars(select(Alarm.account_id)).all()
    assert {*told, *called} <= {district.id, town.accounts["city"].id}
    for who in ("left-1", "left-2", "member", "right-1"):
        assert not is_visible(session, report, town.actor(who)), who
    file(session, report, FILED, by=town.by("district", report))
    there = Relocate(lat=SOUTH + SIDE / 2, lon=WEST + 3.5 * SIDE)
    relocate(session, report, there, by=town.by("district", report), city=town.city)
    assert report.street_code == RIGHT
    assert not is_visible(session, report, town.actor("right-1")), "nor the street where it is"
    assert report.desk_code == district.area_code


def test_facts_of_nobody_offer_no_undo(town, session):
    report = filed(town)
    now = utc_now()
    assert facts_of(session, report, now, town.actor("member")).undoable
    assert not facts_of(session, report, now, town.actor("left-1")).undoable
    assert facts_of(session, report, now) == replace(facts_of(session, report, now), undoable=False)
