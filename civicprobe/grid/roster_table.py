"""The roster as a table for people's spreadsheets: one line a member, as text.

Pure. A cell that a spreadsheet would take for a formula is written with an apostrophe before it,
which is taken off again when it comes back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.duty import Window
from civicprobe.grid.duty_text import read_quiet, read_week, show_spans, show_week

COLUMNS = ("username", "alias", "kind", "grids", "windows", "quiet", "rests_on_holidays", "cap")
KINDS = frozenset({"part_time", "full_time"})
MOST_ROWS, MOST_FAULTS, MOST_CAP = 30_000, 50, 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TRUTH = {"yes": True, "no": False, "": False}


@dataclass(frozen=True)
class Entry:
    """One member as a line of the table says; `row` is where it stood in a file."""

    username: str
    alias: str
    kind: str
    grids: tuple[str, ...]
    windows: tuple[Window, ...]
    quiet: tuple[tuple[int, int], ...]
    rests_on_holidays: bool
    cap: int | None
    row: int = field(default=0, compare=False)

    def cells(self) -> list[str]:
        """The line, safe to open in a spreadsheet."""
        week = show_week([(each.weekday, each.start, each.end) for each in self.windows])
        values = (
            self.username,
            self.alias,
            self.kind,
            "; ".join(self.grids),
            week,
            show_spans(self.quiet),
            "yes" if self.rests_on_holidays else "no",
            "" if self.cap is None else str(self.cap),
        )
        return [f"'{value}" if value.startswith(_FORMULA) else value for value in values]


def read_entries(rows: Sequence[Sequence[str]], most: int = MOST_ROWS) -> list[Entry]:
    """The members of a table whose first row names the columns, in any order.

    Raises Unprocessable `roster_faulty` naming each fault as `row.column`, the first 50.
    """
    if not rows or set(COLUMNS) - {_plain(cell) for cell in rows[0]}:
        raise Unprocessable("roster_faulty", FieldFault("1", "columns_missing"))
    if len(rows) > most + 1:
        raise Unprocessable("roster_faulty", FieldFault(str(most + 2), "too_many_rows"))
    names = [_plain(cell) for cell in rows[0]]
    entries, faults, seen = [], list[FieldFault](), set[str]()
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {name: _plain(cell) for name, cell in zip(names, row, strict=False)}
        entry, found = _read(cells)
        if entry is not None and entry.username in seen:
            found = [FieldFault("username", "twice")]
        faults += [FieldFault(f"{number}.{item.field}", item.code) for item in found]
        if entry is not None:
            seen.add(entry.username)
            entries.append(replace(entry, row=number))
    if faults:
        raise Unprocessable("roster_faulty", *faults[:MOST_FAULTS], count=len(faults))
    return entries


def _plain(cell: str) -> str:
    text = cell.strip().lstrip("\ufeff")
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _read(cells: Mapping[str, str]) -> tuple[Entry | None, list[FieldFault]]:
    got = {name: cells.get(name, "") for name in COLUMNS}
    faults = [FieldFault(name, code) for name, code in _wrong(got)]
    windows: tuple[Window, ...] = ()
    quiet: tuple[tuple[int, int], ...] = ()
    try:
        windows = read_week(got["windows"])
        quiet = read_quiet(got["quiet"])
    except Unprocessable as fault:
        faults += fault.fields
    if faults:
        return None, faults
    grids = got["grids"].replace("，", ";").replace(",", ";").split(";")
    return Entry(
        got["username"],
        got["alias"],
        got["kind"],
        tuple(sorted({code.strip() for code in grids if code.strip()})),
        windows,
        quiet,
        _TRUTH[got["rests_on_holidays"].lower()],
        int(got["cap"]) if got["cap"] else None,
    ), []


def _wrong(got: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    if not got["username"]:
        yield "username", "missing"
    if not 1 <= len(got["alias"]) <= 20:
        yield "alias", "alias_length"
    if got["kind"] not in KINDS:
        yield "kind", "enum"
    if got["rests_on_holidays"].lower() not in _TRUTH:
        yield "rests_on_holidays", "enum"
    cap = got["cap"]
    if cap and not (cap.isascii() and cap.isdigit() and 1 <= int(cap[:9]) <= MOST_CAP):
        yield "cap", "cap_out_of_range"
