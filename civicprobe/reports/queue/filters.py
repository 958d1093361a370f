"""What a caller asks of a queue: every filter as it stands in a URL, read with suspicion.

Pure. Which rows a filter holds is `queues`' to say.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from civicprobe.accounts.roles import Role
from civicprobe.errors import Invalid
from civicprobe.grid.areas import Level, level_of
from civicprobe.grid.coords import Point
from civicprobe.reports.lifecycle.table import Severity, State
from civicprobe.reports.queue.views import VIEWS, View

GRADES = "ABCD"
MAX_TEXT = 40
MAX_HOURS = 100_000
LEAST_RADIUS_M, USUAL_RADIUS_M, MOST_RADIUS_M = 10, 200, 2_000
NOBODY = "none"


@dataclass(frozen=True)
class Near:
    """Within so many metres of a point."""

    point: Point
    radius_m: int


@dataclass(frozen=True)
class QueueFilter:
    """What the caller asks of a queue; each None or False asks nothing.

    `older_h` and `newer_h` are hours since the report came in; `assignee` is a grid member's
    account, 0 nobody's; `text` is a part of what was written, in Chinese or in pinyin.
    """

    view: str | None = None
    state: State | None = None
    street: str | None = None
    area: str | None = None
    category: str | None = None
    severity: Severity | None = None
    grade: str | None = None
    unit: int | None = None
    assignee: int | None = None
    urgent: bool = False
    overdue: bool = False
    older_h: int | None = None
    newer_h: int | None = None
    text: str | None = None
    near: Near | None = None

    @classmethod
    def read(cls, asked: Mapping[str, str | None]) -> Self:
        """The filter in a URL's words; raises Invalid, a code for each kind of fault."""
        read: dict[str, Any] = {
            name: reader(text) for name, reader in _READERS.items() if (text := asked.get(name))
        }
        return cls(**read)

    def view_of(self, role: Role) -> View | None:
        """The view asked for; raises Invalid `no_such_view` for one that is not the role's."""
        if self.view is None:
            return None
        view = VIEWS.get(role, {}).get(self.view)
        if view is None:
            raise Invalid("no_such_view", view=self.view)
        return view


def _code(text: str) -> str:
    if len(text) > 32:
        raise Invalid("filter_malformed")
    return text


def _area(text: str) -> str:
    if level_of(text) is None:
        raise Invalid("no_such_area", area=text[:32])
    return text


def _one_of(kind: type[StrEnum], code: str) -> Callable[[str], StrEnum]:
    def read(text: str) -> StrEnum:
        try:
            return kind(text)
        except ValueError:
            raise Invalid(code) from None

    return read


def _grade(text: str) -> str:
    if text not in GRADES or len(text) != 1:
        raise Invalid("filter_malformed")
    return text


def _whole(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) > most:
            raise Invalid("filter_malformed")
        return int(text)

    return read


_row_id, _hours = _whole(2**53), _whole(MAX_HOURS)


def _assignee(text: str) -> int:
    return 0 if text == NOBODY else _row_id(text)


def _flag(text: str) -> bool:
    return text not in {"0", "false"}


def _text(text: str) -> str | None:
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if len(plain) > MAX_TEXT:
        raise Invalid("filter_malformed")
    return plain or None


def _near(text: str) -> Near:
    """`lat,lon` or `lat,lon,radius` in WGS-84 degrees and metres."""
    try:
        lat, lon, *rest = (float(part) for part in text.split(","))
        (radius_m,) = rest or (USUAL_RADIUS_M,)
    except ValueError:
        raise Invalid("filter_malformed") from None
    if not all(math.isfinite(part) for part in (lat, lon, radius_m)):
        raise Invalid("coordinates_not_finite")
    if abs(lat) > 85 or abs(lon) > 180:
        raise Invalid("coordinates_out_of_range")
    if not LEAST_RADIUS_M <= radius_m <= MOST_RADIUS_M:
        raise Invalid("radius_out_of_range")
    return Near(Point(lat, lon), round(radius_m))


_READERS: Mapping[str, Callable[[str], object]] = {
    "view": _code,
    "state": _one_of(State, "no_such_state"),
    "street": _code,
    "area": _area,
    "category": _code,
    "severity": _one_of(Severity, "filter_malformed"),
    "grade": _grade,
    "unit": _row_id,
    "assignee": _assignee,
    "urgent": _flag,
    "overdue": _flag,
    "older_h": _hours,
    "newer_h": _hours,
    "text": _text,
    "near": _near,
}
FILTERS = tuple(_READERS)


def level_column(code: str) -> str:
    """The report's column that holds a code of this length."""
    level = level_of(code) or Level.CITY
    return f"{Level.GENERAL if level is Level.DEDICATED else level}_code"
