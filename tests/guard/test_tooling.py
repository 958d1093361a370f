"""What no linter sees: templates parse, catalogs are whole, locks name no host, lists agree."""

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, meta

from civicprobe.settings import Settings, env_name

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "civicprobe" / "templates"
LOCALES = ("zh_Hans_CN", "en")
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-tools.lock")


def _templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", _templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_parses_and_names_templates_that_exist(path: Path) -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    tree = environment.parse(path.read_text(encoding="utf-8"))
    named = [name for name in meta.find_referenced_templates(tree) if name]
    assert [name for name in named if not (TEMPLATES / name).is_file()] == []


@pytest.fixture(scope="session")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every message that code and templates name, found as `make messages` finds it."""
    pot = tmp_path_factory.mktemp("messages") / "messages.pot"
    options = re.search(r"pybabel -q extract (.*) -o ", (ROOT / "Makefile").read_text())
    assert options
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
    command += [*options[1].split(), "-o", str(pot), "civicprobe"]
    subprocess.run(command, cwd=ROOT, check=True)
    with pot.open("rb") as file:
        return read_po(file)


def _catalog(locale: str) -> Catalog:
    path = ROOT / "civicprobe" / "translations" / locale / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def _keys(catalog: Catalog) -> set[object]:
    return {message.id for message in catalog if message.id}


@pytest.mark.parametrize("locale", LOCALES)
def test_catalog_has_every_message(locale: str, extracted: Catalog) -> None:
    assert sorted(map(str, _keys(extracted) - _keys(_catalog(locale)))) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_catalog_is_translated(locale: str) -> None:
    catalog = _catalog(locale)
    open_ids = [m.id for m in catalog if m.id and (m.fuzzy or not _is_complete(m.string))]
    faults = [(message.id, faults) for message, faults in catalog.check()]
    assert (open_ids, faults) == ([], [])


def _is_complete(text: object) -> bool:
    return all(text) if isinstance(text, (tuple, list)) else bool(text)


def test_catalogs_hold_the_same_messages() -> None:
    first, second = (_keys(_catalog(locale)) for locale in LOCALES)
    assert first == second


@pytest.mark.parametrize("name", [*LOCKS, "package-lock.json", "package.json", ".npmrc"])
def test_lock_names_no_host_and_no_path(name: str) -> None:
    assert re.findall(r".*(?:://|file:|@ ).*", (ROOT / name).read_text()) == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_and_hashes_everything(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    assert [e for e in entries if not re.match(r"[a-z0-9.-]+(\[.*\])?==\S+[^\n]*\\\n", e)] == []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_locks_agree_on_versions() -> None:
    run, dev = (set(re.findall(r"^\S+==.*", (ROOT / name).read_text(), re.M)) for name in LOCKS[:2])
    assert run <= dev


def test_front_end_versions_are_exact() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    assert [v for v in package["dependencies"].values() if not re.fullmatch(r"[\d.]+", v)] == []


def test_env_example_names_every_setting() -> None:
    names = re.findall(r"^# (CIVICPROBE_\w+)=", (ROOT / ".env.example").read_text(), re.M)
    assert names == [env_name(item) for item in fields(Settings)]
