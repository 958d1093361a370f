"""Editions on the command line: out and in again, refused by name, switched."""

import json

import pytest
from click.testing import CliRunner

from civicprobe.cli import main
from civicprobe.grid.areas import TILING, Level
from tests.unit.grid.conftest import LEFT, RIGHT, collection, feature, level_file, toy_map


@pytest.fixture
def cli(tmp_path):
    """Run a command on a folder with tables."""

    def call(*args):
        return CliRunner().invoke(main, [*map(str, args), "--dir", str(tmp_path / "run")])

    assert call("db", "upgrade").exit_code == 0
    return call


@pytest.fixture
def files(tmp_path):
    """The toy map, a file a level."""
    for level in TILING:
        (tmp_path / level.value).write_bytes(level_file(level))
    return tmp_path


def bring(cli, files, edition="2027"):
    for level in TILING:
        answer = cli("grid", "import", files / level.value, "--level", level, "--edition", edition)
        assert answer.exit_code == 0, answer.output


def test_a_map_goes_in_is_activated_and_comes_out_as_it_was(cli, files):
    bring(cli, files)
    answer = cli("grid", "activate", "2027", "--json")
    assert json.loads(answer.stdout) == {
        "edition": "2027",
        "changed": True,
        "undivided": [],
        "micros_without_member": 8,
        "broken_rules": [],
    }
    assert len(list((files / "run" / "editions").iterdir())) == 1, "the map's file is made before"
    assert "it was before" in cli("grid", "activate", "2027").stdout
    target = files / "out"
    answer = cli("grid", "export", "2027", "--level", "micro", "--to", target)
    assert answer.exit_code == 0, answer.output
    given, taken = json.loads(target.read_bytes()), json.loads((files / "micro").read_bytes())
    assert given == taken


def test_a_faulty_file_is_refused_feature_by_feature(cli, files):
    cli("grid", "import", files / "district", "--level", "district", "--edition", "2027")
    one = [feature(area) for area in toy_map() if area.code == LEFT]
    (files / "street").write_bytes(collection(one))
    args = ("grid", "import", files / "street", "--level", "street", "--edition", "2027")
    answer = cli(*args)
    assert answer.exit_code == 1
    assert "fault: feature 0, 510199: gap, size_m2 " in answer.stderr
    assert "1 areas read, 0 written" in answer.stdout
    report = json.loads(cli(*args, "--json").stdout)
    assert report["faults"][0]["params"]["other"] == LEFT


def test_a_file_of_another_datum_names_what_helps(cli, files):
    (files / "street").write_bytes(collection([], crs="EPSG:3857"))
    answer = cli("grid", "import", files / "street", "--level", "street")
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[-1].startswith("civicprobe: refused: map_file_")


def test_a_dry_run_says_what_would_be_and_writes_nothing(cli, files):
    args = ("grid", "import", files / "district", "--level", "district", "--edition", "2027")
    assert "1 areas read, 0 written" in cli(*args, "--dry-run").stdout
    assert "no_edition" in cli("grid", "activate", "2027").stderr


def test_a_map_with_gaps_is_not_activated(cli, files):
    for level in TILING[:3]:
        cli("grid", "import", files / level.value, "--level", level, "--edition", "2027")
    left = [each for each in toy_map() if each.level is Level.GENERAL and each.code[:9] == LEFT]
    (files / "general").write_bytes(collection([feature(area) for area in left]))
    answer = cli("grid", "import", files / "general", "--level", "general", "--edition", "2027")
    assert answer.exit_code == 0, "children may be missing until then"
    answer = cli("grid", "activate", "2027")
    assert answer.exit_code == 1
    assert f"{RIGHT}001: no_children" in answer.stderr


def test_an_empty_level_comes_out_as_an_empty_collection(cli, files):
    bring(cli, files)
    answer = cli("grid", "export", "2027", "--level", "dedicated")
    assert json.loads(answer.stdout) == {"type": "FeatureCollection", "features": []}
