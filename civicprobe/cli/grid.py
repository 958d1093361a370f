"""The city's map: make up, ask; editions are next door."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from civicprobe.cli.edge import (
    done,
    fail,
    folder_option,
    json_option,
    show,
    show_lines,
    told,
    working,
)
from civicprobe.db import utc_now
from civicprobe.errors import Conflict
from civicprobe.grid.city import active_city
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.grid.queries import find_edition
from civicprobe.grid.services.synthesize import synthesize_edition
from civicprobe.reports.services.who import Asked, who_gets


@click.group()
def grid() -> None:
    """The city's map: editions, areas, and who would get a point.

    \b
    civicprobe grid synthesize --district 510113 --seed 7
    civicprobe grid activate synthetic-510113-7
    civicprobe grid locate 30.8846 104.2517 --explain
    """


@grid.command("synthesize")
@click.option("--district", required=True, help="6-digit code, or all.")
@click.option("--seed", type=int, required=True)
@click.option("--edition", help="Name of the new edition; default: synthetic-DISTRICT-SEED.")
@folder_option
@json_option
@told
def grid_synthesize(
    district: str, seed: int, edition: str | None, folder: Path | None, *, as_json: bool
) -> None:
    """Make labelled synthetic areas below the real districts, as a new draft edition.

    \b
    civicprobe grid synthesize --district 510113 --seed 7
    """
    name = edition or f"synthetic-{district}-{seed}"
    with working(folder) as (session, _settings):
        if find_edition(session, name) is not None:
            raise Conflict("edition_exists", name=name)
        session.rollback()
        with click.progressbar(length=100, label=name, file=sys.stderr) as bar:

            def progress(done: int, of: int) -> None:
                bar.update(100 * done // max(1, of) - bar.pos)

            synthesize_edition(
                session, district, seed=seed, name=name, now=utc_now(), progress=progress
            )
        session.commit()
    words = f"edition {name} is a draft; next: civicprobe grid activate {name}"
    done(words, as_json=as_json, edition=name)


@grid.command("locate")
@click.argument("lat", type=float)
@click.argument("lon", type=float)
@click.option(
    "--datum", type=click.Choice([d.value for d in Datum]), default="wgs84", show_default=True
)
@click.option("--radius", type=click.FloatRange(0, 1_000), default=0.0, help="Metres of doubt.")
@click.option("--explain", is_flag=True, help="Also who would get it now, and why.")
@folder_option
@json_option
@told
def grid_locate(
    lat: float,
    lon: float,
    *,
    datum: str,
    radius: float,
    explain: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Where a point is, and who would get a report there.

    \b
    civicprobe grid locate 30.8846 104.2517 --radius 30 --explain
    """
    with working(folder) as (session, settings):
        city = active_city(session, settings)
        point = to_wgs84(lat, lon, Datum(datum))
        found = city.locator.locate(point, radius, nearest_limit_m=city.nearest_limit_m)
        chain = found.chain or found.nearest_chain
        said: dict[str, Any] = {
            "edition": city.edition.name,
            "synthetic": city.edition.synthetic,
            "lat": point.lat,
            "lon": point.lon,
            "areas": {area.level.value: [area.code, area.name] for area in found.chain},
            "on_border": found.on_border,
            "border_m": found.border_m,
            "candidates": [
                [item.area.code, item.area.name, round(item.distance_m, 1), round(item.share, 3)]
                for item in found.candidates
            ],
            "dedicated": found.dedicated and [found.dedicated.code, found.dedicated.name],
            "nearest": [found.nearest.area.code, round(found.nearest.distance_m, 1)]
            if found.nearest
            else None,
        }
        if explain:
            answer = who_gets(session, city, found, Asked(at=utc_now()))
            said["choice"] = answer.choice.as_dict() if chain else None
            said["rules"] = [asdict(item) for item in answer.tried]
    show(said) if as_json else show_lines(said)
    if not chain:
        fail("outside every grid of the map")
