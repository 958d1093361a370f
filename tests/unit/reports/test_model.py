"""Random people do random things to random reports, and what must hold holds after each step.

A short life runs with `make test`, 5,000 steps a database with `make test-slow`.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, func, or_, select

from civicprobe.accounts.actor import Actor
from civicprobe.accounts.queries import actor_of_device
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.people import create_device
from civicprobe.accounts.tokens import new_token
from civicprobe.db import utc_now
from civicprobe.demo.follow_up import advance, settle
from civicprobe.errors import Conflict, Forbidden, Unprocessable
from civicprobe.outbox import OutboxRow
from civicprobe.reports.bonds import FOLLOWER, Tie
from civicprobe.reports.lifecycle.checks import allowed_actions
from civicprobe.reports.lifecycle.commands import ActionAsk, SubmitReport
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import Clock, Photo, Report
from civicprobe.reports.queries import BY_PASSERS, is_visible
from civicprobe.reports.services.perform import DOINGS, perform
from civicprobe.reports.services.submit import submit
from civicprobe.reports.standings import facts_of, standing_of
from civicprobe.reports.transitions import By
from tests.town import GRID, INTAKE, SPOT, Town, build_town
from tests.unit.reports.deeds import bring
from tests.unit.reports.holds import DECIDING, assert_holds

STAFF = (
    *("member", "second", "left-1", "left-2", "right-1", "right-2"),
    *("district", "city", "unit-roads", "unit-drains"),
)
RIDERS = ("rider", "other", "members-phone")
# Refusals about what was brought, which no button can know beforehand.
ABOUT_DATA = {
    "incomplete",
    *("primary_busy", "whistle_over", "settled", "no_desk_above", "one_way"),
    *("outcome_not_proposable", "outcome_needs_place", "outcome_not_yours"),
}

CALLED_FOR = 90  # minutes


class Life(RuleBasedStateMachine):
    """One town, some reports, and everybody at once."""

    town: Town

    def __init__(self) -> None:
        super().__init__()
        self.session = self.town.session
        self.now = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
        self.reports: list[int] = []
        self.looked_at: dict[int, tuple[object, ...]] = {}
        self.passed = 0
        self.riders = riders_of(self.town)

    def actor(self, who: str) -> Actor:
        return self.riders[who] if who in self.riders else self.town.actor(who)

    def report(self, number: int) -> Report:
        row = self.reports[number % len(self.reports)]
        return self.session.get_one(Report, row, populate_existing=True)

    @rule(
        who=st.sampled_from(RIDERS),
        placed=st.booleans(),
        urgent=st.sampled_from((False, False, True)),
        category=st.sampled_from((None, "rubbish", "road_damage", "missing_cover")),
    )
    def report_it(self, who, placed, urgent, category):
        said = {"note": "问题", "urgent": urgent, "category": category}
        if placed:
            said["pin"] = {"lat": SPOT.lat, "lon": SPOT.lon}
        command = SubmitReport.model_validate(said)
        by = By(self.actor(who), self.now)
        receipt = submit(self.session, uuid4(), command, intake=INTAKE, by=by)
        self.reports.append(receipt.report.id)
        photo = Photo(
            id=uuid4(),
            report_id=receipt.report.id,
            kind="hazard",
            n=1,
            state="ready",
            received_at=self.now,
            sha256="0" * 64,
        )
        self.session.add(photo)
        self._over()

    @precondition(lambda self: self.reports)
    @rule(
        number=st.integers(0, 99),
        who=st.sampled_from(STAFF + RIDERS),
        action=st.sampled_from(sorted(DOINGS)),
        seed=st.integers(0, 9_999),
    )
    def try_it(self, number, who, action, seed):
        self._try(self.report(number), who, Action(action), Random(seed))  # noqa: S311

    @precondition(lambda self: self.reports)
    @rule(number=st.integers(0, 99), seed=st.integers(0, 9_999), who=st.sampled_from(STAFF))
    def press_a_button(self, number, seed, who):
        report, dice = self.report(number), Random(seed)  # noqa: S311
        offered = self._offered(report, self.actor(who))
        if offered:
            self._try(report, who, dice.choice(sorted(offered)), dice)

    @rule(minutes=st.sampled_from((1, 7, 90, 600, 3_000, 12_000)))
    def time_passes(self, minutes):
        if minutes > CALLED_FOR:
            self._watch_over_what_is_urgent()
        until = self.now + timedelta(minutes=minutes)
        advance(self.session, self.town.city, until)
        self.now = until
        self.passed += 1

    def _watch_over_what_is_urgent(self):
        """Else somebody is called every five minutes, for days."""
        for number, row in enumerate(self.reports):
            report = self.session.get_one(Report, row, populate_existing=True)
            if Action.ACKNOWLEDGE in self._offered(report, self.actor("city")):
                self._try(self.report(number), "city", Action.ACKNOWLEDGE, Random(0))  # noqa: S311

    def teardown(self):
        """Once more, all of them; then time stands still for them, or the next life would pay."""
        self.passed += 1
        self.what_must_hold_holds()
        for rows in (Clock, OutboxRow):
            self.session.execute(delete(rows))
        self.session.commit()

    def _offered(self, report: Report, actor: Actor) -> set[Action]:
        facts = facts_of(self.session, report, self.now, actor)
        return set(allowed_actions(facts, standing_of(self.session, report, actor), DOINGS))

    def _try(self, report: Report, who: str, action: Action, dice: Random) -> None:
        actor = self.actor(who)
        known = is_visible(self.session, report, actor)
        passes = actor.role is Role.RIDER and action in BY_PASSERS
        offered = self._offered(report, actor)
        before = (report.state, report.seq, report.version)
        tied = self._tied(report)
        codes, unit, member = set(report.area_codes.values()), report.unit_id, report.assignee_id
        nested = self.session.begin_nested()
        data = bring(self.town, report, who, action, dice, self.now)
        ask = ActionAsk(id=uuid4(), action=action, version=report.version, data=data)
        by = By(actor, self.now, report.version)
        try:
            perform(self.session, report, ask, by=by, city=lambda: self.town.city)
        except (Conflict, Forbidden, Unprocessable) as fault:
            nested.rollback()
            self.session.refresh(report)
            self._refused(report, before, f"{who}: {fault}", offered=action in offered)
            return
        nested.commit()
        assert action in offered, f"{action} by {who} was done and never offered"
        assert report.seq > before[1]
        assert before[0] in TABLE[action].sources
        assert known or passes, f"{who} did {action} to what they may not know"
        assert_place(actor, codes, unit, member, action)
        if action.value in DECIDING:
            assert not tied & actor.device_ids, f"{who} decided on what they sent or follow"
        self._over()

    def _tied(self, report: Report) -> set[int | None]:
        """The phones of who sent it and of who follows it."""
        follow = select(Tie.device_id).where(Tie.report_id == report.id, Tie.kind == FOLLOWER)
        return {report.reporter_id, *self.session.scalars(follow)}

    def _refused(self, report: Report, before: object, words: str, *, offered: bool) -> None:
        assert (report.state, report.seq, report.version) == before, "refused, yet changed"
        code = words.split(": ", 1)[1].partition(" ")[0]
        assert not offered or code in ABOUT_DATA, words

    def _over(self) -> None:
        self.session.commit()
        self.now += timedelta(seconds=3)
        settle(self.session, self.town.city, self.now)

    @invariant()
    def what_must_hold_holds(self):
        """Of whatever was touched since the last look, and of what is tied to it by a merge."""
        for row in self.reports:
            report = self.session.get_one(Report, row, populate_existing=True)
            leader = report.primary_id or report.id
            family = self.session.execute(
                select(func.sum(Report.seq), func.count()).where(
                    or_(Report.id == leader, Report.primary_id == leader)
                )
            ).one()
            seen = (leader, *family, self.passed)
            if self.looked_at.get(row) != seen:
                assert_holds(self.session, report, self.now)
                self.looked_at[row] = seen


def riders_of(town: Town) -> dict[str, Actor]:
    """Two riders, and the member on their own phone."""
    assert town.rider
    other, phone = (create_device(town.session, new_token(), now=utc_now()) for _ in range(2))
    phone.account_id = town.accounts["member"].id
    town.session.commit()
    ids = {"rider": town.rider.id, "other": other.id, "members-phone": phone.id}
    return {name: actor_of_device(device_id) for name, device_id in ids.items()}


def assert_place(
    actor: Actor, codes: set[str], unit: int | None, member: int | None, action: Action
) -> None:
    """Nobody acts outside their role and area."""
    match actor.role:
        case Role.OFFICE:
            assert actor.area_code in codes
        case Role.MEMBER:
            assert actor.account_id == member
        case Role.UNIT:
            assert actor.unit_id == unit or action is Action.WHISTLE


def live(town: Town, examples: int, steps: int) -> None:
    """Run the machine on a town."""

    class OfThisTown(Life):
        pass

    OfThisTown.town = town
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
        derandomize=True,
        database=None,
    )
    run_state_machine_as_test(OfThisTown, settings=how)


@pytest.fixture
def town(session, settings):
    found = build_town(session, settings)
    found.member("second", GRID)
    session.commit()
    return found


def test_a_short_life(town):
    """The same steps each time: a sample of the long one."""
    live(town, examples=2, steps=20)


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_a_long_life(town):
    """5,000 steps."""
    live(town, examples=100, steps=50)
