"""What is kept no longer: the nightly run by hand, legal holds, and a rider who asks to be gone."""

from pathlib import Path

import click

from civicprobe.accounts.models import Device
from civicprobe.accounts.queries import actor_of_rider
from civicprobe.cli.cases import OPERATOR
from civicprobe.cli.edge import done, fail, folder_option, json_option, told, working
from civicprobe.db import utc_now
from civicprobe.reports.queries import get_report
from civicprobe.reports.services import keeping


@click.command()
@folder_option
@json_option
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@told
def retention(folder: Path | None, *, as_json: bool, dry_run: bool) -> None:
    """Forget what is over its time, with a tombstone each.

    \b
    civicprobe retention --dry-run --dir var
    """
    with working(folder) as (session, _settings):
        keeping.load_default_retention(session, utc_now())
        session.commit()
        over = keeping.count_over(session, utc_now())
        gone = 0
        while not dry_run and (batch := keeping.forget_over(session, utc_now())):
            session.commit()
            gone += batch
    what = ", ".join(f"{name} {count}" for name, count in sorted(over.items())) or "nothing"
    words = f"would go: {what}" if dry_run else f"forgotten: {gone}"
    done(words, as_json=as_json, over=over, forgotten=gone)


@click.command()
@click.argument("number")
@folder_option
@json_option
@click.option("--reason", default="", help="Why nothing of the report may go.")
@click.option("--lift", is_flag=True, help="Lift the hold.")
@told
def hold(number: str, folder: Path | None, *, as_json: bool, reason: str, lift: bool) -> None:
    """Put a report under legal hold, or lift it.

    \b
    civicprobe hold C8898-6217-3 --reason "court 2026-12" --dir var
    """
    with working(folder) as (session, _settings):
        report = get_report(session, number, visible=OPERATOR)
        if lift:
            was = keeping.lift(session, report)
        else:
            keeping.hold(session, report, reason, now=utc_now())
            was = True
        session.commit()
    words = f"{number}: {'no longer held' if lift and was else 'held' if was else 'was not held'}"
    done(words, as_json=as_json, number=number, held=not lift)


@click.command()
@click.argument("number")
@folder_option
@json_option
@click.option("--yes", is_flag=True, help="It cannot be undone; say that it is meant.")
@told
def erase(number: str, folder: Path | None, *, as_json: bool, yes: bool) -> None:
    """Forget the rider who sent this report, at their wish: every report of theirs.

    \b
    civicprobe erase C8898-6217-3 --yes --dir var
    """
    with working(folder) as (session, _settings):
        device_id = get_report(session, number, visible=OPERATOR).reporter_id
        if device_id is None:
            fail(f"{number}: its rider is forgotten already")
        if not yes:
            fail("it cannot be undone; say --yes")
        rider = actor_of_rider(session, session.get_one(Device, device_id))
        erased = keeping.erase_rider(session, rider.device_ids, now=utc_now())
        session.commit()
    words = f"forgotten: {erased.reports} reports; under legal hold: {erased.held}"
    done(words, as_json=as_json, reports=erased.reports, held=erased.held)
