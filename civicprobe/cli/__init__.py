"""The `civicprobe` command. Exit status 0 only when all is well; a fault is one line on stderr."""

import click

from civicprobe.cli import cases, catalog, channels, keeping, people, running, simulating, stats
from civicprobe.cli.moves import grid
from civicprobe.cli.roster import roster


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="civicprobe")
def main() -> None:
    """Photo reports of street problems, placed on the city's grid and followed until closed.

    \b
    civicprobe demo                    the main job on this machine, then serve it
    civicprobe grid locate 30.88 104.25 --explain --dir var
    civicprobe report show C8898-6217-3 --dir var
    """


for command in (
    running.demo,
    simulating.simulate_month,
    running.show_settings,
    running.database,
    grid,
    roster,
    people.account,
    people.token,
    catalog.catalog,
    channels.channel,
    cases.audit,
    cases.outbox,
    cases.report,
    keeping.retention,
    keeping.hold,
    keeping.erase,
    stats.stats,
):
    main.add_command(command)
