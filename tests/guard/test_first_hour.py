"""What docs/first-hour.md names is there: its files, its commands, and the words on the screen.

That it works is walked through by the slow `tests/browser/test_first_hour.py`.
"""

import re
from pathlib import Path

from civicprobe.administration.registers import REGISTERS
from civicprobe.cli import main
from scripts.messages import read
from tests.browser.hour import read_steps

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "first-hour.md"
STEPS = read_steps(PAGE)


def said(kind: str) -> list[str]:
    return [step.what for step in STEPS if step.kind == kind]


def test_its_files_and_pictures_are_there_and_small():
    files = [ROOT / step.value for step in STEPS if step.value.startswith("docs/")]
    pictures = [PAGE.parent / image for image in said("shown")]
    assert len(files) >= 10
    assert len(pictures) >= 4
    for file in (*files, *pictures):
        assert file.stat().st_size < 60_000, file
    assert {file.name for file in (PAGE.parent / "first-hour").iterdir()} == {f.name for f in files}


def test_its_commands_are_commands():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in said("run"):
        words = line.split()
        if words[0] == "make":
            assert words[1] in targets
        elif words[0] != "export":
            assert words[0] == ".venv/bin/civicprobe"
            assert words[1] in main.commands
            assert words[2] in main.commands[words[1]].commands  # type: ignore[attr-defined]


def test_its_pages_are_pages():
    for path in said("open"):
        key = path.removeprefix("/o/admin/").split("/")[0]
        assert not path.startswith("/o/admin/") or key in REGISTERS, path


def test_its_words_are_on_the_screen():
    """A label, a button or an answer that was renamed is renamed there too."""
    catalog = read("zh_Hans_CN")
    ids = [i for m in catalog for i in (m.id if isinstance(m.id, tuple | list) else [m.id]) if i]
    parts = {part.strip() for text in ids for part in re.split(r"%\(\w+\)[sd]", text)}
    parts = {part for part in parts if len(part) >= 3}
    typed = {step.value for step in STEPS if step.kind == "fill"} | {"照片"}  # the camera's input
    own = (PAGE.parent / "first-hour" / "categories.csv").read_text(encoding="utf-8")
    for words in (*said("press"), *said("see"), *said("fill")):
        there = any(words in text for text in ids) or any(part in words for part in parts)
        assert there or words in typed or words in own, words
