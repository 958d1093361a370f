"""How much time is left, or how late it is: in words, and as a share for a bar."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import ngettext

from civicprobe.db import utc_now

SOON = 0.75  # the share of the time at which a desk is warned: that of the clocks' own warning
_UNITS_S = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@dataclass(frozen=True)
class TimeLeft:
    """`used` is the share of the time that is gone, from 0 to 1; `kind` is ok, soon or late."""

    words: str
    used: float
    kind: str


def left(due_at: datetime, since: datetime, now: datetime | None = None) -> TimeLeft:
    """What is left until `due_at` of a time that began at `since`."""
    now = now or utc_now()
    whole_s = max((due_at - since).total_seconds(), 1.0)
    left_s = (due_at - now).total_seconds()
    used = min(max(1 - left_s / whole_s, 0.0), 1.0)
    kind = "late" if left_s <= 0 else "soon" if used >= SOON else "ok"
    return TimeLeft(_late(-left_s) if left_s <= 0 else _in_time(left_s), round(used, 3), kind)


def _in_time(seconds: float) -> str:
    unit, number = _rounded(seconds)
    if unit == "day":
        return str(ngettext("剩 %(num)d 天", "剩 %(num)d 天", number))
    if unit == "hour":
        return str(ngettext("剩 %(num)d 小时", "剩 %(num)d 小时", number))
    return str(ngettext("剩 %(num)d 分钟", "剩 %(num)d 分钟", number))


def _late(seconds: float) -> str:
    unit, number = _rounded(seconds)
    if unit == "day":
        return str(ngettext("超时 %(num)d 天", "超时 %(num)d 天", number))
    if unit == "hour":
        return str(ngettext("超时 %(num)d 小时", "超时 %(num)d 小时", number))
    return str(ngettext("超时 %(num)d 分钟", "超时 %(num)d 分钟", number))


def _rounded(seconds: float) -> tuple[str, int]:
    """The largest unit of which there are two or more, rounded down; minutes at least."""
    for unit, size_s in _UNITS_S:
        if seconds >= 2 * size_s:
            return unit, int(seconds // size_s)
    return "minute", int(seconds // 60)
