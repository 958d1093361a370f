"""What all commands share: options, a session to work on, how results and faults are told."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from civicprobe.app import create_app
from civicprobe.broker import BrokerFault
from civicprobe.db import db
from civicprobe.demo.run import embedded_settings
from civicprobe.demo.story import StoryFault
from civicprobe.demo.supervisor import RunFault
from civicprobe.errors import Fault
from civicprobe.settings import Settings, SettingsFault

P = ParamSpec("P")
R = TypeVar("R")

folder_option = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Work on the embedded run in this folder instead of the environment's settings.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


# What helps against a refusal; codes that say it themselves have none.
HINTS: Mapping[str, str] = {
    "no_edition": "make it first: civicprobe grid synthesize, or civicprobe grid import",
    "no_active_edition": "switch a map on: civicprobe grid activate EDITION",
    "edition_exists": "name another with --edition",
    "edition_not_draft": "name a new one with --edition",
    "edition_changed": "somebody filled it further meanwhile; try again",
    "map_file_other_crs": "name its datum with --datum, or turn it into WGS-84 first",
    "map_empty": "import its districts first: civicprobe grid import FILE --level district",
    "no_district": "a district's code has six digits, such as 510113; or: all",
    "map_has_gaps": "import the areas of every level, parents first, then activate",
    "no_report": "check the number; is it of this run? name its folder with --dir",
    "number_malformed": "a number looks like C8898-6217-3, its last digit checks the others",
    "no_account": "make it first: civicprobe account create NAME --role ROLE --area CODE",
    "username_taken": "name another, or give a new password: civicprobe account reset NAME",
    "username_malformed": "3 to 32 of a-z, 0-9 and . _ - are allowed",
    "coordinates_out_of_range": "LAT comes first and is from -90 to 90, LON from -180 to 180",
}


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a fault into one line of what happened and what helps, and exit status 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Fault as fault:
            hint = HINTS.get(fault.code)
            fail(f"refused: {fault}" + (f"; {hint}" if hint else ""))
        except SettingsFault as fault:
            fail("settings:\n  " + "\n  ".join(fault.faults))
        except (RunFault, StoryFault, BrokerFault) as fault:
            fail(str(fault))
        except DBAPIError as fault:
            fail(f"the database: {_first_line(fault.orig)}; are its tables there and up to date? "
                 "civicprobe db upgrade")  # fmt: skip
        except OSError as fault:
            fail(f"{fault.filename or 'this machine'}: {fault.strerror or fault}")

    return wrapped


@contextmanager
def working(folder: Path | None, *, new: bool = False) -> Iterator[tuple[Session, Settings]]:
    """A session on the environment's settings, or those of the run in `folder`.

    Raises RunFault when there is no database yet, unless it may be `new`; nothing is made then.
    """
    if folder and not new and not (folder / "civicprobe.db").exists():
        raise RunFault(f"there is no run in {folder}; start one: civicprobe demo --dir {folder}")
    settings = embedded_settings(folder.absolute()) if folder else Settings.from_env()
    if not new:
        _check_file(settings)
    app = create_app(replace(settings, log_level="WARNING"))
    with app.app_context():
        try:
            yield db.session(), settings
        finally:
            db.session.remove()
            db.engine.dispose()


def _check_file(settings: Settings) -> None:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise RunFault(
            f"there is no database {url.database}; make it: civicprobe db upgrade, "
            "or name the folder of a run with --dir"
        )


def _first_line(fault: object) -> str:
    return next(iter(str(fault).splitlines()), "no answer")


def say(words: str) -> None:
    """Print a line at once."""
    click.echo(words)
    sys.stdout.flush()


def show(value: object) -> None:
    """Print JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def show_lines(said: dict[str, Any]) -> None:
    """Print for people: a line a value, lists and tables indented."""
    for name, value in said.items():
        if isinstance(value, list | dict) and value:
            click.echo(f"{name}:")
            rows = value.items() if isinstance(value, dict) else ((None, item) for item in value)
            for key, item in rows:
                click.echo(f"  {key}: {item}" if key else f"  {item}")
        else:
            click.echo(f"{name}: {value}")


def done(words: str, *, as_json: bool, **said: object) -> None:
    """Say what was done: `words` for people, `said` for programs."""
    show(said) if as_json else click.echo(words)


def fail(words: str) -> NoReturn:
    """Say on stderr what is wrong, and end with status 1."""
    click.echo(f"civicprobe: {words}", err=True)
    sys.exit(1)
