"""The page of the lifecycle says what the table says."""

from pathlib import Path

from civicprobe.reports.lifecycle.page import as_markdown
from civicprobe.reports.lifecycle.table import Action, State

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_the_page_is_the_table():
    page = PAGE.read_text(encoding="utf-8")
    hint = "run: python -m civicprobe.reports.lifecycle.page > docs/lifecycle.md"
    assert page == as_markdown(), hint


def test_every_state_and_action_stands_on_it():
    page = as_markdown()
    assert all(f"| {action} |" in page for action in Action)
    assert all(state.value in page for state in State)
