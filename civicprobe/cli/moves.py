"""Open reports follow the city's map: which would move, and moving them."""

from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy.orm import Session

from civicprobe.cli.edge import done, folder_option, json_option, told, working
from civicprobe.cli.editions import grid, looking
from civicprobe.db import utc_now
from civicprobe.errors import Conflict
from civicprobe.grid.city import City, build_city
from civicprobe.grid.queries import get_active
from civicprobe.reports.heirs import Why
from civicprobe.reports.services.reroute import Move, list_moves, reroute

__all__ = ["grid"]


@grid.command("reroute")
@click.option("--dry-run", is_flag=True, help="Only say which open reports would move.")
@folder_option
@json_option
@told
def grid_reroute(folder: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Move open reports of earlier editions to the areas of the active one, an event each.

    An area that ceased gives its reports to the successor that the new map names, else to the area
    above. A point that the new map does not hold stays where it is, and is named.

    \b
    civicprobe grid reroute --dry-run
    civicprobe grid reroute --json
    """
    with working(folder) as (session, settings):
        with looking(session):
            city = build_city(session, settings, get_active(session))
            moves = list(list_moves(session, city))
        moved = [] if dry_run else [move for move in moves if _rerouted(session, move, city)]
    outside = sum(move.why is Why.OUTSIDE for move in moves)
    if not as_json:
        for move in moves:
            to = move.areas[0].code if move.areas else "-"
            was = list(move.was.values())[-1] if move.was else "-"
            click.echo(f"{move.number}  {move.state}  {was} -> {to}  {move.why}")
    done(
        f"{len(moves) - outside} reports {'would move' if dry_run else 'to move'}, "
        f"{len(moved)} moved, {outside} outside the map",
        as_json=as_json,
        edition=city.edition.name,
        moves=[{**asdict(move), "number": move.number} for move in moves],
        moved=len(moved),
    )


def _rerouted(session: Session, move: Move, city: City) -> bool:
    """One report a transaction; one that moved meanwhile is left to the next run."""
    try:
        event = reroute(session, move.report_id, city, now=utc_now())
        session.commit()
    except Conflict:
        session.rollback()
        return False
    return event is not None
