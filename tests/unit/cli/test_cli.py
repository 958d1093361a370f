"""The command line: help everywhere, a clear line for a fault, an exit status to trust."""

import json

import click
import pytest
from click.testing import CliRunner

from civicprobe.cli import main

DISTRICT = "510113"


def commands(group, path=()):
    yield path
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(command, (*path, name))


@pytest.fixture
def cli(tmp_path):
    """Run a command on a new folder."""

    def call(*args, folder=tmp_path / "run", input=None):
        return CliRunner().invoke(main, [*map(str, args), "--dir", str(folder)], input=input)

    return call


@pytest.fixture
def city(cli):
    """A folder with tables, a made-up district and a desk."""
    assert cli("db", "upgrade").exit_code == 0
    made = cli("grid", "synthesize", "--district", DISTRICT, "--seed", 7)
    assert made.exit_code == 0, made.output
    assert cli("grid", "activate", f"synthetic-{DISTRICT}-7").exit_code == 0
    return cli


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_every_command_explains_itself(path):
    answer = CliRunner().invoke(main, [*path, "--help"])
    assert answer.exit_code == 0
    assert len(answer.output.splitlines()) > 3


def test_the_fixed_commands_are_there():
    names = {" ".join(path) for path in commands(main)}
    assert names >= {
        "demo",
        "grid import",
        "grid synthesize",
        "grid activate",
        "grid locate",
        "account create",
        "token create",
        "audit verify",
        "outbox",
        "outbox replay",
        "report show",
    }


def test_a_folder_without_a_run_is_told_and_left_alone(cli, tmp_path):
    answer = cli("audit", "verify")
    assert answer.exit_code == 1
    assert "there is no run" in answer.stderr
    assert not (tmp_path / "run").exists()


def test_locate_says_where_and_who(city):
    answer = city("grid", "locate", 30.76, 104.31, "--explain", "--json")
    said = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert said["areas"]["district"][0] == DISTRICT
    assert said["synthetic"] is True
    assert said["choice"]["rule"] == "city_desk"
    assert said["choice"]["considered"]


def test_locate_outside_the_map_is_not_a_success(city):
    answer = city("grid", "locate", 39.9, 116.4)
    assert answer.exit_code == 1
    assert "outside" in answer.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("grid", "locate", "91", "104"), "coordinates_out_of_range"),
        (("grid", "activate", "nope"), "no_edition"),
        (("grid", "synthesize", "--district", "999999", "--seed", "1"), "no_district"),
        (("report", "show", "C1"), "number_malformed"),
        (("report", "show", "C8898-6217-3"), "no_report"),
        (("token", "create", "nobody"), "no_account"),
    ],
)
def test_a_fault_is_one_line_and_status_1(city, args, words):
    answer = city(*args)
    assert answer.exit_code == 1
    assert words in answer.stderr
    assert answer.stderr.strip().splitlines()[-1].startswith("civicprobe: refused: ")
    assert "Traceback" not in answer.stderr


def test_accounts_and_tokens(city):
    password = "a long enough one"
    made = city(
        "account", "create", "street-1", "--role", "office", "--area", "510113002",
        input=f"{password}\n{password}\n",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    token = city("token", "create", "street-1").stdout.strip()
    assert len(token) == 43
    assert city("account", "reset", "street-1").stdout.count("-") == 3


def test_an_empty_record_verifies_and_an_empty_outbox_shows(city):
    assert city("audit", "verify", "--json").stdout == '{\n "checked": 0,\n "broken": []\n}\n'
    assert json.loads(city("outbox", "--json").stdout) == {"counts": {}, "failed": []}
    assert "0 rows" in city("outbox", "replay").stdout


def test_a_broken_map_is_refused_by_feature_and_writes_nothing(city, tmp_path):
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature"}]}))
    answer = city("grid", "import", file, "--level", "district", "--edition", "mine")
    assert answer.exit_code == 1
    assert "fault" in answer.stderr
    assert city("grid", "activate", "mine").exit_code == 1


def test_faulty_settings_are_all_named(monkeypatch):
    monkeypatch.setenv("CIVICPROBE_MAX_PIXELS", "few")
    monkeypatch.setenv("CIVICPROBE_TIMEZONE", "Mars/Base")
    answer = CliRunner().invoke(main, ["audit", "verify"])
    assert answer.exit_code == 1
    assert "MAX_PIXELS" in answer.stderr
    assert "TIMEZONE" in answer.stderr
