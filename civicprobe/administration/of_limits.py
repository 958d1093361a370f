"""Registers of time limits and of calendar days."""

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext, lazy_pgettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from civicprobe.administration.of_catalog import category_choices, is_city, table_file
from civicprobe.administration.register import (
    Ask,
    Choices,
    Deed,
    Field,
    Line,
    Register,
    Said,
    Values,
)
from civicprobe.catalog import tables
from civicprobe.catalog.calendars import CITY_ZONE
from civicprobe.catalog.csv_file import Row
from civicprobe.catalog.limits import city_calendar
from civicprobe.catalog.models import CalendarDay
from civicprobe.errors import NotFound
from civicprobe.reports.lifecycle.word_codes import word
from civicprobe.reports.models import Clock
from civicprobe.reports.pages.parts import exact_moment, weekday

MOST_DAYS_SHOWN = 400

# Limits


def _severities(_ask: Ask) -> Choices:
    return [(code, word("severity", code)) for code in tables.SEVERITIES if code]


def _stages(_ask: Ask) -> Choices:
    return [(code, word("clock", code)) for code in tables.STAGES]


def _units(_ask: Ask) -> Choices:
    return [(code, word("limit_unit", code)) for code in tables.UNITS]


def _amount(number: int, unit: str) -> str:
    words: dict[str, str] = {
        "clock_minute": ngettext("%(num)s 分钟", "%(num)s 分钟", number),
        "clock_hour": ngettext("%(num)s 小时", "%(num)s 小时", number),
        "working_hour": ngettext("%(num)s 工作时", "%(num)s 工作时", number),
        "working_day": ngettext("%(num)s 工作日", "%(num)s 工作日", number),
    }
    return words[unit]


def _limit_lines(ask: Ask, named: str, _first: int) -> list[Line]:
    names = dict(category_choices(ask))
    lines = []
    for row in tables.list_limits(ask.session):
        if named and row.category_code != named:
            continue
        of = names.get(row.category_code or "", row.category_code) or gettext("任何类别")
        grade = word("severity", row.severity) if row.severity else gettext("任何程度")
        amount = _amount(row.amount, row.unit)
        cells = (word("clock", row.stage), of, grade, amount, row.source, exact_moment(row.since))
        lines.append(Line(tables.limit_key(tables.limit_row(row)), cells))
    order = {words: at for at, (_code, words) in enumerate(_stages(ask))}
    return sorted(lines, key=lambda line: order[line.cells[0]])


def _find_limit(ask: Ask, key: str) -> Values:
    rows = (tables.limit_row(row) for row in tables.list_limits(ask.session))
    found = next((row for row in rows if tables.limit_key(row) == key), None)
    if found is None:
        raise NotFound("no_such_page")
    return found


def _save_limit(ask: Ask, key: str | None, values: Values) -> tuple[str, Said]:
    whose = dict(zip(("stage", "category", "severity"), key.split(":"), strict=True)) if key else {}
    row = {**values, **whose}
    tables.set_limits(ask.session, [row], by=ask.by, now=ask.now)
    return tables.limit_key(row), Said(gettext("时限已保存，在办案件的到期时间会重算"))


def _end_limit(ask: Ask, key: str) -> Said:
    tables.end_limit(ask.session, key, by=ask.by, now=ask.now)
    return Said(gettext("这条时限不再有效，在办案件的到期时间会重算"))


def _limit_rows(ask: Ask) -> list[Row]:
    return [tables.limit_row(row) for row in tables.list_limits(ask.session)]


LIMITS = Register(
    key="limits",
    icon="clock",
    title=lazy_pgettext("register", "时限"),
    help=_l("每一步最多用多久。先看严重程度，再看类别，最后看通用的；每条都写明依据。"),
    columns=(_l("环节"), _l("类别"), _l("严重程度"), _l("多少"), _l("来源"), _l("起于")),
    lines=_limit_lines,
    find=_find_limit,
    audit="limit.",
    fields=(
        Field("stage", _l("环节"), "select", required=True, fixed=True, choices=_stages),
        Field(
            "category",
            _l("类别"),
            "select",
            fixed=True,
            choices=category_choices,
            hint=_l("不选就是任何类别。"),
        ),
        Field(
            "severity",
            _l("严重程度"),
            "select",
            fixed=True,
            choices=_severities,
            hint=_l("不选就是任何程度。"),
        ),
        Field("amount", _l("多少"), "number", 4, required=True),
        Field("unit", _l("单位"), "select", required=True, choices=_units, value="working_hour"),
        Field("source", _l("来源（哪个标准、哪个文件）"), required=True),
    ),
    save=_save_limit,
    deeds=(
        Deed(
            "end",
            _l("取消这条时限"),
            "cross",
            _end_limit,
            warning=_l("取消后由更通用的时限管。"),
            shown=lambda _ask, v: bool(v.get("category") or v.get("severity")),
        ),
    ),
    file=table_file(tables.LIMITS, _limit_rows, tables.import_limits),
    may_change=is_city,
)

# Days


def _days(ask: Ask) -> Sequence[CalendarDay]:
    wanted = select(CalendarDay).order_by(CalendarDay.day.desc()).limit(MOST_DAYS_SHOWN)
    return ask.session.scalars(wanted).all()


def _day_words(worked: bool) -> str:
    return str(gettext("上班")) if worked else str(gettext("休息"))


def _day_lines(ask: Ask, _named: str, _first: int) -> list[Line]:
    return [
        Line(
            str(row.day),
            (
                str(row.day),
                weekday(row.day.weekday()),
                _day_words(row.worked),
                exact_moment(row.set_at),
            ),
        )
        for row in _days(ask)
    ]


def _read_day(key: str) -> date:
    try:
        return date.fromisoformat(key)
    except ValueError:
        raise NotFound("no_such_page") from None


def _find_day(ask: Ask, key: str) -> Values:
    row = ask.session.get(CalendarDay, _read_day(key))
    if row is None:
        raise NotFound("no_such_page")
    return {"day": key, "worked": "1" if row.worked else "0"}


def _save_day(ask: Ask, key: str | None, values: Values) -> tuple[str, Said]:
    row = {**values, "day": key or values["day"]}
    tables.set_days(ask.session, [row], by=ask.by, now=ask.now)
    return row["day"], Said(gettext("%(day)s 已保存，在办案件的到期时间会重算", day=row["day"]))


def _forget_day(ask: Ask, key: str) -> Said:
    tables.forget_day(ask.session, _read_day(key), by=ask.by, now=ask.now)
    return Said(gettext("%(day)s 又按公布的日历", day=key))


def _about_days(ask: Ask) -> list[str]:
    """Which years are announced or imported, and how many running clocks rest on a guess."""
    calendar, today = city_calendar(ask.session), ask.now.astimezone(CITY_ZONE).date()
    years = range(today.year, today.year + 3)
    known = [str(year) for year in years if calendar.is_known(date(year, 1, 1))]
    guessed = [str(year) for year in years if str(year) not in known]
    said = [gettext("已知的年份：%(years)s。", years="、".join(known) or "–")]
    running = (Clock.ended_at.is_(None), Clock.provisional)
    clocks = ask.session.scalar(select(func.count()).select_from(Clock).where(*running)) or 0
    said.append(
        gettext(
            "%(years)s 年还没公布，周一到周五算上班，到期时间是暂定的；现有 %(num)d 个暂定。",
            years="、".join(guessed),
            num=clocks,
        )
    )
    return said


DAYS = Register(
    key="calendar",
    icon="clock",
    title=lazy_pgettext("register", "工作日历"),
    help=_l("法定节假日和调休已经自带；这里写本市另外的安排，或导入新一年公布的日子。"),
    columns=(_l("日期"), _l("星期"), _l("上班还是休息"), _l("设定于")),
    lines=_day_lines,
    find=_find_day,
    audit="day.",
    fields=(
        Field("day", _l("日期"), "date", 10, required=True, fixed=True),
        Field(
            "worked",
            _l("上班还是休息"),
            "select",
            required=True,
            value="0",
            choices=lambda _ask: [("0", _day_words(False)), ("1", _day_words(True))],
        ),
    ),
    save=_save_day,
    deeds=(Deed("end", _l("改回公布的日历"), "again", _forget_day),),
    file=table_file(
        tables.DAYS,
        lambda ask: [
            {"day": str(r.day), "worked": "1" if r.worked else "0"} for r in reversed(_days(ask))
        ],
        tables.import_days,
    ),
    may_change=is_city,
    about=_about_days,
)
