"""The command line: help everywhere, a clear line for a fault, an exit status to trust."""

import json

import click
import pytest
from click.testing import CliRunner

from civicprobe.cli import main
from civicprobe.cli.edge import working
from civicprobe.db import utc_now
from civicprobe.outbox import write

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
    assert f"  civicprobe {' '.join(path)}".rstrip() in answer.output, "it shows an example"


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


def test_an_environment_without_a_database_is_told_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("CIVICPROBE_VAR_DIR", str(tmp_path / "none"))
    answer = CliRunner().invoke(main, ["audit", "verify"])
    assert answer.exit_code == 1
    assert "civicprobe db upgrade" in answer.stderr
    assert not (tmp_path / "none").exists()


def test_a_database_without_tables_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("CIVICPROBE_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.setenv("CIVICPROBE_VAR_DIR", str(tmp_path))
    (tmp_path / "empty.db").touch()
    answer = CliRunner().invoke(main, ["outbox"])
    assert answer.exit_code == 1
    assert answer.stderr.count("\n") == 1
    assert "no such table" in answer.stderr
    assert "civicprobe db upgrade" in answer.stderr


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    answer = CliRunner().invoke(main, ["demo", "--dir", str(tmp_path / "file" / "run")])
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"civicprobe: {tmp_path}")


def test_programs_read_json(city):
    again = json.loads(city("grid", "activate", f"synthetic-{DISTRICT}-7", "--json").stdout)
    assert again["changed"] is False
    assert again["micros_without_member"] > 3000
    assert len(again["undivided"]) == 19
    args = ("--role", "office", "--area", DISTRICT, "--password", "a long enough one", "--json")
    assert json.loads(city("account", "create", "desk-1", *args).stdout)["name"] == "desk-1"
    assert len(json.loads(city("token", "create", "desk-1", "--json").stdout)["token"]) == 43
    assert json.loads(city("outbox", "replay", "--json").stdout) == {"replayed": 0}
    assert json.loads(city("stats", "rebuild", "--json").stdout) == {"reports": 0}


def test_failed_work_is_no_success_and_can_be_sent_again(city, tmp_path):
    with working(tmp_path / "run") as (session, _settings):
        write(session, "enrich", now=utc_now(), report_id=1).state = "failed"
        session.commit()
    answer = city("outbox")
    assert answer.exit_code == 1
    assert "civicprobe outbox replay" in answer.stderr
    assert "1 rows" in city("outbox", "replay").stdout
    assert city("outbox").exit_code == 0


def test_locate_says_where_and_who(city):
    answer = city("grid", "locate", 30.76, 104.31, "--explain", "--json")
    said = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert said["areas"]["district"][0] == DISTRICT
    assert said["synthetic"] is True
    assert said["choice"]["rule"] == "city_desk"
    assert said["choice"]["considered"]


def test_locate_explains_to_people_for_any_time_and_category(city):
    asked = ("grid", "locate", 30.76, 104.31, "--explain", "--radius", 60)
    answer = city(*asked, "--at", "2026-12-01T22:30", "--category", "rubbish", "--urgent")
    assert answer.exit_code == 0
    assert "goes to city_desk at 510100: city_desk_last" in answer.stdout
    assert "not street at" in answer.stdout
    assert ": no_desk" in answer.stdout
    assert "None" not in answer.stdout
    assert city(*asked, "--category", "dragons").exit_code == 2
    assert city(*asked, "--at", "soon").exit_code == 2


def test_locate_outside_the_map_is_not_a_success(city):
    answer = city("grid", "locate", 39.9, 116.4)
    assert answer.exit_code == 1
    assert "outside" in answer.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("grid", "synthesize", "--district", DISTRICT, "--seed", "7"), "name another"),
        (("grid", "locate", "91", "104"), "coordinates_out_of_range"),
        (("grid", "activate", "nope"), "civicprobe grid synthesize"),
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
    assert city("audit", "verify", "--json").stdout == (
        '{\n "checked": 0,\n "broken": [],\n "seal_faults": [],\n "last_seal": null\n}\n'
    )
    assert json.loads(city("outbox", "--json").stdout) == {"counts": {}, "failed": []}
    assert "0 rows" in city("outbox", "replay").stdout


def test_a_broken_map_is_refused_by_feature_and_writes_nothing(city, tmp_path):
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature"}]}))
    answer = city("grid", "import", file, "--level", "district", "--edition", "mine")
    assert answer.exit_code == 1
    assert "fault" in answer.stderr
    assert city("grid", "activate", "mine").exit_code == 1


def test_settings_are_listed_and_checked(monkeypatch):
    assert "CIVICPROBE_MAX_PIXELS" in CliRunner().invoke(main, ["settings"]).stdout
    assert CliRunner().invoke(main, ["settings", "--check"]).exit_code == 0
    monkeypatch.setenv("CIVICPROBE_MAX_PIXEL", "60000000")
    answer = CliRunner().invoke(main, ["settings", "--check"])
    assert answer.exit_code == 1
    assert "CIVICPROBE_MAX_PIXEL is not a setting" in answer.stderr


def test_faulty_settings_are_all_named(monkeypatch):
    monkeypatch.setenv("CIVICPROBE_MAX_PIXELS", "few")
    monkeypatch.setenv("CIVICPROBE_TIMEZONE", "Mars/Base")
    answer = CliRunner().invoke(main, ["audit", "verify"])
    assert answer.exit_code == 1
    assert "MAX_PIXELS" in answer.stderr
    assert "TIMEZONE" in answer.stderr
