"""Duty as people write it: `08:00-12:00, 22:00-06:00`, a day by its number, Monday being 1.

Pure. What cannot be read is refused whole, with a code; nothing is guessed.
"""

import re
from collections.abc import Iterable, Sequence

from civicprobe.errors import FieldFault, Unprocessable
from civicprobe.grid.duty import DAY_MINUTES, Window, windows_overlap

MOST_WINDOWS, MOST_QUIET = 28, 4
_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~至]\s*(\d{1,2})[:：](\d{2})")
_BETWEEN = re.compile(r"[,，、;；\s]*")


def read_spans(text: str, field: str) -> list[tuple[int, int]]:
    """Spans of a day in minutes; raises Unprocessable (`field`: `spans_malformed`)."""
    spans, rest = [], text.strip()
    while rest:
        found = _SPAN.match(rest)
        if found is None:
            raise Unprocessable("incomplete", FieldFault(field, "spans_malformed"))
        spans.append((_minute(found[1], found[2], field), _minute(found[3], found[4], field)))
        rest = rest[found.end() :]
        rest = rest[_end_of_gap(rest) :]
    return spans


def show_spans(spans: Iterable[Sequence[int]]) -> str:
    """The same, as people write it."""
    return ", ".join(f"{show_minute(start)}-{show_minute(end)}" for start, end in spans)


def show_minute(minute: int) -> str:
    """`08:30` for 510."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def read_week(text: str, field: str = "windows") -> tuple[Window, ...]:
    """A week such as `1 08:00-12:00; 5 22:00-06:00`; raises Unprocessable (`field`)."""
    days: dict[int, str] = {}
    for part in filter(None, (each.strip() for each in re.split(r"[;；]", text))):
        day, _, spans = part.partition(" ")
        if day not in "1234567" or len(day) != 1 or not spans or int(day) in days:
            raise Unprocessable("incomplete", FieldFault(field, "spans_malformed"))
        days[int(day)] = spans
    return week_of({day - 1: spans for day, spans in days.items()}, field)


def week_of(days: dict[int, str], field: str = "windows") -> tuple[Window, ...]:
    """Windows from the text of each weekday (0 is Monday); raises Unprocessable (`field`)."""
    windows = tuple(
        Window(day, *span) for day, text in sorted(days.items()) for span in read_spans(text, field)
    )
    if len(windows) > MOST_WINDOWS:
        raise Unprocessable("incomplete", FieldFault(field, "too_many_spans"))
    if windows_overlap(windows):
        raise Unprocessable("incomplete", FieldFault(field, "spans_overlap"))
    return windows


def read_quiet(text: str, field: str = "quiet") -> tuple[tuple[int, int], ...]:
    """Quiet hours of every day; raises Unprocessable (`field`)."""
    spans = tuple(read_spans(text, field))
    if len(spans) > MOST_QUIET:
        raise Unprocessable("incomplete", FieldFault(field, "too_many_spans"))
    return spans


def show_week(windows: Iterable[Sequence[int]]) -> str:
    """`1 08:00-12:00; 5 22:00-06:00`."""
    days: dict[int, list[Sequence[int]]] = {}
    for day, *span in windows:
        days.setdefault(day, []).append(span)
    return "; ".join(f"{day + 1} {show_spans(spans)}" for day, spans in sorted(days.items()))


def _minute(hour: str, minute: str, field: str) -> int:
    if int(hour) > 24 or int(minute) > 59 or (int(hour) == 24 and int(minute) > 0):
        raise Unprocessable("incomplete", FieldFault(field, "spans_malformed"))
    return (int(hour) * 60 + int(minute)) % DAY_MINUTES


def _end_of_gap(text: str) -> int:
    found = _BETWEEN.match(text)
    return found.end() if found else 0
