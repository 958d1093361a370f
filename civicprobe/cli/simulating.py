"""A simulated month, as a command."""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import click

from civicprobe.cli.edge import fail, folder_option, json_option, say, show, told, working
from civicprobe.db import db, hurry, utc_now
from civicprobe.demo.month import Outcome, Plan, simulate, spots_of
from civicprobe.demo.pictures import draw_pictures
from civicprobe.demo.run import embedded_settings, prepare
from civicprobe.grid.city import active_city
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.web.parts import parts


@click.command("simulate")
@folder_option
@click.option("--reports", type=click.IntRange(1, 100_000), default=3_000, show_default=True)
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="The same, the same month.")
@json_option
@told
def simulate_month(
    folder: Path | None, *, reports: int, days: int, seed: int, as_json: bool
) -> None:
    """A month of a street's life in fast time, through the real services; then its funnel.

    With --dir it fills the run in that folder (made where there is none), ending now; otherwise it
    leaves nothing behind. Exit status 1 if a report is stuck or its record is broken.

    \b
    civicprobe simulate --reports 300
    civicprobe simulate --dir var          then: civicprobe demo --dir var
    """
    plan = Plan(utc_now() - timedelta(days=days), reports, days, seed=seed)
    if folder is not None:
        found = _live_through(folder, plan, quiet=as_json)
    else:
        with tempfile.TemporaryDirectory(prefix="civicprobe-month-") as aside:
            found = _live_through(Path(aside), plan, quiet=as_json)
    _show(found, as_json=as_json)
    if found.stuck or found.broken:
        fail(f"{len(found.stuck)} stuck, {len(found.broken)} broken: {found.stuck[:5]}")


def _live_through(folder: Path, plan: Plan, *, quiet: bool) -> Outcome:
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    sample = prepare(embedded_settings(folder), _silent if quiet else say)
    with working(folder) as (session, settings):
        hurry(db.engine)
        city = active_city(session, settings)
        pictures = draw_pictures(parts().storage, settings.max_pixels)
        spots = spots_of(session, city, sample.spot)
        session.commit()
        return simulate(session, city, spots, pictures, plan, say=_silent if quiet else _progress)


def _silent(*_: object) -> None:
    """Programs read the end only."""


def _progress(came: int, of: int) -> None:
    say(f"  {came} / {of}")


def _show(found: Outcome, *, as_json: bool) -> None:
    if as_json:
        show({**vars(found), "funnel": dict(found.funnel())})
        return
    say(f"{found.reports} reports")
    for name, count in found.funnel():
        share = count / max(found.reports, 1)
        say(f"  {word('step', name):<12} {count:>6}  {'#' * round(40 * share)} {share:.0%}")
    _list("state", found.states)
    _list("outcome", found.outcomes)
    say(f"median hours to closed: {found.hours_to_close or 0:.1f}; open and late: {found.late}")
    say(f"stuck: {len(found.stuck)}; broken records: {len(found.broken)}")


def _list(kind: str, counted: Counter[str]) -> None:
    words = (f"{word(kind, name)} {count}" for name, count in counted.most_common())
    say(f"{kind}: " + " · ".join(words))
