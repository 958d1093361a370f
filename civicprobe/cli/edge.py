"""What all commands share: options, a session to work on, how results and faults are told."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
from sqlalchemy.orm import Session

from civicprobe.app import create_app
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


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a fault into one line that says what happened, and exit status 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Fault as fault:
            fail(f"refused: {fault}")
        except SettingsFault as fault:
            fail("settings:\n  " + "\n  ".join(fault.faults))
        except (RunFault, StoryFault) as fault:
            fail(str(fault))

    return wrapped


@contextmanager
def working(folder: Path | None, *, new: bool = False) -> Iterator[tuple[Session, Settings]]:
    """A session on the environment's settings, or those of the run in `folder`.

    Raises RunFault when there is no run in the folder, unless it may be `new`.
    """
    if folder and not new and not (folder / "civicprobe.db").exists():
        raise RunFault(f"there is no run in {folder}; start one: civicprobe demo --dir {folder}")
    settings = embedded_settings(folder.absolute()) if folder else Settings.from_env()
    app = create_app(replace(settings, log_level="WARNING"))
    with app.app_context():
        yield db.session(), settings


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


def fail(words: str) -> NoReturn:
    """Say on stderr what is wrong, and end with status 1."""
    click.echo(f"civicprobe: {words}", err=True)
    sys.exit(1)
