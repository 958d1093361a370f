"""Tables as CSV: read with every fault named by line, written so that they can be read again."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

from civicprobe.errors import FieldFault, Invalid, Unprocessable

MOST_ROWS = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = Mapping[str, str]


def read_table(text: str, columns: Sequence[str]) -> list[Row]:
    """The rows of a CSV table with these columns; raises Invalid `table_malformed`."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), strict=True)
    try:
        rows: list[Row] = [{k: _plain(v or "") for k, v in row.items() if k} for row in reader]
    except (csv.Error, AttributeError):
        raise Invalid("table_malformed") from None
    missing = set(columns) - set(reader.fieldnames or ())
    if missing or not rows or len(rows) > MOST_ROWS:
        raise Invalid("table_malformed", missing=", ".join(sorted(missing)), most=MOST_ROWS)
    return rows


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def check_rows(rows: Sequence[Row], check: Callable[[Row], str | None]) -> None:
    """Raises Unprocessable with every fault by line; the heading is line 1."""
    faults = [
        FieldFault(f"{line}.{column}", "not_allowed")
        for line, row in enumerate(rows, start=2)
        if (column := check(row))
    ]
    if faults:
        raise Unprocessable("incomplete", *faults)


def write_table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A table that can be read in again; what a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        cells = (row.get(name, "") for name in columns)
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue()
