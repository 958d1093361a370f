"""Run it, set it up."""

import os
from pathlib import Path

import click
from flask_migrate import upgrade

from civicprobe.catalog.defaults import load_defaults
from civicprobe.cli.edge import done, fail, folder_option, json_option, say, told, working
from civicprobe.db import utc_now
from civicprobe.demo.run import run
from civicprobe.demo.speech import EN, ZH, locale_of
from civicprobe.reports.services.keeping import load_default_retention
from civicprobe.settings import Settings, SettingsFault, as_markdown


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var"),
    show_default=True,
    help="Folder of the run.",
)
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--once", is_flag=True, help="Stop after the main job; exit 0 only if it closed.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Default: English where LANG says so."
)
@told
def demo(folder: Path, port: int, *, once: bool, lang: str | None) -> None:
    """Run everything on this machine: broker, workers, server, a sample city, one report.

    The shell's CIVICPROBE_… settings play no part; all is kept in the folder. Serves until Ctrl-C.

    \b
    civicprobe demo --port 8080
    civicprobe demo --once --dir /tmp/try --lang en
    """
    locale = locale_of(os.environ) if lang is None else EN if lang == "en" else ZH
    run(folder, port, once=once, say=say, locale=locale)


@click.command("settings")
@click.option("--check", is_flag=True, help="Only say whether the environment's are right.")
def show_settings(*, check: bool) -> None:
    """Every setting with its default; exit 1 when the environment's are faulty.

    \b
    civicprobe settings > docs/settings.md
    CIVICPROBE_MAX_PIXELS=few civicprobe settings --check
    """
    if not check:
        click.echo(as_markdown(), nl=False)
    try:
        Settings.from_env()
    except SettingsFault as fault:
        fail("settings:\n  " + "\n  ".join(fault.faults))
    if check:
        click.echo("the settings are right")


@click.group("db")
def database() -> None:
    """The database's tables.

    \b
    civicprobe db upgrade
    """


@database.command("upgrade")
@folder_option
@json_option
@told
def db_upgrade(folder: Path | None, *, as_json: bool) -> None:
    """Bring the tables up to date and add the starting categories; safe to repeat.

    \b
    civicprobe db upgrade
    civicprobe db upgrade --dir var
    """
    with working(folder, new=True) as (session, settings):
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        upgrade()
        load_defaults(session, utc_now())
        load_default_retention(session, utc_now())
        session.commit()
    done("the database is up to date", as_json=as_json, upgraded=True)
