"""Statistics made anew from the reports and their events."""

from pathlib import Path

import click

from civicprobe.cli.edge import folder_option, json_option, say, show, told, working
from civicprobe.db import utc_now
from civicprobe.stats.services.roll import rebuild as count_anew


@click.group()
def stats() -> None:
    """What the statistics page counts.

    \b
    civicprobe stats rebuild
    """


@stats.command("rebuild")
@folder_option
@json_option
@told
def rebuild(folder: Path | None, *, as_json: bool) -> None:
    """Forget every fact and weekly count and work them out again; safe beside a running worker.

    \b
    civicprobe stats rebuild
    """
    taken = 0
    with working(folder) as (session, _settings):
        for batch in count_anew(session, utc_now()):
            session.commit()
            taken += batch
            if batch and not as_json and taken % 10_000 == 0:
                say(f"  {taken}")
        session.commit()
    if as_json:
        show({"reports": taken})
    else:
        say(f"{taken} reports counted anew")
