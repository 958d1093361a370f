"""A street calls units to a case (街道吹哨), each with its own clock; they come and answer."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe.catalog.queries import find_unit
from civicprobe.errors import Conflict, FieldFault, Forbidden, Unprocessable
from civicprobe.reports.lifecycle.commands import BlowWhistle, WhistleStep
from civicprobe.reports.lifecycle.table import TABLE, Action, Party, Topic
from civicprobe.reports.models import Report, ReportEvent
from civicprobe.reports.orders import Whistle
from civicprobe.reports.services.suspend import check_date
from civicprobe.reports.standings import standing_of
from civicprobe.reports.transitions import Audience, By, Step, apply
from civicprobe.reports.winding import end_whistle, start_whistle

_S = WhistleStep
# From where each step leads where; what is over stays over.
_LEADS: Mapping[WhistleStep, tuple[frozenset[str], str]] = {
    _S.ACKNOWLEDGE: (frozenset({"called"}), "acknowledged"),
    _S.ON_SITE: (frozenset({"called", "acknowledged"}), "on_site"),
    _S.ANSWER: (frozenset({"called", "acknowledged", "on_site"}), "answered"),
    _S.DECLINE: (frozenset({"called", "acknowledged"}), "declined"),
    _S.CANCEL: (frozenset({"called", "acknowledged", "on_site"}), "cancelled"),
}
_WORDY = frozenset({_S.ANSWER, _S.DECLINE})
_OVER = frozenset({"answered", "declined", "cancelled"})


def whistle(session: Session, report: Report, command: BlowWhistle, *, by: By) -> ReportEvent:
    """Call units, or go on with one call; raises Unprocessable naming the field at fault, Conflict
    `whistle_over`, Forbidden for a step that is not this party's, else as `apply`."""
    if command.step is WhistleStep.CALL:
        return _call(session, report, command, by)
    return _go_on(session, report, command, by)


def _call(session: Session, report: Report, command: BlowWhistle, by: By) -> ReportEvent:
    _only(session, report, by, Party.DESK)
    if not command.units or not command.question or command.until is None:
        lacking = ("units", command.units), ("question", command.question), ("until", command.until)
        faults = [FieldFault(name, "missing") for name, value in lacking if not value]
        raise Unprocessable("incomplete", *faults)
    check_date(command.until, by.now, "until")
    called = set(
        session.scalars(
            select(Whistle.unit_id).where(
                Whistle.report_id == report.id, Whistle.state.not_in(sorted(_OVER))
            )
        )
    )
    codes = []
    for unit_id in dict.fromkeys(command.units):
        unit = find_unit(session, unit_id)
        if unit is None or not unit.active:
            raise Unprocessable("incomplete", FieldFault("units", "no_such_unit"))
        if unit.id in called or unit.id == report.unit_id:
            raise Unprocessable("incomplete", FieldFault("units", "called_already"))
        codes.append(unit.code)
    row = replace(TABLE[Action.WHISTLE], tells=(Topic.UNIT_WHISTLE,))
    data = {"step": "call", "units": codes, "until": command.until.isoformat()}
    event = apply(session, report, row, by=by, step=_step(data, command.question))
    for unit_id in dict.fromkeys(command.units):
        made = Whistle(
            report_id=report.id,
            unit_id=unit_id,
            state="called",
            question=command.question,
            answer="",
            called_at=by.now,
            due_at=command.until,
            changed_at=by.now,
        )
        session.add(made)
        session.flush()
        start_whistle(session, report, made, by.now)
    return event


def _go_on(session: Session, report: Report, command: BlowWhistle, by: By) -> ReportEvent:
    call = session.get(Whistle, command.whistle) if command.whistle is not None else None
    if call is None or call.report_id != report.id:
        raise Unprocessable("incomplete", FieldFault("whistle", "missing"))
    if command.step is WhistleStep.CANCEL:
        _only(session, report, by, Party.DESK)
    elif call.unit_id != by.actor.unit_id:
        raise Forbidden("not_yours_to_do", action=Action.WHISTLE.value)
    if command.step in _WORDY and not command.answer:
        raise Unprocessable("incomplete", FieldFault("answer", "missing"))
    sources, target = _LEADS[command.step]
    if call.state not in sources:
        raise Conflict("whistle_over", state=call.state)
    unit = find_unit(session, call.unit_id)
    told = (Topic.UNIT_WHISTLE,) if command.step is WhistleStep.CANCEL else (Topic.DESK_ANSWERED,)
    row = replace(TABLE[Action.WHISTLE], tells=told)
    data = {"step": command.step.value, "unit": unit.code if unit else None}
    event = apply(session, report, row, by=by, step=_step(data, command.answer))
    call.state, call.changed_at = target, by.now
    call.answer = command.answer or call.answer
    if target in _OVER:
        end_whistle(session, call, by.now)
    session.flush()
    return event


def _only(session: Session, report: Report, by: By, party: Party) -> None:
    if party not in standing_of(session, report, by.actor).parties:
        raise Forbidden("not_yours_to_do", action=Action.WHISTLE.value)


def _step(data: Mapping[str, object], words: str) -> Step:
    private = {"note": words, "for": Audience.STAFF} if words else {}
    return Step(data=data, private=private, audience=Audience.STAFF)
