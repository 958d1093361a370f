"""Editions of the city's map: bring in, give out, switch."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, TextIO

import click
from sqlalchemy.orm import Session

from civicprobe.cli.edge import done, folder_option, json_option, show, told, working
from civicprobe.cli.grid import grid
from civicprobe.db import reading, utc_now
from civicprobe.grid.areas import TILING, Level
from civicprobe.grid.city import keep_file
from civicprobe.grid.coords import Datum
from civicprobe.grid.features import FeatureFault
from civicprobe.grid.services.activate import prepare, switch
from civicprobe.grid.services.export import export_areas
from civicprobe.grid.services.import_areas import ImportReport, check_areas, keep_areas

__all__ = ["grid"]

LEVELS = [level.value for level in (*TILING, Level.DEDICATED)]
_CHUNK = 1_000_000
_MOST_SAID = 200

Advance = Callable[[int, int], None]


@grid.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--level", type=click.Choice(LEVELS), required=True)
@click.option("--edition", default="imported", show_default=True, help="Made when it is new.")
@click.option(
    "--datum", type=click.Choice([d.value for d in Datum]), default="wgs84", show_default=True
)
@click.option("--dry-run", is_flag=True, help="Check and report only.")
@folder_option
@json_option
@told
def grid_import(
    file: Path,
    *,
    level: str,
    edition: str,
    datum: str,
    dry_run: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Take one level of areas from GeoJSON, parents first: all of the file or nothing.

    Properties: code, name, parent; replaces (a code or a list: areas that ceased and that this one
    follows). Overlaps, gaps and strays above 1 m2 refuse the file, smaller ones are warnings; every
    fault is named by feature, counted from 0.

    \b
    civicprobe grid import streets.geojson --level street --edition 2027 --dry-run
    civicprobe grid import streets.geojson --level street --edition 2027 --datum gcj02
    """
    with working(folder) as (session, settings):
        with looking(session), file.open("rb") as stream, bar("reading") as advance:
            checked = check_areas(
                session,
                edition,
                Level(level),
                _pieces(stream, file.stat().st_size, advance),
                city_code=settings.city_code,
                datum=Datum(datum),
            )
        report = checked.report()
        if not (report.faults or dry_run):
            with bar("writing") as advance:
                report = checked.report(
                    keep_areas(session, checked, now=utc_now(), progress=advance)
                )
                session.commit()
    show(asdict(report)) if as_json else _say(report)
    if report.faults:
        sys.exit(1)


@grid.command("export")
@click.argument("edition")
@click.option("--level", type=click.Choice(LEVELS), required=True)
@click.option(
    "--to",
    "target",
    type=click.File("w", encoding="utf-8", lazy=True, atomic=True),
    default="-",
    help="A file; default: standard output.",
)
@folder_option
@told
def grid_export(edition: str, *, level: str, target: TextIO, folder: Path | None) -> None:
    """Give one level of an edition as GeoJSON in WGS-84, fit for `grid import`.

    \b
    civicprobe grid export 2027 --level street --to streets.geojson
    """
    with working(folder) as (session, _settings), looking(session):
        for piece in export_areas(session, edition, Level(level)):
            target.write(piece)


@grid.command("activate")
@click.argument("edition")
@folder_option
@json_option
@told
def grid_activate(edition: str, folder: Path | None, *, as_json: bool) -> None:
    """Switch the map; running processes follow within ten seconds, and no request waits.

    Open reports keep the edition they were routed under: see `civicprobe grid reroute`.

    \b
    civicprobe grid activate synthetic-510113-7
    """
    with working(folder) as (session, settings):
        with looking(session):
            prepared = prepare(session, edition)
            keep_file(session, settings, prepared.edition)
        found = switch(session, prepared, now=utc_now())
        session.commit()
    if found.undivided and not as_json:
        click.echo(f"no areas below the district: {', '.join(found.undivided)}", err=True)
    for rule in found.broken_rules:
        line = f"rule {rule.rule_id} of {rule.scope} names what is gone: {', '.join(rule.missing)}"
        click.echo(line, err=True)
    was = "" if found.changed else " (it was before)"
    done(
        f"{found.micros_without_member} micro grids have no member of their own\n"
        f"edition {edition} is active{was}",
        as_json=as_json,
        edition=edition,
        changed=found.changed,
        undivided=found.undivided,
        micros_without_member=found.micros_without_member,
        broken_rules=[asdict(rule) for rule in found.broken_rules],
    )


@contextmanager
def looking(session: Session) -> Iterator[None]:
    """Read for long without keeping anybody from writing."""
    with reading():
        yield
        session.rollback()


@contextmanager
def bar(label: str) -> Iterator[Advance]:
    """A progress bar on stderr, told how much is done of how much."""
    with click.progressbar(length=1_000, label=label, file=sys.stderr) as shown:
        yield lambda done, of: shown.update(1_000 * done // max(1, of) - shown.pos)


def _pieces(stream: BinaryIO, size: int, advance: Advance) -> Iterator[bytes]:
    while piece := stream.read(_CHUNK):
        advance(stream.tell(), size)
        yield piece


def _say(report: ImportReport) -> None:
    for kind, flaws in (("fault", report.faults), ("warning", report.warnings)):
        for flaw in flaws[:_MOST_SAID]:
            click.echo(f"{kind}: {_words(flaw)}", err=kind == "fault")
        if len(flaws) > _MOST_SAID:
            rest = len(flaws) - _MOST_SAID
            click.echo(f"{kind}: {rest} more; --json lists all", err=kind == "fault")
    click.echo(f"{report.areas} areas read, {report.written} written to {report.edition}")


def _words(flaw: FeatureFault) -> str:
    """A line such as `feature 12, 510104001: overlap, size_m2 34.2, other 510104002`."""
    where = "the level" if flaw.feature is None else f"feature {flaw.feature}"
    named = f", {flaw.area_code}" if flaw.area_code else ""
    said = "".join(f", {name} {value}" for name, value in flaw.params.items())
    return f"{where}{named}: {flaw.fault}{said}"
