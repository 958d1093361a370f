"""The tables of the page as rows for a file: headings first, the same numbers as on the page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask_babel import gettext

from civicprobe.stats.words import DAY_NAMES, STAGE_NAMES, name_age

Board = Mapping[str, Any]
Row = list[object]


def _percent(share: float | None) -> object:
    return "" if share is None else round(share * 100, 1)


def _funnel(board: Board) -> Iterator[Row]:
    yield [
        gettext("阶段"),
        gettext("件数"),
        gettext("占上一阶段（％）"),
        gettext("中位用时（小时）"),
    ]
    for row in board["figures"].funnel:
        hours = "" if row.median_h is None else row.median_h
        yield [str(STAGE_NAMES[row.stage]), row.n, _percent(row.of_before), hours]


def _weeks(board: Board) -> Iterator[Row]:
    yield [gettext("周"), gettext("已结案"), gettext("按时"), gettext("按时率（％）")]
    for row in board["figures"].weeks:
        share = row.on_time / row.judged if row.judged else None
        yield [row.week, row.judged, row.on_time, _percent(share)]


def _ages(board: Board) -> Iterator[Row]:
    yield [gettext("已开多久"), gettext("承办单位"), gettext("件数")]
    for age, by_unit in board["figures"].ages:
        for unit, n in by_unit.items():
            named = board["units"].get(unit)
            yield [name_age(age), named.name if named else "", n]


def _hours(board: Board) -> Iterator[Row]:
    yield [gettext("星期"), *range(24)]
    for day, row in enumerate(board["figures"].hours):
        yield [str(DAY_NAMES[day]), *row]


def _areas(board: Board) -> Iterator[Row]:
    yield [gettext("区域"), gettext("代码"), gettext("件数")]
    for code, n in board["figures"].areas:
        yield [board["names"].get(code, ""), code, f"<{board['least']}" if n is None else n]


def _units(board: Board) -> Iterator[Row]:
    yield [
        gettext("承办单位"),
        gettext("承办"),
        gettext("已结案"),
        gettext("按时"),
        gettext("按时率下限（％）"),
        gettext("按时率上限（％）"),
        gettext("处置中位（小时）"),
        gettext("退单"),
        gettext("返工"),
    ]
    for row in board["figures"].units:
        named = board["units"].get(row.unit)
        low, high = row.share or (None, None)
        yield [
            named.name if named else row.unit,
            row.sent,
            row.judged,
            row.on_time,
            _percent(low),
            _percent(high),
            "" if row.median_h is None else row.median_h,
            row.returned,
            row.reworked,
        ]


def _grades(board: Board) -> Iterator[Row]:
    yield [gettext("定位等级"), gettext("件数")]
    yield from ([grade, n] for grade, n in board["figures"].grades)


def _spots(board: Board) -> Iterator[Row]:
    yield [gettext("类别"), gettext("件数"), "lat_wgs84", "lon_wgs84", gettext("最近一次")]
    for spot in board["figures"].spots:
        named = board["categories"].get(spot.category)
        name = named.name if named else spot.category
        yield [name, spot.n, round(spot.lat, 5), round(spot.lon, 5), spot.last_at.isoformat()]


TABLES: Mapping[str, Callable[[Board], Iterator[Row]]] = {
    "funnel": _funnel,
    "week": _weeks,
    "age": _ages,
    "hour": _hours,
    "area": _areas,
    "unit": _units,
    "grade": _grades,
    "spot": _spots,
}
