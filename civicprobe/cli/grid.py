"""The city's map: make up, ask; editions are next door."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.catalog.models import Category
from civicprobe.cli.edge import (
    done,
    fail,
    folder_option,
    json_option,
    say,
    show,
    told,
    working,
)
from civicprobe.db import utc_now
from civicprobe.errors import Conflict
from civicprobe.grid.city import City, active_city
from civicprobe.grid.coords import Datum, to_wgs84
from civicprobe.grid.locator import Located
from civicprobe.grid.queries import find_edition
from civicprobe.grid.services.synthesize import synthesize_edition
from civicprobe.reports.lifecycle.table import Severity
from civicprobe.reports.services.who import Answer, Asked, who_gets


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
@click.option("--explain", is_flag=True, help="Also who would get it, and why.")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    help="At this time on the city's clock; default: now.",
)
@click.option("--category", help="A category's code: as if the report were of it.")
@click.option("--severity", type=click.Choice([each.value for each in Severity]))
@click.option("--urgent", is_flag=True)
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
    at: datetime | None,
    folder: Path | None,
    as_json: bool,
    **report: Any,
) -> None:
    """Where a point is, and who would get a report there.

    \b
    civicprobe grid locate 30.8846 104.2517 --radius 30 --explain
    civicprobe grid locate 30.8846 104.2517 --explain --at 2026-12-01T22:30 --category rubbish
    """
    moment = at.replace(tzinfo=CITY_ZONE) if at else utc_now()
    with working(folder) as (session, settings):
        city = active_city(session, settings)
        point = to_wgs84(lat, lon, Datum(datum))
        found = city.locator.locate(point, radius, nearest_limit_m=city.nearest_limit_m)
        _check_category(session, report["category"])
        answer = who_gets(session, city, found, Asked(moment, **report)) if explain else None
    show(_as_json(found, city, answer)) if as_json else say("\n".join(_lines(found, city, answer)))
    if not (found.chain or found.nearest_chain):
        fail("outside every grid of the map")


def _check_category(session: Session, code: str | None) -> None:
    if code is not None and session.get(Category, code) is None:
        raise click.BadParameter(
            "no such category: civicprobe catalog show lists them", param_hint="--category"
        )


def _as_json(found: Located, city: City, answer: Answer | None) -> dict[str, Any]:
    """What was found as programs read it."""
    said: dict[str, Any] = {
        "edition": city.edition.name,
        "synthetic": city.edition.synthetic,
        "lat": found.point.lat,
        "lon": found.point.lon,
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
    if answer is not None:
        there = found.chain or found.nearest_chain
        said["choice"] = answer.choice.as_dict() if there else None
        said["rules"] = [asdict(item) for item in answer.tried]
    return said


def _lines(found: Located, city: City, answer: Answer | None) -> Iterator[str]:
    """The same for people."""
    made_up = ", made up" if city.edition.synthetic else ""
    yield f"{found.point.lat:.6f}, {found.point.lon:.6f} on the map {city.edition.name}{made_up}"
    if found.nearest is not None:
        yield f"outside; the nearest grid is {found.nearest.distance_m:.1f} m away"
    over = [found.dedicated] if found.dedicated else []
    for area in (*over, *(found.chain or found.nearest_chain)):
        yield f"  {area.level.value:10}{area.code:19} {area.name}"
    if found.border_m is not None:
        lowest = ": the lowest code has it" if found.on_border else ""
        yield f"{found.border_m:.1f} m from its border{lowest}"
    if len(found.candidates) > 1:
        yield f"within {found.radius_m:.0f} m"
        for item in found.candidates:
            name = f"{item.area.code:19} {item.area.name}"
            yield f"  {item.share:4.0%} {item.distance_m:6.1f} m  {name}"
    if answer is not None:
        yield from _who(answer)


def _who(answer: Answer) -> Iterator[str]:
    choice = answer.choice
    yield f"goes to {choice.alias or choice.rule} at {choice.area_code}: {choice.reason}"
    for item in answer.tried:
        yield f"  rule {item.rule_id} {item.name}: {item.failed or 'decides'}"
    for passed in choice.considered:
        whom = passed.alias or passed.level.value
        yield f"  not {whom} at {passed.area}: {passed.why_not.value}"
