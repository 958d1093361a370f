"""The one door for actions: what each action needs and which service does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from civicprobe.accounts.actor import Actor
from civicprobe.errors import Conflict, FieldFault, Unprocessable
from civicprobe.grid.city import City
from civicprobe.reports.lifecycle import commands
from civicprobe.reports.lifecycle.chain import digest
from civicprobe.reports.lifecycle.commands import ActionAsk, Command
from civicprobe.reports.lifecycle.table import TABLE, Action
from civicprobe.reports.models import ActionAnswer, Report
from civicprobe.reports.services.acknowledge import acknowledge
from civicprobe.reports.services.add import add
from civicprobe.reports.services.appeal import appeal
from civicprobe.reports.services.ask import ask
from civicprobe.reports.services.close import close, withdraw
from civicprobe.reports.services.confirm import confirm
from civicprobe.reports.services.dispatch import accept, dispatch, return_case
from civicprobe.reports.services.extend import extend, request
from civicprobe.reports.services.handle import propose, send_back
from civicprobe.reports.services.inspect import inspect
from civicprobe.reports.services.leave import leave, watch
from civicprobe.reports.services.mark import mark
from civicprobe.reports.services.merge import merge, unmerge
from civicprobe.reports.services.open_original import open_original
from civicprobe.reports.services.place import place_by_hand
from civicprobe.reports.services.raise_case import raise_case
from civicprobe.reports.services.rate import rate
from civicprobe.reports.services.reassign import reassign
from civicprobe.reports.services.redact import redact
from civicprobe.reports.services.relocate import relocate
from civicprobe.reports.services.remind import remind
from civicprobe.reports.services.reopen import reopen
from civicprobe.reports.services.result import note_result
from civicprobe.reports.services.review import file, reclassify
from civicprobe.reports.services.rule import rule
from civicprobe.reports.services.split import split
from civicprobe.reports.services.suspend import resume, suspend
from civicprobe.reports.services.undo import undo
from civicprobe.reports.services.unmask import ask_unmask, grant_unmask
from civicprobe.reports.services.whistle import whistle
from civicprobe.reports.transitions import By


@dataclass(frozen=True)
class Doing:
    """How an action is done: what it brings, the service, and whether that looks at the map."""

    command: type[Command]
    service: Callable[..., object]
    on_map: bool = False


DOINGS: Mapping[Action, Doing] = {
    Action.PLACE: Doing(commands.PlaceByHand, place_by_hand, on_map=True),
    Action.FILE: Doing(commands.FileReport, file),
    Action.DISPATCH: Doing(commands.Dispatch, dispatch),
    Action.PROPOSE: Doing(commands.Propose, propose),
    Action.SEND_BACK: Doing(commands.SendBack, send_back),
    Action.CLOSE: Doing(commands.Close, close),
    Action.WITHDRAW: Doing(commands.Withdraw, withdraw),
    Action.REOPEN: Doing(commands.Reopen, reopen, on_map=True),
    Action.ACCEPT: Doing(commands.Accept, accept),
    Action.ADD: Doing(commands.Add, add),
    Action.REASSIGN: Doing(commands.Reassign, reassign, on_map=True),
    Action.RETURN: Doing(commands.Return, return_case),
    Action.ASK: Doing(commands.Ask, ask),
    Action.RATE: Doing(commands.Rate, rate),
    Action.RECLASSIFY: Doing(commands.Reclassify, reclassify),
    Action.RAISE: Doing(commands.Raise, raise_case),
    Action.MERGE: Doing(commands.Merge, merge),
    Action.UNMERGE: Doing(commands.Unmerge, unmerge),
    Action.SPLIT: Doing(commands.Split, split, on_map=True),
    Action.UNDO: Doing(commands.Undo, undo),
    Action.SUSPEND: Doing(commands.Suspend, suspend),
    Action.RESUME: Doing(commands.Resume, resume),
    Action.REQUEST: Doing(commands.Request, request),
    Action.EXTEND: Doing(commands.Extend, extend),
    Action.INSPECT: Doing(commands.Inspect, inspect),
    Action.RELOCATE: Doing(commands.Relocate, relocate, on_map=True),
    Action.RULE: Doing(commands.Rule, rule),
    Action.WHISTLE: Doing(commands.BlowWhistle, whistle),
    Action.REMIND: Doing(commands.Remind, remind),
    Action.LEAVE: Doing(commands.Leave, leave),
    Action.WATCH: Doing(commands.Watch, watch),
    Action.CONFIRM: Doing(commands.Confirm, confirm),
    Action.APPEAL: Doing(commands.Appeal, appeal),
    Action.ACKNOWLEDGE: Doing(commands.Acknowledge, acknowledge),
    Action.MARK: Doing(commands.Mark, mark),
    Action.ASK_UNMASK: Doing(commands.AskUnmask, ask_unmask),
    Action.GRANT_UNMASK: Doing(commands.GrantUnmask, grant_unmask),
    Action.OPEN_ORIGINAL: Doing(commands.OpenOriginal, open_original),
    Action.REDACT: Doing(commands.Redact, redact),
    Action.RESULT: Doing(commands.NoteResult, note_result),
}


def find_answer(session: Session, report: Report, ask: ActionAsk, actor: Actor) -> str | None:
    """The first answer to this very asking, or None; raises Conflict `other_content` if it was
    another one under the same id. Look only while the report is locked."""
    kept = session.get(ActionAnswer, (actor.key, ask.id))
    if kept is None:
        return None
    if kept.digest != _digest(ask) or kept.report_id != report.id:
        raise Conflict("other_content")
    return kept.body


def keep_answer(session: Session, report: Report, ask: ActionAsk, body: str, *, by: By) -> None:
    """Keep the answer in the transaction of the action."""
    session.add(
        ActionAnswer(
            caller=by.actor.key,
            action_id=ask.id,
            report_id=report.id,
            digest=_digest(ask),
            answered_at=by.now,
            body=body,
        )
    )


def perform(
    session: Session, report: Report, ask: ActionAsk, *, by: By, city: Callable[[], City]
) -> None:
    """Do what is asked; raises Unprocessable naming the fields at fault, else as the service."""
    doing = DOINGS.get(ask.action)
    if doing is None:
        raise Unprocessable("incomplete", FieldFault("action", "no_such_action"))
    if TABLE[ask.action].is_move and ask.version is None:
        raise Unprocessable("incomplete", FieldFault("version", "missing"))
    command = doing.command.model_validate(ask.data)
    extra = {"city": city()} if doing.on_map else {}
    doing.service(session, report, command, by=by, **extra)


def _digest(ask: ActionAsk) -> str:
    return digest([ask.action.value, ask.version, ask.data])
