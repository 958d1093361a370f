"""The city's working time: which days are worked, between which hours, and what is known of it.

Pure. Statutory holidays and make-up days (调休) come from `chinesecalendar`, which ends with the
year that the State Council last announced; past it Monday to Friday hold, and the days an office
has imported, and whatever rests on a guess says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

# All of China keeps one time; it has had no summer time since 1991.
CITY_ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
NOTHING = timedelta(0)
# 成都市机关作息: 9 to 12 and 13 to 17. Data of a city, not a law; a deployment sets its own.
OFFICE_HOURS = ((time(9), time(12)), (time(13), time(17)))
_ANNOUNCED = range(min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year + 1)
MOST_DAYS = 3_660


@dataclass(frozen=True)
class Calendar:
    """Working days and hours on the city's clock; `own` are days an office set: True is worked."""

    zone: ZoneInfo
    hours: tuple[tuple[time, time], ...] = OFFICE_HOURS
    own: Mapping[date, bool] = field(default_factory=dict)

    def is_worked(self, day: date) -> bool:
        """Whether people work that day."""
        if day in self.own:
            return self.own[day]
        if day.year in _ANNOUNCED:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5

    def is_holiday(self, day: date) -> bool:
        """Whether it is a free day beyond the ordinary week: a festival, or one the office set."""
        if day in self.own:
            return not self.own[day]
        if day.year not in _ANNOUNCED:
            return False
        free, festival = chinese_calendar.get_holiday_detail(day)
        return bool(free and festival)

    def is_known(self, day: date) -> bool:
        """Whether that is announced or imported, and not merely assumed."""
        return day.year in _ANNOUNCED or any(own.year == day.year for own in self.own)

    def knows(self, start: datetime, end: datetime) -> bool:
        """Whether every day from `start` to `end` is known."""
        first, last = self._day(start), self._day(end)
        years = range(first.year, last.year + 1)
        return all(self.is_known(date(year, 1, 1)) for year in years)

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two moments; nothing when `end` is not after `start`."""
        if end <= start:
            return NOTHING
        total = NOTHING
        for opens, closes in self._openings(self._day(start)):
            if opens >= end:
                return total
            total += max(NOTHING, min(end, closes) - max(start, opens))
        raise OverflowError("more than ten years of working time")

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The first moment by which `span` of working time has passed since `start`."""
        left = span
        if left <= NOTHING:
            return start
        for opens, closes in self._openings(self._day(start)):
            begin = max(start, opens)
            if begin < closes and left <= closes - begin:
                return begin + left
            left -= max(NOTHING, closes - begin)
        raise OverflowError("more than ten years of working time")

    def closing(self, start: datetime, days: int) -> datetime:
        """The end of office hours on the n-th working day after the day of `start`.

        The first day is not counted and the last ends with business (Civil Code, art. 201, 203).
        """
        day, left = self._day(start), days
        for _ in range(MOST_DAYS):
            day += DAY
            left -= self.is_worked(day)
            if left == 0:
                return self._at(day, self.hours[-1][1])
        raise OverflowError("more than ten years of working days")

    def _openings(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        for _ in range(MOST_DAYS):
            if self.is_worked(day):
                for opens, closes in self.hours:
                    yield self._at(day, opens), self._at(day, closes)
            day += DAY

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.zone).astimezone(UTC)
