"""Reports, their proof, and the follow-up work behind them."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from civicprobe import outbox as outbox_rows
from civicprobe.accounts.actor import Actor
from civicprobe.accounts.roles import Role
from civicprobe.cli.edge import (
    done,
    fail,
    folder_option,
    json_option,
    show,
    show_lines,
    told,
    working,
)
from civicprobe.db import utc_now
from civicprobe.reports.lifecycle.table import Action
from civicprobe.reports.queries import get_report, list_timeline
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.audit import verify
from civicprobe.reports.services.seal import due_day, last_seal, seal_day, verify_seals

LOOKS = frozenset({Action.OPEN_ORIGINAL, Action.ASK_UNMASK, Action.GRANT_UNMASK})
OPERATOR = Actor(role=Role.ADMIN)


@click.group()
def audit() -> None:
    """Whether what is kept is what happened.

    \b
    civicprobe audit verify --dir var
    """


@audit.command("verify")
@folder_option
@json_option
@told
def audit_verify(folder: Path | None, *, as_json: bool) -> None:
    """Walk every report's chain of events; names the first fault of each broken one.

    \b
    civicprobe audit verify --dir var
    civicprobe audit verify --json
    """
    checked, broken = 0, []
    with working(folder) as (session, _settings):
        for finding in verify(session):
            checked += 1
            if finding.fault:
                broken.append({"number": finding.number, **asdict(finding.fault)})
        faults = [asdict(fault) for fault in verify_seals(session)]
        seal = _shown_seal(session)
    if as_json:
        show(
            {"checked": checked, "broken": broken, "seal_faults": faults, "last_seal": seal or None}
        )
    else:
        _tell_verified(checked, broken, faults, seal)
    if broken or faults:
        sys.exit(1)


def _tell_verified(
    checked: int,
    broken: list[dict[str, Any]],
    faults: list[dict[str, Any]],
    seal: dict[str, Any],
) -> None:
    for row in broken:
        click.echo(f"{row['number']}: event {row['seq']}: {row['code']}", err=True)
    for row in faults:
        what = f"{row['number']}: event {row['seq']}: " if row["number"] else ""
        click.echo(f"seal {row['seal']}: {what}{row['code']}", err=True)
    click.echo(f"{checked} reports checked, {len(broken)} broken")
    if seal:
        click.echo(f"last seal: {seal['id']} of {seal['day']}, {seal['hash']}")


def _shown_seal(session: Session) -> dict[str, Any]:
    """The newest seal; nothing before the first."""
    newest = last_seal(session)
    names = ("id", "day", "heads", "hash")
    return {name: getattr(newest, name) for name in names} if newest else {}


@audit.command("seal")
@folder_option
@json_option
@told
def audit_seal(folder: Path | None, *, as_json: bool) -> None:
    """Seal yesterday's chain heads now, if nobody has; else show the last seal.

    \b
    civicprobe audit seal --dir var
    """
    with working(folder) as (session, _settings):
        day = due_day(session, utc_now())
        if day:
            seal_day(session, day, now=utc_now())
            session.commit()
        kept = _shown_seal(session)
    words = "seal {id} of {day}: {heads} heads, {hash}".format_map(kept)
    done(words, as_json=as_json, **kept)


@audit.command("looks")
@click.argument("number")
@folder_option
@json_option
@told
def audit_looks(number: str, folder: Path | None, *, as_json: bool) -> None:
    """Who saw a sealed original or a name of this report, when and why.

    \b
    civicprobe audit looks C8898-6217-3 --dir var
    """
    with working(folder) as (session, _settings):
        found = get_report(session, number, visible=OPERATOR)
        looks = [
            {
                "at": entry.event.at,
                "action": entry.event.action,
                "account": entry.event.account_id,
                "why": entry.private.get("note"),
            }
            for entry in list_timeline(session, found.id)
            if entry.event.action in LOOKS
        ]
    if as_json:
        show({"number": number, "looks": looks})
    else:
        show_lines({"looks": looks or "nobody"})


@click.group(invoke_without_command=True)
@folder_option
@json_option
@click.pass_context
@told
def outbox(context: click.Context, folder: Path | None, *, as_json: bool) -> None:
    """Follow-up work: how much waits, what failed; exit 1 when something did.

    \b
    civicprobe outbox --dir var
    civicprobe outbox replay --dir var
    """
    context.obj = folder
    if context.invoked_subcommand:
        return
    with working(folder) as (session, _settings):
        rows = session.scalars(
            select(outbox_rows.OutboxRow).where(outbox_rows.OutboxRow.state == "failed")
        )
        failed = [
            {"id": r.id, "topic": r.topic, "starts": r.starts, "error": r.error} for r in rows
        ]
        said = {"counts": outbox_rows.counts(session), "failed": failed}
    show(said) if as_json else show_lines(said)
    if failed:
        fail(f"{len(failed)} failed; when their cause is gone: civicprobe outbox replay")


@outbox.command("replay")
@folder_option
@json_option
@click.pass_context
@told
def outbox_replay(context: click.Context, folder: Path | None, *, as_json: bool) -> None:
    """Send failed follow-up work again.

    \b
    civicprobe outbox replay --dir var
    """
    with working(folder or context.obj) as (session, _settings):
        count = outbox_rows.replay(session, utc_now())
        session.commit()
    done(f"{count} rows will be sent again", as_json=as_json, replayed=count)


@click.group()
def report() -> None:
    """Single reports.

    \b
    civicprobe report show C8898-6217-3 --dir var
    """


@report.command("show")
@click.argument("number")
@folder_option
@json_option
@told
def report_show(number: str, folder: Path | None, *, as_json: bool) -> None:
    """Everything about one report, but who sent it.

    \b
    civicprobe report show C8898-6217-3 --dir var --json
    """
    with working(folder) as (session, _settings):
        found = get_report(session, number, visible=OPERATOR)
        body = report_body(session, found, seen_by=OPERATOR, now=utc_now())
        said = body.model_dump(mode="json")
    show(said) if as_json else show_lines(said)
