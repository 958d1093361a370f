"""Who may do what to a report, and where that takes it: one table, read by everything else.

Pure. The stages follow digital city management (采集, 立案, 派遣, 处置, 反馈, 核查结案, 评价;
GB/T 30428). Rules that need more than the table's columns are named checks in `checks.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a report stands."""

    RECEIVED = "received"
    NEEDS_PLACE = "needs_place"
    ASSIGNED = "assigned"
    FILED = "filed"
    DISPATCHED = "dispatched"
    SUSPENDED = "suspended"
    HANDLED = "handled"
    MERGED = "merged"
    CLOSED = "closed"


class Action(StrEnum):
    """What people and the worker do to a report."""

    SUBMIT = "submit"
    PLACE = "place"
    ASK_PLACE = "ask_place"
    FILE = "file"
    DISPATCH = "dispatch"
    RETURN = "return"
    SUSPEND = "suspend"
    RESUME = "resume"
    PROPOSE = "propose"
    SEND_BACK = "send_back"
    CLOSE = "close"
    MERGE = "merge"
    FOLLOW = "follow"
    UNMERGE = "unmerge"
    SPLIT = "split"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    UNDO = "undo"
    ACCEPT = "accept"
    REASSIGN = "reassign"
    REROUTE = "reroute"
    RECKON = "reckon"
    RAISE = "raise"
    REQUEST = "request"
    EXTEND = "extend"
    INSPECT = "inspect"
    ASK = "ask"
    ADD = "add"
    RECLASSIFY = "reclassify"
    RELOCATE = "relocate"
    WHISTLE = "whistle"
    REMIND = "remind"
    LEAVE = "leave"
    RATE = "rate"
    ACKNOWLEDGE = "acknowledge"
    CONFIRM = "confirm"
    MARK = "mark"
    RULE = "rule"
    APPEAL = "appeal"
    WATCH = "watch"
    ASK_UNMASK = "ask_unmask"
    GRANT_UNMASK = "grant_unmask"
    OPEN_ORIGINAL = "open_original"
    REDACT = "redact"
    RESULT = "result"


class Outcome(StrEnum):
    """How a report ended."""

    FIXED = "fixed"
    NOT_FOUND = "not_found"
    NOT_A_HAZARD = "not_a_hazard"
    FALSE = "false"
    OUT_OF_SCOPE = "out_of_scope"
    TRANSFERRED = "transferred"
    NO_PLACE = "no_place"
    OUTSIDE = "outside"
    ABUSE = "abuse"
    WITHDRAWN = "withdrawn"


class Severity(StrEnum):
    """How grave a case is (日常, 一般, 严重, 重大)."""

    MINOR = "minor"
    ORDINARY = "ordinary"
    SERIOUS = "serious"
    GRAVE = "grave"


class Party(StrEnum):
    """What somebody is to one report; a person may be several. `arbiter`: the desk that a case was
    raised to, and those above it."""

    WORKER = "worker"
    RIDER = "rider"
    REPORTER = "reporter"
    FOLLOWER = "follower"
    MEMBER = "member"
    UNIT = "unit"
    CALLED = "called"
    DESK = "desk"
    DESK_ABOVE = "desk_above"
    ARBITER = "arbiter"


class Bar(StrEnum):
    """Why somebody is recused (回避): nobody decides on what is their own."""

    TIED = "tied"
    NAMED = "named"
    PROPOSER = "proposer"
    OF_THE_UNIT = "of_the_unit"


class Target(StrEnum):
    """Where a move leads when one state cannot say it; `target_of` decides."""

    STAY = "stay"
    SAME = "same"
    HANDLING = "handling"
    REOPENED = "reopened"
    BEFORE = "before"
    PRIMARY = "primary"


class Need(StrEnum):
    """What an action must bring; the name is the field's name in its data."""

    UUID = "uuid"
    PHOTO_OR_TEXT = "photo_or_text"
    PLACE = "place"
    REASON = "reason"
    CATEGORY = "category"
    SEVERITY = "severity"
    UNIT = "unit"
    OUTCOME = "outcome"
    NOTE = "note"
    AFTER_PHOTO = "photos"
    PUBLIC_NOTE = "public_note"
    GROUND = "ground"
    REVIEW_AT = "review_at"
    PRIMARY = "primary"
    PARTS = "parts"
    WHOM = "whom"
    NEW_DATE = "until"
    QUESTION = "question"
    UNITS = "units"
    ANSWER = "answer"
    RESULT = "result"
    MARKING = "marking"
    FIX = "fix"


class Topic(StrEnum):
    """What people are told when a report moves."""

    RIDER_RECEIVED = "rider_received"
    RIDER_ASKED_PLACE = "rider_asked_place"
    RIDER_QUESTION = "rider_question"
    RIDER_FILED = "rider_filed"
    RIDER_SUSPENDED = "rider_suspended"
    RIDER_HANDLED = "rider_handled"
    RIDER_CLOSED = "rider_closed"
    RIDER_REOPENED = "rider_reopened"
    RIDER_MERGED = "rider_merged"
    RIDER_FOLLOWS = "rider_follows"
    UNMERGED = "unmerged"
    MEMBER_CARD = "member_card"
    UNIT_CASE = "unit_case"
    DESK_PLACE = "desk_place"
    DESK_DISPATCH = "desk_dispatch"
    DESK_CHECK = "desk_check"
    DESK_RAISED = "desk_raised"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    THRICE_OVERDUE = "thrice_overdue"
    REMINDED = "reminded"
    URGENT = "urgent"
    URGENT_TAKEN = "urgent_taken"
    UNIT_WHISTLE = "unit_whistle"
    DESK_ANSWERED = "desk_answered"
    DESK_REQUEST = "desk_request"
    DESK_APPEAL = "desk_appeal"
    DESK_UNMASK = "desk_unmask"
    DESK_RESULT = "desk_result"
    RIDER_UNMASKED = "rider_unmasked"
    RIDER_RESULT = "rider_result"


@dataclass(frozen=True)
class Facts:
    """What the table needs to know of a report.

    `before` is the state that a merge or an undoable move left; `reopened` counts reopenings.
    `late`: a running limit is over; `reminded`: riders urged it within a day; `undoable`: the last
    move was the caller's own, ten seconds ago at most; `owned`: somebody watches over what is
    urgent; `ruled`: a desk above has settled who has it; `inspection` is `due`, `failed` or empty;
    `result_known`: a desk wrote down what came of a case that another body has.
    """

    state: State | None
    urgent: bool = False
    has_place: bool = False
    has_unit: bool = False
    opened: bool = False
    followed: bool = False
    self_service: bool = False
    outcome: Outcome | None = None
    before: State | None = None
    reopened: int = 0
    closed_days: int = 0
    primary_closed: bool = False
    result_known: bool = False
    late: bool = False
    reminded: bool = False
    undoable: bool = False
    owned: bool = False
    suspensions: int = 0
    extensions: int = 0
    raised: bool = False
    ruled: bool = False
    appealed: bool = False
    unmask_asked: bool = False
    unmask_to_grant: bool = False
    inspection: str = ""


@dataclass(frozen=True)
class Transition:
    """One row of the table: who may do what where, what they bring, and who hears of it.

    `by` gives each party the states in which it may act; `only_if` names checks of `checks.py`.
    `undone`: whoever took it may take it back for ten seconds, and nobody hears of it before.
    """

    action: Action
    by: Mapping[Party, frozenset[State]]
    target: State | Target = Target.STAY
    needs: tuple[Need, ...] = ()
    bars: frozenset[Bar] = frozenset()
    only_if: tuple[str, ...] = ()
    tells: tuple[Topic, ...] = ()
    undone: bool = False

    @property
    def sources(self) -> frozenset[State]:
        """All states in which somebody may take this action."""
        return frozenset().union(*self.by.values())

    @property
    def is_move(self) -> bool:
        """Whether it changes the state (a move) or only adds to the record (an entry)."""
        return self.target is not Target.STAY


S, P, N, T = State, Party, Need, Topic
OPEN = frozenset(S) - {S.CLOSED}
ANY = frozenset(S)
BEFORE_DISPATCH = frozenset({S.NEEDS_PLACE, S.ASSIGNED, S.FILED})
HANDS = frozenset({S.NEEDS_PLACE, S.ASSIGNED, S.FILED, S.DISPATCHED})
OWN = frozenset({Bar.TIED, Bar.NAMED})
DECIDING = frozenset(Bar)


def _by(parties: Iterable[Party], *states: State) -> dict[Party, frozenset[State]]:
    return dict.fromkeys(parties, frozenset(states))


def _on(parties: Iterable[Party], states: frozenset[State]) -> dict[Party, frozenset[State]]:
    return dict.fromkeys(parties, states)


ROWS: tuple[Transition, ...] = (
    # Moves
    Transition(
        Action.SUBMIT,
        _by([P.RIDER, P.WORKER]),
        S.RECEIVED,
        needs=(N.UUID, N.PHOTO_OR_TEXT),
        tells=(T.RIDER_RECEIVED,),
    ),
    Transition(
        Action.PLACE,
        _by([P.WORKER, P.REPORTER, P.MEMBER, P.DESK], S.RECEIVED, S.NEEDS_PLACE, S.ASSIGNED),
        S.ASSIGNED,
        needs=(N.PLACE,),
        tells=(T.MEMBER_CARD,),
    ),
    Transition(
        Action.ASK_PLACE,
        _by([P.WORKER], S.RECEIVED),
        S.NEEDS_PLACE,
        needs=(N.REASON,),
        tells=(T.RIDER_ASKED_PLACE, T.DESK_PLACE),
    ),
    Transition(
        Action.FILE,
        _by([P.MEMBER, P.DESK], S.ASSIGNED),
        S.FILED,
        needs=(N.CATEGORY, N.SEVERITY),
        bars=OWN,
        tells=(T.RIDER_FILED, T.DESK_DISPATCH),
        undone=True,
    ),
    Transition(
        Action.DISPATCH,
        {
            P.DESK: frozenset({S.RECEIVED, S.NEEDS_PLACE, S.ASSIGNED, S.FILED, S.DISPATCHED}),
            P.MEMBER: frozenset({S.FILED, S.DISPATCHED}),
        },
        S.DISPATCHED,
        needs=(N.UNIT,),
        only_if=("early_only_if_urgent", "member_dispatches_self_service"),
        tells=(T.UNIT_CASE,),
        undone=True,
    ),
    Transition(
        Action.RETURN,
        _by([P.UNIT], S.DISPATCHED),
        S.FILED,
        needs=(N.GROUND, N.NOTE, N.WHOM),
        only_if=("not_ruled",),
        tells=(T.DESK_DISPATCH,),
    ),
    Transition(
        Action.SUSPEND,
        _by([P.DESK_ABOVE], S.DISPATCHED),
        S.SUSPENDED,
        needs=(N.GROUND, N.AFTER_PHOTO, N.REVIEW_AT),
        only_if=("suspended_once_at_most",),
        tells=(T.RIDER_SUSPENDED, T.UNIT_CASE),
    ),
    Transition(
        Action.RESUME,
        _by([P.DESK, P.WORKER], S.SUSPENDED),
        S.DISPATCHED,
        tells=(T.UNIT_CASE,),
    ),
    Transition(
        Action.PROPOSE,
        {
            P.UNIT: frozenset({S.DISPATCHED}),
            P.MEMBER: HANDS,
            P.DESK: HANDS,
            P.WORKER: frozenset({S.NEEDS_PLACE}),
        },
        S.HANDLED,
        needs=(N.OUTCOME, N.NOTE, N.AFTER_PHOTO),
        bars=OWN,
        only_if=("member_handles_self_service",),
        tells=(T.RIDER_HANDLED, T.DESK_CHECK),
        undone=True,
    ),
    Transition(
        Action.SEND_BACK,
        _by([P.DESK], S.HANDLED),
        Target.HANDLING,
        needs=(N.REASON,),
        tells=(T.UNIT_CASE, T.MEMBER_CARD),
    ),
    Transition(
        Action.CLOSE,
        _by([P.DESK], S.HANDLED),
        S.CLOSED,
        needs=(N.PUBLIC_NOTE,),
        bars=DECIDING,
        only_if=("inspected_if_due", "inspection_passed"),
        tells=(T.RIDER_CLOSED,),
    ),
    Transition(
        Action.MERGE,
        {
            P.MEMBER: frozenset({S.RECEIVED, S.NEEDS_PLACE, S.ASSIGNED, S.FILED}),
            P.DESK: frozenset({S.RECEIVED, S.NEEDS_PLACE, S.ASSIGNED, S.FILED, S.DISPATCHED}),
        },
        S.MERGED,
        needs=(N.PRIMARY,),
        bars=OWN,
        tells=(T.RIDER_MERGED,),
        undone=True,
    ),
    Transition(
        Action.FOLLOW,
        _by([P.WORKER], S.MERGED, S.CLOSED),
        Target.PRIMARY,
        only_if=("merged_before",),
        tells=(T.RIDER_FOLLOWS,),
    ),
    Transition(
        Action.UNMERGE,
        _by([P.MEMBER, P.DESK, P.REPORTER], S.MERGED, S.CLOSED),
        Target.BEFORE,
        needs=(N.REASON,),
        only_if=("merged_before", "within_14_days"),
        tells=(T.UNMERGED,),
    ),
    Transition(Action.SPLIT, _by([P.MEMBER, P.DESK], S.ASSIGNED, S.FILED), Target.SAME, (N.PARTS,)),
    Transition(
        Action.WITHDRAW,
        _by([P.REPORTER], S.RECEIVED, S.NEEDS_PLACE, S.ASSIGNED),
        S.CLOSED,
        only_if=("unopened", "unfollowed", "not_urgent"),
    ),
    Transition(
        Action.REOPEN,
        _by([P.REPORTER, P.FOLLOWER, P.DESK], S.CLOSED),
        Target.REOPENED,
        needs=(N.REASON,),
        only_if=("within_14_days_unless_desk", "third_by_desk", "not_withdrawn_or_merged"),
        tells=(T.RIDER_REOPENED, T.MEMBER_CARD, T.UNIT_CASE),
    ),
    Transition(
        Action.UNDO,
        _by([P.MEMBER, P.UNIT, P.DESK], S.FILED, S.DISPATCHED, S.HANDLED, S.MERGED),
        Target.BEFORE,
        only_if=("just_done_by_you",),
    ),
    # Entries
    Transition(Action.ACCEPT, _by([P.UNIT], S.DISPATCHED)),
    Transition(
        Action.REASSIGN,
        _by([P.WORKER, P.MEMBER, P.DESK], S.ASSIGNED, S.FILED),
        needs=(N.WHOM, N.REASON),
        tells=(T.MEMBER_CARD,),
    ),
    Transition(Action.REROUTE, _on([P.WORKER], OPEN - {S.RECEIVED, S.MERGED})),
    Transition(Action.RECKON, _on([P.WORKER], OPEN)),
    Transition(
        Action.RAISE,
        {P.DESK: HANDS, P.WORKER: OPEN - {S.MERGED}},
        needs=(N.REASON,),
        tells=(T.DESK_RAISED,),
    ),
    Transition(
        Action.REQUEST,
        _by([P.UNIT], S.DISPATCHED),
        needs=(N.NEW_DATE, N.REASON),
        tells=(T.DESK_REQUEST,),
    ),
    Transition(
        Action.EXTEND,
        _by([P.DESK_ABOVE, P.DESK], S.DISPATCHED),
        needs=(N.NEW_DATE, N.REASON),
        only_if=("again_by_desk_above",),
        tells=(T.UNIT_CASE,),
    ),
    Transition(
        Action.INSPECT,
        _by([P.MEMBER, P.DESK], S.HANDLED),
        needs=(N.AFTER_PHOTO, N.PLACE, N.RESULT),
        bars=DECIDING,
    ),
    Transition(
        Action.ASK,
        _by([P.MEMBER, P.DESK], S.NEEDS_PLACE, S.ASSIGNED, S.FILED, S.HANDLED),
        needs=(N.QUESTION,),
        tells=(T.RIDER_QUESTION,),
    ),
    Transition(
        Action.ADD,
        _on([P.REPORTER, P.FOLLOWER, P.MEMBER, P.UNIT, P.DESK], OPEN),
        needs=(N.NOTE,),
    ),
    Transition(
        Action.RECLASSIFY,
        {
            P.MEMBER: frozenset({S.ASSIGNED}),
            P.DESK: frozenset({S.ASSIGNED, S.FILED, S.DISPATCHED}),
        },
        needs=(N.CATEGORY, N.SEVERITY, N.REASON),
    ),
    Transition(
        Action.RELOCATE,
        _by([P.DESK], S.FILED, S.DISPATCHED),
        needs=(N.PLACE,),
        tells=(T.DESK_DISPATCH,),
    ),
    Transition(
        Action.WHISTLE,
        {P.DESK: frozenset({S.FILED, S.DISPATCHED}), P.CALLED: OPEN},
        needs=(N.UNITS, N.QUESTION, N.NEW_DATE),
    ),
    Transition(
        Action.REMIND,
        _on([P.REPORTER, P.FOLLOWER, P.DESK], OPEN),
        only_if=("riders_when_late", "riders_once_a_day"),
        tells=(T.REMINDED,),
    ),
    Transition(Action.LEAVE, _on([P.REPORTER, P.FOLLOWER], ANY)),
    Transition(Action.RATE, _by([P.REPORTER, P.FOLLOWER], S.CLOSED), needs=(N.ANSWER,)),
    Transition(
        Action.ACKNOWLEDGE,
        _on([P.MEMBER, P.DESK], OPEN),
        only_if=("urgent", "unowned"),
        tells=(T.URGENT_TAKEN,),
    ),
    Transition(
        Action.CONFIRM,
        _by([P.REPORTER, P.FOLLOWER, P.RIDER], S.HANDLED),
        needs=(N.ANSWER, N.FIX),
    ),
    Transition(Action.MARK, _on([P.MEMBER, P.DESK], OPEN), needs=(N.MARKING,)),
    Transition(
        Action.RULE,
        _on([P.ARBITER], HANDS),
        needs=(N.WHOM, N.REASON),
        only_if=("raised", "not_ruled"),
        tells=(T.DESK_DISPATCH,),
    ),
    Transition(
        Action.APPEAL,
        _by([P.REPORTER], S.CLOSED),
        only_if=("closed_as_abuse", "appealed_once"),
        tells=(T.DESK_APPEAL,),
    ),
    Transition(Action.WATCH, _on([P.RIDER], OPEN)),
    Transition(
        Action.ASK_UNMASK,
        _on([P.DESK], ANY),
        needs=(N.REASON,),
        only_if=("not_asked_to_unmask",),
        tells=(T.DESK_UNMASK,),
    ),
    Transition(
        Action.GRANT_UNMASK,
        _on([P.DESK], ANY),
        needs=(N.REASON,),
        only_if=("asked_to_unmask",),
        tells=(T.RIDER_UNMASKED,),
    ),
    Transition(Action.OPEN_ORIGINAL, _on([P.DESK], ANY), needs=(N.REASON,)),
    Transition(Action.REDACT, _on([P.MEMBER, P.DESK], ANY), needs=(N.REASON,)),
    Transition(
        Action.RESULT,
        _by([P.DESK], S.CLOSED),
        needs=(N.ANSWER, N.NOTE),
        only_if=("closed_as_transferred", "result_not_known"),
        tells=(T.RIDER_RESULT,),
    ),
)

TABLE: Mapping[Action, Transition] = {row.action: row for row in ROWS}

OUTCOMES_WITHOUT_PLACE = frozenset(
    {Outcome.NO_PLACE, Outcome.NOT_A_HAZARD, Outcome.ABUSE, Outcome.OUTSIDE}
)


def target_of(row: Transition, facts: Facts) -> State:
    """The state that `row` leads to from here."""
    if isinstance(row.target, State):
        return row.target
    return _DERIVED[row.target](facts)


def _handling(facts: Facts) -> State:
    if facts.has_unit:
        return State.DISPATCHED
    return State.ASSIGNED if facts.has_place else State.NEEDS_PLACE


def _reopened(facts: Facts) -> State:
    if facts.outcome is Outcome.FIXED and facts.has_unit:
        return State.DISPATCHED
    return State.ASSIGNED if facts.has_place else State.NEEDS_PLACE


def _stay(facts: Facts) -> State:
    if facts.state is None:
        raise ValueError("an entry needs a report")
    return facts.state


_DERIVED: dict[Target, Callable[[Facts], State]] = {
    Target.STAY: _stay,
    Target.SAME: _stay,
    Target.HANDLING: _handling,
    Target.REOPENED: _reopened,
    Target.BEFORE: lambda facts: facts.before or State.ASSIGNED,
    Target.PRIMARY: lambda facts: State.CLOSED if facts.primary_closed else State.MERGED,
}
