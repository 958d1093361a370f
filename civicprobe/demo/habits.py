"""What people do with a report in a simulated month: for each state who acts next and how. Chance
decides among what `allowed_actions` offers; nothing is done that a person could not do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from civicprobe.accounts.actor import Actor
from civicprobe.catalog.models import Category, Unit
from civicprobe.demo.crowd import Crowd, Data
from civicprobe.errors import Fault
from civicprobe.reports.lifecycle.checks import allowed_actions
from civicprobe.reports.lifecycle.commands import ActionAsk
from civicprobe.reports.lifecycle.table import Action, Outcome, Severity, State
from civicprobe.reports.models import Report, Resemblance
from civicprobe.reports.services.perform import DOINGS, perform
from civicprobe.reports.standings import facts_of, standing_of
from civicprobe.reports.transitions import By

_A = Action
_SEVERITIES = (Severity.MINOR, Severity.ORDINARY, Severity.SERIOUS, Severity.GRAVE)


@dataclass(frozen=True)
class Deed:
    """One thing somebody may choose to do, how likely among the others, and what they bring."""

    action: Action
    weight: float
    brings: Callable[[Crowd, Report, Actor, datetime], Data | None] = lambda *_: {}


def act(crowd: Crowd, report: Report, now: datetime) -> Action | None:
    """The next thing that somebody does with a report; None when nobody does anything now."""
    for people, deeds in _turns(crowd, report):
        for actor in people:
            standing = standing_of(crowd.session, report, actor)
            facts = facts_of(crowd.session, report, now, actor)
            may = set(allowed_actions(facts, standing, DOINGS))
            done = _choose(crowd, report, actor, [d for d in deeds if d.action in may], now)
            if done is not None:
                return done
    return None


def _choose(
    crowd: Crowd, report: Report, actor: Actor, deeds: list[Deed], now: datetime
) -> Action | None:
    """Pick by weight until something can be done; what is refused is left."""
    left = list(deeds)
    while left:
        deed = crowd.dice.choices(left, [d.weight for d in left])[0]
        left.remove(deed)
        nested = crowd.session.begin_nested()
        data = deed.brings(crowd, report, actor, now)
        if data is not None and _do(
            crowd, report, deed.action, data, By(actor, now, report.version)
        ):
            nested.commit()
            return deed.action
        nested.rollback()
        crowd.session.refresh(report)
    return None


def _do(crowd: Crowd, report: Report, action: Action, data: Data, by: By) -> bool:
    ask = ActionAsk(id=uuid4(), action=action, version=report.version, data=dict(data))
    try:
        perform(crowd.session, report, ask, by=by, city=lambda: crowd.city)
    except Fault:
        return False
    return True


def _category(crowd: Crowd, report: Report) -> str:
    codes = list(crowd.session.scalars(select(Category.code).where(Category.active)))
    return report.category_code or crowd.dice.choice(sorted(codes))


def _file(crowd: Crowd, report: Report, _who: Actor, _now: datetime) -> Data:
    severity = crowd.dice.choices(_SEVERITIES, (2, 6, 1.5, 0.5))[0]
    return {"category": _category(crowd, report), "severity": severity.value}


def _unit(crowd: Crowd, _r: Report, _who: Actor, _now: datetime) -> Data:
    ids = list(crowd.session.scalars(select(Unit.id).where(Unit.active).order_by(Unit.id)))
    return {"unit": crowd.dice.choice(ids), "note": "请尽快处理"}


def _nothing_there(crowd: Crowd, _r: Report, _who: Actor, _now: datetime) -> Data:
    outcome = crowd.dice.choice((Outcome.NOT_FOUND, Outcome.NOT_A_HAZARD, Outcome.FALSE))
    return {"outcome": outcome.value, "note": "已到现场查看"}


def _unplaced(crowd: Crowd, _r: Report, _who: Actor, _now: datetime) -> Data:
    outcome = crowd.dice.choices((Outcome.NO_PLACE, Outcome.ABUSE), (9, 1))[0]
    return {"outcome": outcome.value, "note": "无法确定位置"}


def _fixed(crowd: Crowd, report: Report, who: Actor, now: datetime) -> Data:
    photo = crowd.evidence(report, who, now)
    return {"outcome": Outcome.FIXED.value, "note": "已处理完毕", "photos": [photo]}


def _merge(crowd: Crowd, report: Report, _who: Actor, _now: datetime) -> Data | None:
    other = crowd.session.scalar(
        select(Report)
        .join(Resemblance, Resemblance.other_id == Report.id)
        .where(Resemblance.report_id == report.id, Report.state.in_(("assigned", "filed")))
        .limit(1)
    )
    return None if other is None else {"primary": other.number}


def _inspect(crowd: Crowd, report: Report, who: Actor, now: datetime) -> Data:
    photo = crowd.evidence(report, who, now)
    result = crowd.dice.choices(("fixed", "not_fixed"), (9, 1))[0]
    return {"result": result, "photos": [photo], "lat": report.lat, "lon": report.lon}


def _later(days: int, field: str = "until") -> Callable[..., Data]:
    return lambda _crowd, _report, _who, now: {
        field: (now + timedelta(days=days)).isoformat(),
        "reason": "材料还没到",
    }


def _suspend(crowd: Crowd, report: Report, who: Actor, now: datetime) -> Data:
    review_at = (now + timedelta(days=5)).isoformat()
    photo = crowd.evidence(report, who, now)
    return {"ground": "materials", "photos": [photo], "review_at": review_at}


def _place(crowd: Crowd, _r: Report, _who: Actor, _now: datetime) -> Data | None:
    """A desk that knows the town finds it now and then: where another report of late lies."""
    known = crowd.session.execute(
        select(Report.lat, Report.lon).where(Report.lat.is_not(None)).order_by(Report.id.desc())
    ).first()
    return None if known is None else {"lat": known.lat, "lon": known.lon, "radius_m": 100}


def _rule(crowd: Crowd, report: Report, _who: Actor, _now: datetime) -> Data:
    return {"unit": _unit(crowd, report, _who, _now)["unit"], "reason": "按职责", "keep": True}


def _whistle(crowd: Crowd, report: Report, _who: Actor, now: datetime) -> Data:
    until = (now + timedelta(days=2)).isoformat()
    units = [_unit(crowd, report, _who, now)["unit"]]
    return {"units": units, "question": "请到场会商", "until": until}


def _rate(crowd: Crowd, _r: Report, _who: Actor, _now: datetime) -> Data:
    return {"answer": crowd.dice.choices(("satisfied", "unsatisfied"), (4, 1))[0]}


def _confirm(crowd: Crowd, _r: Report, _who: Actor, _now: datetime) -> Data:
    return {"answer": crowd.dice.choices(("fixed", "not_fixed"), (5, 1))[0]}


def _words(name: str, text: str) -> Callable[..., Data]:
    return lambda *_: {name: text}


_RETURN = {"ground": "not_ours", "note": "不归本单位管", "whom": "街道再定"}
_OUT = {
    "outcome": Outcome.TRANSFERRED.value,
    "note": "已转交",
    "destination": "12345",
    "receipt": "12345-2026-0001",
}

MEMBER = (
    Deed(_A.FILE, 8, _file),
    Deed(_A.PROPOSE, 1, _nothing_there),
    Deed(_A.MERGE, 1.5, _merge),
    Deed(_A.REASSIGN, 0.4, _words("reason", "今天不在")),
    Deed(_A.ASK, 0.3, _words("question", "具体在哪一侧？")),
)
AT_DESK = {
    State.NEEDS_PLACE: (Deed(_A.PLACE, 6, _place), Deed(_A.PROPOSE, 2, _unplaced)),
    State.ASSIGNED: (Deed(_A.FILE, 6, _file), Deed(_A.PROPOSE, 1, _nothing_there)),
    State.FILED: (
        Deed(_A.RULE, 20, _rule),
        Deed(_A.DISPATCH, 8, _unit),
        Deed(_A.WHISTLE, 0.2, _whistle),
        Deed(_A.PROPOSE, 0.3, lambda *_: _OUT),
        Deed(_A.RAISE, 0.2, _words("reason", "跨街道")),
    ),
    State.DISPATCHED: (
        Deed(_A.REMIND, 2),
        Deed(_A.PROPOSE, 1, _fixed),
        Deed(_A.EXTEND, 0.3, _later(3)),
        Deed(_A.SUSPEND, 0.3, _suspend),
    ),
    State.SUSPENDED: (Deed(_A.REMIND, 1),),
    State.HANDLED: (
        Deed(_A.CLOSE, 8, _words("public_note", "已办结，谢谢您。")),
        Deed(_A.INSPECT, 4, _inspect),
        Deed(_A.SEND_BACK, 0.8, _words("reason", "还没处理好")),
    ),
}
TAKING = (Deed(_A.ACCEPT, 9), Deed(_A.RETURN, 0.6, lambda *_: _RETURN), Deed(_A.PROPOSE, 1, _fixed))
UNIT = (Deed(_A.PROPOSE, 6, _fixed), Deed(_A.REQUEST, 0.4, _later(3)))
RIDER = {
    State.HANDLED: (Deed(_A.CONFIRM, 1, _confirm),),
    State.CLOSED: (
        Deed(_A.RATE, 3, _rate),
        Deed(_A.APPEAL, 1),
        Deed(_A.REOPEN, 0.5, _words("reason", "还没有好")),
        Deed(_A.LEAVE, 0.2),
    ),
    State.MERGED: (Deed(_A.UNMERGE, 0.3, _words("reason", "不是同一处")),),
}


def _turns(crowd: Crowd, report: Report) -> list[tuple[list[Actor], tuple[Deed, ...]]]:
    """Whose turn it is: the people and what they may choose from, in order."""
    state, dice = State(report.state), crowd.dice
    turns: list[tuple[list[Actor], tuple[Deed, ...]]] = []
    if report.urgent and report.urgent_owner_id is None:
        turns.append((crowd.desks(report), (Deed(_A.ACKNOWLEDGE, 1),)))
    if state is State.ASSIGNED and report.assignee_id is not None:
        turns.append(([crowd.account(report.assignee_id)], MEMBER))
    if state is State.DISPATCHED and dice.random() < 0.9:
        deeds = UNIT if report.accepted_at is not None else TAKING
        turns.append((crowd.unit(report.unit_id), deeds))
    if state in RIDER and dice.random() < (0.5 if state is not State.MERGED else 0.05):
        turns.append((crowd.rider(report), RIDER[state]))
    if state in AT_DESK:
        turns.append((_shuffled(crowd, report), AT_DESK[state]))
    return turns


def _shuffled(crowd: Crowd, report: Report) -> list[Actor]:
    """The desk's officers in any order, then those above: whoever is barred is passed over."""
    own = crowd.officers(report.desk_code)
    crowd.dice.shuffle(own)
    return own + [one for one in crowd.desks(report) if one not in own]
