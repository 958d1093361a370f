"""Tables as files: CSV that a spreadsheet opens in Chinese, streamed, and never a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from flask import Response, stream_with_context

BOM = "\ufeff"
# What a spreadsheet would take for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def harmless(value: object) -> object:
    """The value as a cell: text that a spreadsheet would run is given a leading apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Lines of a CSV, with a byte order mark, so that Excel reads UTF-8."""
    yield BOM
    for row in rows:
        line = StringIO()
        csv.writer(line).writerow([harmless(value) for value in row])
        yield line.getvalue()


def csv_file(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """The rows as a download of this (ASCII) name, written while it is sent."""
    return Response(
        stream_with_context(csv_lines(rows)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
