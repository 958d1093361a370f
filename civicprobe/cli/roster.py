"""The roster out to a spreadsheet and in again."""

from pathlib import Path

import click

from civicprobe.cli.edge import done, folder_option, json_option, told, working
from civicprobe.db import utc_now
from civicprobe.grid.services.roster_file import (
    export_roster,
    import_roster,
    write_csv,
    write_xlsx,
)


@click.group()
def roster() -> None:
    """Members, their grids and when they are on duty, as CSV or XLSX.

    \b
    civicprobe roster export roster.xlsx
    civicprobe roster import roster.xlsx --dry-run
    """


@roster.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--area", help="Only members of this area and below.")
@folder_option
@json_option
@told
def roster_export(file: Path, area: str | None, folder: Path | None, *, as_json: bool) -> None:
    """Write everybody who is enrolled to FILE; .xlsx makes a workbook, anything else CSV.

    \b
    civicprobe roster export roster.csv --area 510113002
    """
    with working(folder) as (session, settings):
        entries = export_roster(session, area, settings.city_code)
    write = write_xlsx if file.suffix.lower() == ".xlsx" else write_csv
    file.write_bytes(write(entries))
    done(f"{len(entries)} members in {file}", as_json=as_json, members=len(entries))


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, keep nothing.")
@folder_option
@json_option
@told
def roster_import(file: Path, folder: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Bring every line of FILE, or none: known members change, others are made.

    New members have no password yet: their desk gives each a one-time code.

    \b
    civicprobe roster import roster.csv --dry-run
    """
    with working(folder) as (session, _settings):
        found = import_roster(session, file.read_bytes(), now=utc_now())
        session.rollback() if dry_run else session.commit()
    kept = "nothing kept: a dry run" if dry_run else "kept"
    done(
        f"{found.made} members made, {found.changed} changed; {kept}",
        as_json=as_json,
        made=found.made,
        changed=found.changed,
        dry_run=dry_run,
    )
