"""A report as its pages show it: the API's own body, with names for codes and pictures sorted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.catalog.queries import list_categories, list_unit_names, list_units
from civicprobe.grid.areas import AreaName
from civicprobe.grid.choosing import WhyNot
from civicprobe.grid.queries import list_streets
from civicprobe.reports.lifecycle.commands import Ground, SuspendGround
from civicprobe.reports.lifecycle.table import Action, Outcome, Party, Severity, State
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.models import Report
from civicprobe.reports.pages.result import Handed, handed_of
from civicprobe.reports.schemas import ReportBody, TimelineBody, report_body
from civicprobe.reports.schemas_photo import PhotoBody
from civicprobe.reports.services.reassign import list_neighbours, list_takers
from civicprobe.web.locale import locale

# The stages a rider follows like a parcel, and how far each state has come.
STAGES = ("receive", "verify", "dispatch", "handle", "check")
_STAGE: Mapping[State, int] = {
    State.RECEIVED: 0,
    State.NEEDS_PLACE: 0,
    State.ASSIGNED: 1,
    State.MERGED: 1,
    State.FILED: 2,
    State.DISPATCHED: 3,
    State.SUSPENDED: 3,
    State.HANDLED: 4,
    State.CLOSED: 5,
}
_HANDING = (Action.DISPATCH, Action.ACCEPT)
_O = Outcome
_WITHOUT_PLACE: tuple[Outcome, ...] = (_O.NO_PLACE, _O.OUTSIDE, _O.NOT_A_HAZARD, _O.ABUSE)
_BEFORE_DISPATCH: tuple[Outcome, ...] = (
    _O.NOT_FOUND,
    _O.NOT_A_HAZARD,
    _O.FALSE,
    _O.OUT_OF_SCOPE,
    _O.TRANSFERRED,
    _O.ABUSE,
    _O.FIXED,
)
_OF_A_UNIT: tuple[Outcome, ...] = (
    _O.FIXED,
    _O.NOT_FOUND,
    _O.NOT_A_HAZARD,
    _O.OUT_OF_SCOPE,
    _O.TRANSFERRED,
)


@dataclass(frozen=True)
class Named:
    """Something of the catalogue by its code, in the reader's language."""

    code: str
    name: str
    icon: str = "other"


@dataclass(frozen=True)
class Case:
    """A report on its way to a template. `seq` is the last event that this reader could see."""

    body: ReportBody
    categories: Mapping[str, Named]
    units: Mapping[int, Named]
    before: Sequence[PhotoBody]
    after: Sequence[PhotoBody]
    added: Sequence[PhotoBody]
    units_here: Sequence[tuple[int, str]]
    streets: Sequence[tuple[str, str]] = ()
    takers: Sequence[tuple[int, str]] = ()
    neighbours: Sequence[AreaName] = ()

    @property
    def alike_choices(self) -> list[tuple[str, str]]:
        """The open reports like this one, to merge into."""
        return [
            (other.number, f"{other.number} · {round(other.distance_m)} m")
            for other in self.body.alike
            if other.state not in (State.CLOSED, State.MERGED)
        ]

    @property
    def seq(self) -> int:
        """The number of the newest step."""
        return max((step.seq for step in self.body.timeline), default=0)

    @property
    def stage(self) -> int:
        """How far it has come: the index in STAGES of what happens now; past the end when over."""
        return _STAGE[self.body.state]

    @property
    def category(self) -> Named | None:
        """Its category, if it has one."""
        return self.categories.get(self.body.category or "")

    @property
    def unit(self) -> Named | None:
        """The unit that has the case, if one has."""
        return self.units.get(self.body.unit or 0)

    @property
    def accepted(self) -> bool:
        """Whether the unit has taken it on since it was last dispatched."""
        marks = [s.action for s in self.body.timeline if s.action in _HANDING]
        return bool(marks) and marks[-1] is Action.ACCEPT

    @property
    def rider_note(self) -> str | None:
        """The reporter's own words, where this reader may see them."""
        return next((s.note for s in self.body.timeline if s.action is Action.SUBMIT), None)

    @property
    def answer(self) -> str | None:
        """The words with which it was closed."""
        notes = [s.note for s in self.body.timeline if s.action is Action.CLOSE and s.note]
        return notes[-1] if self.body.state is State.CLOSED and notes else None

    @property
    def handed(self) -> Handed | None:
        """Who has it, where it ended by being handed over."""
        return handed_of(self.body)

    @property
    def question(self) -> str | None:
        """What the reporter was asked last and has not answered yet."""
        asked = [s for s in self.body.timeline if s.action in (Action.ASK, Action.ADD)]
        told = [s for s in asked if s.action is Action.ASK or s.actor_role is Party.REPORTER]
        return told[-1].note if told and told[-1].action is Action.ASK else None

    @property
    def asked_because(self) -> str | None:
        """Why the place was asked for, as a code."""
        asked = [s for s in self.body.timeline if s.action is Action.ASK_PLACE]
        return str(asked[-1].data.get("reason")) if asked else None

    @property
    def passed_over(self) -> list[WhyNot]:
        """Why those before the member were not asked, once each."""
        placed = [s for s in self.body.timeline if s.action is Action.PLACE]
        passed = placed[-1].data.get("passed") if placed else None
        return list(dict.fromkeys(WhyNot(item["why"]) for item in passed or []))

    @property
    def unsettled(self) -> bool:
        """Whether a page looked at now will be another in seconds: the worker is at it."""
        waiting = any(photo.state == "stored" for photo in self.body.photos)
        return waiting or self.body.state is State.RECEIVED

    def allows(self, action: str) -> bool:
        """Whether this reader may take the action now."""
        return action in self.body.allowed_actions

    def since(self, seq: int) -> list[TimelineBody]:
        """What happened after an event that somebody had seen."""
        return [step for step in self.body.timeline if step.seq > seq]


def read_case(session: Session, report: Report, *, seen_by: Actor, now: datetime) -> Case:
    """The report as `seen_by` sees it, with the names its page needs."""
    body = report_body(session, report, seen_by=seen_by, now=now)
    after, added = _brought(body.timeline)
    pictures = {str(photo.id): photo for photo in body.photos}
    return Case(
        body=body,
        categories=name_categories(session),
        units=name_units(session),
        before=[photo for photo in body.photos if photo.kind == "hazard"],
        after=[pictures[name] for name in after if name in pictures],
        added=[pictures[name] for name in added if name in pictures],
        units_here=_units_here(session, report),
        streets=_streets(session, report, body),
        takers=_takers(session, report, body, now),
        neighbours=_neighbours(session, report, body),
    )


def name_categories(session: Session) -> dict[str, Named]:
    """The categories by code, in the order riders see them."""
    return {
        item.code: Named(item.code, _name(item.name_zh, item.name_en), item.icon)
        for item in list_categories(session)
    }


def name_units(session: Session) -> dict[int, Named]:
    """The handling units by id."""
    return {
        unit_id: Named(code, _name(chinese, english))
        for unit_id, code, chinese, english in list_unit_names(session)
    }


def categories_of(case: Case) -> list[tuple[str, str, str]]:
    """Code, name and icon of each category to choose from."""
    return [(item.code, item.name, item.icon) for item in case.categories.values()]


def severities() -> list[tuple[str, str, str]]:
    """The grades of severity to choose from."""
    return [(grade.value, word("severity", grade), "") for grade in Severity]


def outcomes_of(case: Case) -> list[tuple[str, str, str]]:
    """The outcomes that can be proposed in this state, the likeliest first."""
    if case.body.state is State.NEEDS_PLACE:
        wanted = _WITHOUT_PLACE
    else:
        wanted = _OF_A_UNIT if case.body.state is State.DISPATCHED else _BEFORE_DISPATCH
    return [(item.value, word("outcome", item), "") for item in wanted]


def grounds() -> list[tuple[str, str]]:
    """The grounds on which a unit returns a case."""
    return [(ground.value, word("ground", ground)) for ground in Ground]


def suspend_grounds() -> list[tuple[str, str]]:
    """The grounds on which a case may rest."""
    return [(ground.value, word("suspend", ground)) for ground in SuspendGround]


def questions() -> list[str]:
    """What is asked most: each is answered with one photo."""
    return [
        gettext("照片看不清楚，麻烦在同一位置再拍一张，谢谢。"),
        gettext("看不出在哪里，麻烦拍一张带路牌或门牌的远景，谢谢。"),
        gettext("不确定是哪一处，麻烦指给我们看，或写几个字，谢谢。"),
    ]


CHOICES = {
    "suspend_grounds": suspend_grounds,
    "questions": questions,
    "grounds": grounds,
    "categories_of": categories_of,
    "severities": severities,
    "outcomes_of": outcomes_of,
}


def _streets(session: Session, report: Report, body: ReportBody) -> list[tuple[str, str]]:
    """The streets that may be ruled to have it: those of its district; else the one that a ruling
    names already."""
    if Action.RULE in body.allowed_actions:
        streets = list_streets(session, report.district_code)
    elif body.unit_hint and body.unit_hint.desk:
        streets = list_streets(session, body.unit_hint.desk)
    else:
        streets = []
    return [(area.code, area.name) for area in streets]


def _takers(
    session: Session, report: Report, body: ReportBody, now: datetime
) -> list[tuple[int, str]]:
    """The members to whom a desk may hand the card."""
    if Action.REASSIGN not in body.allowed_actions:
        return []
    return [(server.account_id, server.alias) for server in list_takers(session, report, now)]


def _neighbours(session: Session, report: Report, body: ReportBody) -> list[AreaName]:
    """The grids that the place may truly lie in and to which a card may go in one tap."""
    can = Action.REASSIGN in body.allowed_actions and body.state is State.ASSIGNED
    return list_neighbours(session, report) if can else []


def _units_here(session: Session, report: Report) -> list[tuple[int, str]]:
    """The units of the report's areas, or all where none is of them."""
    units = list_units(session, list(report.area_codes.values())) or list_units(session)
    return [(unit.id, _name(unit.name_zh, unit.name_en)) for unit in units]


def _name(chinese: str, english: str) -> str:
    return english if locale() == "en" else chinese


def _brought(timeline: Iterable[TimelineBody]) -> tuple[list[str], list[str]]:
    """Ids of pictures brought with what this reader may see: of the last repair, and all others."""
    after: list[str] = []
    added: list[str] = []
    for step in timeline:
        names = step.data.get("photos")
        if not isinstance(names, list):
            continue
        if step.action is Action.PROPOSE and step.data.get("outcome") == Outcome.FIXED:
            added, after = added + after, list(names)
        else:
            added += names
    return after, added
