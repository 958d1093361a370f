"""`docs/lifecycle.md`, drawn from the table of actions. Pure.

`python -m civicprobe.reports.lifecycle.page > docs/lifecycle.md` writes it; a guard test holds it.
"""

import sys
from itertools import product

from civicprobe.reports.lifecycle.table import (
    ROWS,
    Action,
    Facts,
    Outcome,
    Party,
    State,
    Target,
    Transition,
    target_of,
)

HEAD = """# The life of a report
Drawn from `civicprobe/reports/lifecycle/table.py`; do not edit. Rules that need more than the
table's columns stand in the last one: the named checks of `civicprobe/reports/lifecycle/checks.py`.
"""


def as_markdown() -> str:
    """The picture of the moves, then a table of the moves and one of the entries."""
    moves = [row for row in ROWS if row.is_move]
    entries = [row for row in ROWS if not row.is_move]
    parts = [HEAD, _picture(moves), "## Moves", _table(moves, to=True)]
    return "\n".join([*parts, "## Entries", _table(entries, to=False)])


def _picture(moves: list[Transition]) -> str:
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> received: submit"]
    for row in moves:
        if row.action is not Action.SUBMIT:
            lines += [f"    {a} --> {b}: {row.action}" for a, b in sorted(_edges(row))]
    return "\n".join([*lines, "    closed --> [*]", "```", ""])


def _edges(row: Transition) -> set[tuple[State, State]]:
    """Where the move leads from each of its states; undoing leads to anywhere and is left out."""
    if row.target is Target.BEFORE:
        return set()
    kinds = product(row.sources, (True, False), (True, False), (Outcome.FIXED, None))
    return {
        (facts.state, target_of(row, facts))
        for facts in (
            Facts(
                state=state,
                has_unit=sent,
                has_place=placed,
                outcome=outcome,
                primary_closed=state is State.MERGED,
            )
            for state, sent, placed, outcome in kinds
        )
        if facts.state is not None
    }


def _table(rows: list[Transition], *, to: bool) -> str:
    heads = ["action", "by: in", *(["to"] if to else []), "brings", "barred", "only if"]
    lines = ["", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        cells = [
            row.action.value,
            "; ".join(f"{party}: {_states(row, party)}" for party in row.by),
            *([row.target.value] if to else []),
            ", ".join(row.needs),
            ", ".join(sorted(row.bars)),
            ", ".join(row.only_if),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _states(row: Transition, party: Party) -> str:
    states = row.by[party]
    if states == frozenset(State):
        return "any"
    if states == frozenset(State) - {State.CLOSED}:
        return "any open"
    return ", ".join(state for state in State if state in states) or "new"


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
