"""Where people are told besides their inbox, and what could not be delivered."""

from pathlib import Path

import click

from civicprobe.accounts.queries import get_account
from civicprobe.cli.edge import done, folder_option, json_option, show, show_lines, told, working
from civicprobe.db import utc_now
from civicprobe.notices.channels import CHANNELS
from civicprobe.notices.contacts import add_contact, list_contacts, remove_contact
from civicprobe.notices.outgoing import list_dead, revive


@click.group()
def channel() -> None:
    """Ways to people besides the inbox: e-mail, signed webhooks, text messages.

    \b
    civicprobe channel add office email desk@example.org
    civicprobe channel dead
    """


@channel.command("add")
@click.argument("name")
@click.argument("kind", type=click.Choice(sorted(CHANNELS)))
@click.argument("address")
@click.option("--lang", type=click.Choice(["zh_Hans_CN", "en"]), default="zh_Hans_CN")
@folder_option
@json_option
@told
def add(
    name: str, kind: str, address: str, lang: str, folder: Path | None, *, as_json: bool
) -> None:
    """Tell account NAME by this address too; a webhook's secret is printed once.

    \b
    civicprobe channel add office webhook https://example.org/hook
    """
    with working(folder) as (session, _settings):
        account = get_account(session, name)
        kept = add_contact(session, account, kind, address, locale=lang, now=utc_now())
        session.commit()
    said = {"id": kept.id, "secret": kept.secret} if kept.secret else {"id": kept.id}
    words = f"{name} is told by {kind} too (contact {kept.id})"
    done(f"{words}; secret: {kept.secret}" if kept.secret else words, as_json=as_json, **said)


@channel.command("list")
@folder_option
@json_option
@told
def show_all(folder: Path | None, *, as_json: bool) -> None:
    """All addresses in use.

    \b
    civicprobe channel list --json
    """
    with working(folder) as (session, _settings):
        rows = [
            {"id": kept.id, "account": name, "channel": kept.channel, "address": kept.address}
            for kept, name in list_contacts(session)
        ]
    show({"contacts": rows}) if as_json else show_lines({"contacts": rows or "none"})


@channel.command("remove")
@click.argument("contact", type=int)
@folder_option
@json_option
@told
def remove(contact: int, folder: Path | None, *, as_json: bool) -> None:
    """Tell nobody there any more.

    \b
    civicprobe channel remove 3
    """
    with working(folder) as (session, _settings):
        remove_contact(session, contact, now=utc_now())
        session.commit()
    done(f"contact {contact} is removed", as_json=as_json, removed=contact)


@channel.command("dead")
@folder_option
@json_option
@told
def dead(folder: Path | None, *, as_json: bool) -> None:
    """What could not be delivered, and why.

    \b
    civicprobe channel dead --json
    """
    with working(folder) as (session, _settings):
        rows = [
            {"id": row.id, "contact": row.contact_id, "attempts": row.attempts, "error": row.error}
            for row in list_dead(session)
        ]
    show({"dead": rows}) if as_json else show_lines({"dead": rows or "none"})


@channel.command("replay")
@folder_option
@json_option
@told
def replay(folder: Path | None, *, as_json: bool) -> None:
    """Send every dead letter again.

    \b
    civicprobe channel replay
    """
    with working(folder) as (session, _settings):
        count = revive(session, utc_now())
        session.commit()
    done(f"{count} will be sent again", as_json=as_json, replayed=count)
