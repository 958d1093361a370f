"""What no linter sees: templates parse, catalogs are whole, locks name no host, lists agree."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment, meta

from civicprobe.settings import Settings, env_name
from scripts import messages

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "civicprobe" / "templates"
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-tools.lock")


def _templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", _templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_parses_and_names_templates_that_exist(path: Path) -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    tree = environment.parse(path.read_text(encoding="utf-8"))
    named = [name for name in meta.find_referenced_templates(tree) if name]
    assert [name for name in named if not (TEMPLATES / name).is_file()] == []


def _ids(catalog: Catalog) -> set[str]:
    return {f"{message.context or ''}|{message.id}" for message in catalog if message.id}


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_catalog_has_every_message(locale: str) -> None:
    assert sorted(_ids(messages.named()) - _ids(messages.read(locale))) == []


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_catalog_is_translated(locale: str) -> None:
    catalog = messages.read(locale)
    assert [message.id for message in catalog if messages.is_open(message)] == []
    assert [(message.id, faults) for message, faults in catalog.check()] == []


def test_catalogs_hold_the_same_messages() -> None:
    first, second = (_ids(messages.read(locale)) for locale in messages.LOCALES)
    assert first ^ second == set()


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
