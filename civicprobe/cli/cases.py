"""Reports, their proof, and the follow-up work behind them."""

import sys
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy import select

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
from civicprobe.reports.queries import get_report
from civicprobe.reports.schemas import report_body
from civicprobe.reports.services.audit import verify

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
    if as_json:
        show({"checked": checked, "broken": broken})
    else:
        for row in broken:
            click.echo(f"{row['number']}: event {row['seq']}: {row['code']}", err=True)
        click.echo(f"{checked} reports checked, {len(broken)} broken")
    if broken:
        sys.exit(1)


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
