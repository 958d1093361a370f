"""The settings' page says what the settings are."""

from pathlib import Path

from civicprobe.settings import as_markdown

ROOT = Path(__file__).parents[2]


def test_the_page_is_the_settings():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == as_markdown(), "run: civicprobe settings > docs/settings.md"
