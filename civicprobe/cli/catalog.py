"""What a city sets: categories, time limits, calendar days, from CSV tables."""

from pathlib import Path

import click

from civicprobe.catalog.models import Category
from civicprobe.catalog.tables import import_categories, import_days, import_limits, list_limits
from civicprobe.cli.edge import done, folder_option, json_option, show, show_lines, told, working
from civicprobe.db import utc_now

table_argument = click.argument(
    "table", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group()
def catalog() -> None:
    """Categories, time limits and working days, as tables with their sources.

    \b
    civicprobe catalog limits limits.csv
    civicprobe catalog days holidays-2028.csv
    """


@catalog.command("limits")
@table_argument
@folder_option
@json_option
@told
def limits(table: Path, folder: Path | None, *, as_json: bool) -> None:
    """Set limits: stage,category,severity,amount,unit,source; open cases are reckoned anew.

    \b
    civicprobe catalog limits limits.csv
    """
    with working(folder) as (session, _settings):
        text = table.read_text(encoding="utf-8")
        changed = import_limits(session, text, by=None, now=utc_now())
        session.commit()
    done(f"{changed} limits changed", as_json=as_json, changed=changed)


@catalog.command("days")
@table_argument
@folder_option
@json_option
@told
def days(table: Path, folder: Path | None, *, as_json: bool) -> None:
    """Declare days worked (1) or free (0): day,worked; open cases are reckoned anew.

    \b
    civicprobe catalog days holidays-2028.csv
    """
    with working(folder) as (session, _settings):
        text = table.read_text(encoding="utf-8")
        changed = import_days(session, text, by=None, now=utc_now())
        session.commit()
    done(f"{changed} days changed", as_json=as_json, changed=changed)


@catalog.command("categories")
@table_argument
@folder_option
@json_option
@told
def categories(table: Path, folder: Path | None, *, as_json: bool) -> None:
    """Add or change categories; a column header names each field.

    \b
    civicprobe catalog categories categories.csv
    """
    with working(folder) as (session, _settings):
        text = table.read_text(encoding="utf-8")
        count = import_categories(session, text, by=None, now=utc_now())
        session.commit()
    done(f"{count} categories changed", as_json=as_json, categories=count)


@catalog.command("show")
@click.option("--history", is_flag=True, help="Also the limits that held before.")
@folder_option
@json_option
@told
def show_catalog(folder: Path | None, *, history: bool, as_json: bool) -> None:
    """The categories and the limits that hold, each with its source.

    \b
    civicprobe catalog show --history --json
    """
    names = ("stage", "category_code", "severity", "amount", "unit", "source", "since", "until")
    with working(folder) as (session, _settings):
        said = {
            "categories": [
                {"code": row.code, "name": row.name_zh, "major": row.major, "source": row.source}
                for row in session.query(Category).order_by(Category.rank)
            ],
            "limits": [
                {name: getattr(row, name) for name in names}
                for row in list_limits(session, history=history)
            ],
        }
    show(said) if as_json else show_lines(said)
