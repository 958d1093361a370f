"""Accounts and API tokens."""

from pathlib import Path

import click

from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.api_tokens import create_token
from civicprobe.accounts.services.people import NewAccount, create_account
from civicprobe.accounts.services.recovery import issue_reset
from civicprobe.cli.edge import done, folder_option, json_option, told, working
from civicprobe.db import utc_now


@click.group()
def account() -> None:
    """Staff: members, units, desks, administrators.

    \b
    civicprobe account create street-1 --role office --area 510113002
    """


@account.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(["member", "unit", "office", "admin"]), required=True)
@click.option("--area", required=True, help="Area code that the account is scoped to.")
@click.option("--unit", type=int, help="The unit's id, for role unit.")
@click.password_option(help="Asked for when not given.")
@folder_option
@json_option
@told
def account_create(
    name: str,
    *,
    role: str,
    area: str,
    unit: int | None,
    password: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Make an account that signs in by NAME.

    \b
    civicprobe account create street-1 --role office --area 510113002
    civicprobe account create unit-roads --role unit --area 510113 --unit 1
    """
    with working(folder) as (session, _settings):
        create_account(session, NewAccount(name, Role(role), area, password, unit), now=utc_now())
        session.commit()
    done(f"account {name} made", as_json=as_json, name=name, role=role, area=area)


@account.command("reset")
@click.argument("name")
@folder_option
@json_option
@told
def account_reset(name: str, folder: Path | None, *, as_json: bool) -> None:
    """Print a one-time code with which NAME sets a new password within a day.

    \b
    civicprobe account reset street-1
    """
    with working(folder) as (session, _settings):
        code = issue_reset(session, get_account(session, name), now=utc_now())
        session.commit()
    done(code, as_json=as_json, name=name, code=code)


@click.group()
def token() -> None:
    """API tokens.

    \b
    civicprobe token create street-1 --label dashboard
    """


@token.command("create")
@click.argument("name")
@click.option("--label", default="cli", show_default=True)
@folder_option
@json_option
@told
def token_create(name: str, label: str, folder: Path | None, *, as_json: bool) -> None:
    """Print a new bearer token of account NAME; it is shown this once.

    \b
    civicprobe token create street-1 --label dashboard
    """
    with working(folder) as (session, _settings):
        given = create_token(session, get_account(session, name), label=label, now=utc_now())
        session.commit()
    done(given, as_json=as_json, name=name, label=label, token=given)
