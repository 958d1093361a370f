"""Reads a page of documentation as a person does: commands, who, where, what to fill in, what to
press, what to see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What a sentence may say, and a line of a table; everything else is prose.
_SAID = re.compile(
    r"(?P<who>As `(?P<name>[\w-]+)`)"
    r"|(?P<open>[Oo]pen `(?P<path>/[^`]*)`)"
    r"|(?P<press>[Pp]ress \*\*(?P<button>.+?)\*\*)"
    r"|(?P<see>see “(?P<words>.+?)”)"
    r"|(?P<fill>^\| (?P<field>[^|]+?) \| (?P<value>[^|]+?) \|$)"
    r"|(?P<run>^```sh\n(?P<lines>.+?)^```$)"
    r"|(?P<part>^## (?P<title>[^\n]+)$)"
    r"|(?P<shown>^!\[[^\]]*\]\((?P<image>[^)]+)\)$)",
    re.MULTILINE | re.DOTALL,
)
_WHAT = {
    "who": "name",
    "open": "path",
    "press": "button",
    "see": "words",
    "fill": "field",
    "run": "lines",
    "part": "title",
    "shown": "image",
}


@dataclass(frozen=True)
class Step:
    """One thing to do: its kind and what it is about."""

    kind: str
    what: str
    value: str = ""


def read_steps(page: Path) -> list[Step]:
    """Every step of a page, in its order."""
    return list(_steps(page.read_text(encoding="utf-8")))


def _steps(text: str) -> Iterator[Step]:
    for found in _SAID.finditer(text):
        kind = next(kind for kind in _WHAT if found[kind])
        if kind == "run":
            yield from (Step(kind, line) for line in found["lines"].splitlines() if line)
        elif found[_WHAT[kind]] != "field":  # the heading of a table
            yield Step(kind, found[_WHAT[kind]], found["value"] or "")
