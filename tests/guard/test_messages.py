"""Every code that is raised has a sentence for people."""

import ast
from pathlib import Path

from civicprobe import errors
from civicprobe.reports.lifecycle.checks import CHECKS
from civicprobe.web.messages import TITLES
from civicprobe.web.problem import CODES

CODE = Path(__file__).parents[2] / "civicprobe"
KINDS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.Fault)
} | {"StorageDown", "Damaged", "Refusal"}
# Raised to those who run the command line, which prints code and parameters.
FOR_OPERATORS = {"grid", "demo", "cli"}


def raised() -> set[str]:
    codes = set()
    for path in CODE.rglob("*.py"):
        told = path.name in {"api.py", "pages.py", "coords.py", "city.py"}
        if path.relative_to(CODE).parts[0] in FOR_OPERATORS and not told:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KINDS and node.args:
                first = node.args[0]
                codes |= {first.value} if isinstance(first, ast.Constant) else set()
    return {code for code in codes if isinstance(code, str)}


def test_every_code_has_words():
    assert sorted((raised() | set(CHECKS) | set(CODES.values())) - set(TITLES)) == []
