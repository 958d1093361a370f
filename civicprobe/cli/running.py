"""Run it, set it up."""

from pathlib import Path

import click
from flask_migrate import upgrade

from civicprobe.catalog.defaults import load_defaults
from civicprobe.cli.edge import fail, folder_option, say, told, working
from civicprobe.demo.run import run
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
@told
def demo(folder: Path, port: int, *, once: bool) -> None:
    """Run everything on this machine: broker, workers, server, a sample city, one report."""
    run(folder, port, once=once, say=say)


@click.command("settings")
def show_settings() -> None:
    """Every setting with its default; exit 1 when the environment's are faulty."""
    click.echo(as_markdown(), nl=False)
    try:
        Settings.from_env()
    except SettingsFault as fault:
        fail("settings:\n  " + "\n  ".join(fault.faults))


@click.group("db")
def database() -> None:
    """The database's tables."""


@database.command("upgrade")
@folder_option
@told
def db_upgrade(folder: Path | None) -> None:
    """Bring the tables up to date and add the starting categories; safe to repeat."""
    with working(folder, new=True) as (session, settings):
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        upgrade()
        load_defaults(session)
        session.commit()
    click.echo("the database is up to date")
