"""The roster on the command line: out, tried, in; a fault is named by row and nothing is kept."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from civicprobe.cli import main
from civicprobe.grid.areas import TILING
from civicprobe.grid.roster_table import COLUMNS
from tests.unit.grid.conftest import LEFT, RIGHT, level_file

MICRO = f"{LEFT}001001001"
LI = ("rider-li", "小李", "part_time", MICRO, "1 08:00-12:00", "", "yes", "3")


@pytest.fixture
def cli(tmp_path):
    """Run a command on a folder with the toy map."""

    def call(*args):
        return CliRunner().invoke(main, [*map(str, args), "--dir", str(tmp_path / "run")])

    assert call("db", "upgrade").exit_code == 0
    for level in TILING:
        file = tmp_path / f"{level}.geojson"
        file.write_bytes(level_file(level))
        made = call("grid", "import", file, "--level", level, "--edition", "toy")
        assert made.exit_code == 0, made.output
    assert call("grid", "activate", "toy").exit_code == 0
    return call


def table(file, *rows):
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *rows])
    file.write_text(out.getvalue(), encoding="utf-8")
    return file


def kept(cli, file):
    answer = cli("roster", "export", file, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)["members"]


def test_a_roster_is_tried_brought_and_taken(cli, tmp_path):
    file, out = table(tmp_path / "in.csv", LI), tmp_path / "out.csv"
    tried = cli("roster", "import", file, "--dry-run", "--json")
    assert json.loads(tried.output) == {"made": 1, "changed": 0, "dry_run": True}
    assert kept(cli, out) == 0
    brought = cli("roster", "import", file)
    assert brought.output == "1 members made, 0 changed; kept\n"
    assert kept(cli, out) == 1
    assert "rider-li,小李,part_time" in out.read_text(encoding="utf-8-sig")
    book = tmp_path / "out.xlsx"
    assert kept(cli, book) == 1
    assert book.read_bytes().startswith(b"PK")
    assert json.loads(cli("roster", "import", book, "--json").output)["changed"] == 1
    other = cli("roster", "export", out, "--area", RIGHT, "--json")
    assert json.loads(other.output) == {"members": 0}


def test_one_wrong_cell_keeps_everything_out_and_is_named(cli, tmp_path):
    wrong = ("rider-wu", "小吴", "sometimes", f"{LEFT}999", "", "", "no", "")
    answer = cli("roster", "import", table(tmp_path / "in.csv", LI, wrong))
    assert answer.exit_code == 1
    assert "3.kind" in answer.output
    answer = cli(
        "roster", "import", table(tmp_path / "in.csv", LI, (*wrong[:2], "full_time", *wrong[3:]))
    )
    assert answer.exit_code == 1
    assert "3.grids" in answer.output
    assert kept(cli, tmp_path / "out.csv") == 0


def test_what_is_no_roster_is_refused(cli, tmp_path):
    (tmp_path / "in.xlsx").write_bytes(b"PK\x03\x04 and no more")
    answer = cli("roster", "import", tmp_path / "in.xlsx")
    assert answer.exit_code == 1
    assert "roster_unreadable" in answer.output or "CSV" in answer.output
    assert cli("roster", "import", tmp_path / "none.csv").exit_code == 2
