"""Every code has its words, every drawing its place in the sprite, every page only our files."""

import ast
import gzip
import re
from itertools import combinations_with_replacement
from pathlib import Path
from typing import get_args

import pytest

from civicprobe.catalog.defaults import DEFAULTS
from civicprobe.catalog.tables import UNITS
from civicprobe.grid.areas import Level
from civicprobe.grid.choosing import AimKind, WhyNot
from civicprobe.grid.rules import FAILED
from civicprobe.reports.lifecycle import word_codes, words
from civicprobe.reports.lifecycle.clocks import Lateness, Stage
from civicprobe.reports.lifecycle.commands import Confirm, Ground, Inspect, Marking, SuspendGround
from civicprobe.reports.lifecycle.table import Action, Outcome, Party, Severity, State, Topic
from civicprobe.reports.likeness import REASONS
from civicprobe.reports.pages.case import STAGES
from civicprobe.reports.photo.redaction import Kind
from civicprobe.reports.place import APART
from civicprobe.reports.queue.views import VIEWS
from civicprobe.reports.services.keeping import What
from civicprobe.reports.services.place import BY_HAND
from civicprobe.reports.services.whistle import _LEADS
from civicprobe.reports.sightings import SOURCES

ROOT = Path(__file__).parents[2]
CODE = ROOT / "civicprobe"

TABLES = [
    (words.STATES, State),
    (words.HOLDERS, State),
    (words.OUTCOMES, Outcome),
    (words.OUTCOME_NOTES, set(Outcome) - {Outcome.FIXED, Outcome.WITHDRAWN}),
    (words.CLOSING_NOTES, set(Outcome) - {Outcome.WITHDRAWN}),
    (words.SEVERITIES, Severity),
    (words.PARTIES, Party),
    (words.TOPICS, Topic),
    (words.ACTIONS, Action),
    (words.STEPS, Action),
    (words.GROUNDS, Ground),
    (words.RATINGS, {"satisfied", "unsatisfied"}),
    (word_codes.WHY_NOT, WhyNot),
    (word_codes.RULE_FAILS, FAILED),
    (word_codes.CLOCK_STAGES, Stage),
    (word_codes.LATENESS, Lateness),
    (word_codes.LEVELS, Level),
    (word_codes.STAGES, STAGES),
    (word_codes.HIDDEN, Kind),
    (word_codes.VIEWS, {name for views in VIEWS.values() for name in views}),
]


def literals(file: str, *functions: str) -> set[str]:
    """The codes that stand as text in these functions of a module."""
    tree = ast.parse((CODE / file).read_text(encoding="utf-8"))
    bodies = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in functions
    ]
    assert len(bodies) == len(functions), file
    texts = {
        node.value
        for body in bodies
        for node in ast.walk(body)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", text)}


def said(command, field: str) -> set[str]:
    """The words that a field of a command may hold."""
    return set(get_args(command.model_fields[field].annotation))


TABLES = [
    (words.STATES, State),
    (words.HOLDERS, State),
    (words.OUTCOMES, Outcome),
    (words.OUTCOME_NOTES, set(Outcome) - {Outcome.FIXED, Outcome.WITHDRAWN}),
    (words.CLOSING_NOTES, set(Outcome) - {Outcome.WITHDRAWN}),
    (words.SEVERITIES, Severity),
    (words.PARTIES, Party),
    (words.TOPICS, Topic),
    (words.ACTIONS, Action),
    (words.STEPS, Action),
    (words.GROUNDS, Ground),
    (words.RATINGS, {"satisfied", "unsatisfied"}),
    (words.SUSPEND_GROUNDS, SuspendGround),
    (words.MARKINGS, Marking),
    (words.WHISTLE_STATES, {"called", *(target for _, target in _LEADS.values())}),
    (words.DUE_BECAUSE, literals("reports/proofs.py", "reasons_of")),
    (words.FOUND, said(Inspect, "result") | said(Confirm, "answer")),
    (word_codes.WHY_NOT, WhyNot),
    (word_codes.RULE_FAILS, FAILED),
    (word_codes.AIMS, AimKind),
    (word_codes.CLOCK_STAGES, Stage),
    (word_codes.LATENESS, Lateness),
    (word_codes.LEVELS, Level),
    (word_codes.STAGES, STAGES),
    (word_codes.VIEWS, {name for views in VIEWS.values() for name in views}),
    (word_codes.LIMIT_UNITS, UNITS),
    (word_codes.KEPT, What),
]


@pytest.mark.parametrize(("table", "codes"), TABLES, ids=range(len(TABLES)))
def test_every_code_has_words_and_no_word_is_left_over(table, codes):
    assert {str(code) for code in table} == {str(code) for code in codes}


def test_every_reason_of_a_likeness_and_every_doubt_of_a_proof_has_words():
    assert set(word_codes.LIKENESS) == set(REASONS)
    assert literals("reports/proofs.py", "doubts_of") == set(word_codes.PROOF_DOUBTS)


def test_every_doubt_about_a_place_has_words():
    said = literals("reports/place.py", "_times", "_doubts", "_conflicts", "_elsewhere")
    codes = {code for code in said if "_" in code} | set(APART.values())
    assert codes == set(word_codes.WARNINGS)
    kinds = set(combinations_with_replacement(SOURCES, 2))
    assert set(APART) == kinds - {("pin", "pin"), ("landmark", "landmark")}, "of these one each"


def test_every_reason_to_ask_for_a_place_has_words():
    codes = literals("reports/place.py", "_why_none") | {"no_map", "enrich_failed"}
    assert codes == set(word_codes.ASKED)


def test_every_reason_of_a_choice_has_words():
    assert set(word_codes.REASONS) == {
        code
        for code in literals("grid/choosing.py", "choose", "up", "_member", "_by_rule")
        if code not in {"member", "level", "load", "by_rule"}
    } | {"named_by_desk", "about_us", "ruled_above", *(f"rule_{kind}" for kind in AimKind)}


def test_every_source_of_a_place_has_words():
    assert set(word_codes.SOURCES) == {*SOURCES, BY_HAND}


def test_every_grade_and_rule_has_words():
    assert set(word_codes.GRADES) == set("ABCD")
    rungs = {f"{level}_member" for level in Level} | {f"{level}_desk" for level in Level}
    assert set(word_codes.RULES) <= rungs | {"by_hand", "by_rule", "by_ruling"}


def drawn() -> set[str]:
    return set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/img/icons.svg").read_text()))


def test_every_icon_is_drawn():
    named = {item.icon for item in DEFAULTS}
    for path in (CODE / "templates").rglob("*.html"):
        named |= set(re.findall(r"icon\('([\w-]+)'\)", path.read_text(encoding="utf-8")))
    assert named - drawn() == set()


def test_templates_ask_only_for_tables_that_exist():
    for path in (CODE / "templates").rglob("*.html"):
        for kind in re.findall(r"word\('([\w-]+)'", path.read_text(encoding="utf-8")):
            assert kind in word_codes._TABLES, (path.name, kind)


def test_no_page_carries_inline_style_or_script():
    for path in (CODE / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", text), path.name


def test_style_fits_its_budget():
    sheet = (ROOT / "static/css/civicprobe.css").read_bytes()
    assert len(gzip.compress(sheet)) <= 10_000
