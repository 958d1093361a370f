"""Accounts and API tokens."""

from pathlib import Path

import click

from civicprobe.accounts.queries import get_account
from civicprobe.accounts.roles import Role
from civicprobe.accounts.services.api_tokens import create_token
from civicprobe.accounts.services.people import NewAccount, create_account
from civicprobe.accounts.services.recovery import issue_reset
from civicprobe.cli.edge import folder_option, told, working
from civicprobe.db import utc_now


@click.group()
def account() -> None:
    """Staff: members, units, desks, administrators."""


@account.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(["member", "unit", "office", "admin"]), required=True)
@click.option("--area", required=True, help="Area code that the account is scoped to.")
@click.option("--unit", type=int, help="The unit's id, for role unit.")
@click.password_option(help="Asked for when not given.")
@folder_option
@told
def account_create(
    name: str, *, role: str, area: str, unit: int | None, password: str, folder: Path | None
) -> None:
    """Make an account that signs in by NAME."""
    with working(folder) as (session, _settings):
        create_account(session, NewAccount(name, Role(role), area, password, unit), now=utc_now())
        session.commit()
    click.echo(f"account {name} made")


@account.command("reset")
@click.argument("name")
@folder_option
@told
def account_reset(name: str, folder: Path | None) -> None:
    """Print a one-time code with which NAME sets a new password within a day."""
    with working(folder) as (session, _settings):
        click.echo(issue_reset(session, get_account(session, name), now=utc_now()))
        session.commit()


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.argument("name")
@click.option("--label", default="cli", show_default=True)
@folder_option
@told
def token_create(name: str, label: str, folder: Path | None) -> None:
    """Print a new bearer token of account NAME; it is shown this once."""
    with working(folder) as (session, _settings):
        holder = get_account(session, name)
        click.echo(create_token(session, holder, label=label, now=utc_now()))
        session.commit()
