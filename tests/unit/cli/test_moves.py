"""Open reports follow the map when somebody says so, and not before."""

import json

import pytest
from click.testing import CliRunner

from civicprobe.cli import main
from civicprobe.cli.edge import working
from civicprobe.grid.areas import TILING
from tests.town import GRID, build_town
from tests.unit.grid.conftest import collection, feature
from tests.unit.reports.services.test_reroute import SECOND, merged


@pytest.fixture
def cli(tmp_path):
    """Run a command on a folder with tables."""

    def call(*args):
        return CliRunner().invoke(main, [*map(str, args), "--dir", str(tmp_path / "run")])

    assert call("db", "upgrade").exit_code == 0
    return call


@pytest.fixture
def number(cli, tmp_path):
    """A report in a grid that the next map does not have."""
    with working(tmp_path / "run") as (session, settings):
        town = build_town(session, settings)
        town.member("second", SECOND)
        report = town.assigned()
        session.commit()
        return report.number


@pytest.fixture
def next_map(cli, number, tmp_path):
    """The next map is active; it names who follows."""
    for level in TILING:
        features = [feature(area) for area in merged() if area.level is level]
        for each in features:
            if each["properties"]["code"] == SECOND:
                each["properties"]["replaces"] = GRID
        path = tmp_path / f"{level}.geojson"
        path.write_bytes(collection(features))
        assert cli("grid", "import", path, "--level", level, "--edition", "next").exit_code == 0
    assert cli("grid", "activate", "next").exit_code == 0


def test_on_its_own_map_nothing_moves(cli, number):
    answer = cli("grid", "reroute", "--dry-run")
    assert answer.exit_code == 0
    assert answer.stdout == "0 reports would move, 0 moved, 0 outside the map\n"


def test_a_dry_run_says_what_would_move_and_moves_nothing(cli, number, next_map):
    for _ in range(2):
        lines = cli("grid", "reroute", "--dry-run").stdout.splitlines()
        assert lines[0] == f"{number}  assigned  {GRID} -> {SECOND}  successor"
        assert lines[1] == "1 reports would move, 0 moved, 0 outside the map"


def test_on_demand_each_moves_once(cli, number, next_map):
    said = json.loads(cli("grid", "reroute", "--json").stdout)
    assert (said["edition"], said["moved"]) == ("next", 1)
    assert said["moves"][0]["number"] == number
    assert json.loads(cli("grid", "reroute", "--json").stdout)["moves"] == []
    assert "reassign" in cli("report", "show", number).stdout
    assert cli("audit", "verify").exit_code == 0
