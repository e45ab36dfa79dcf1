"""Numbers in a column of times: Unix seconds, days of a spreadsheet, seconds of a recording, or too unsure to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from reid_core.datasets.tables.time_of_day import numbers_of_day
from reid_core.datasets.tables.time_values import (
    DAY,
    SAY,
    Told,
    moment_of_digits,
)
from reid_core.times import FIRST_CLOCK_TIME

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_LIKELY_UNIX = datetime(2000, 1, 1, tzinfo=UTC).timestamp()  # .NET's ticks of today are Unix nanoseconds of 1990
_SKIPPED_HOUR = float("nan")
_MOST = 0.9  # of a column's numbers decide what they are: one slip of the keyboard does not
UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}  # in a second
_SPREADSHEET = datetime(1899, 12, 30)  # day 0 of Excel, LibreOffice and Google Sheets
_SHEET_DAYS = (32_874.0, 73_050.0)  # 1990 to 2099
_LIKELY_SHEET_DAYS = (36_526.0, 51_544.0)  # 2000 to 2040: seconds of a recording are as large
_LONGEST_SPAN = 3_660.0  # days that the pictures of one gallery span
_LONGEST_RECORDING = 100 * DAY
_YEAR = f"is a year to some and seconds to others: {SAY} seconds, or name another column"
_MONTH = f"is a year and a month to some and seconds to others: {SAY} %Y%m or seconds"
_SHORT_DATE = f"is a date to some and seconds to others: write dates as 2026-03-02, or {SAY} seconds"
OF_DAY_ALONE = (
    "is a time of day to some and seconds to others: say --time-format seconds, or name the column of its date with "
    "--column date=…"
)


@dataclass(frozen=True, slots=True)
class ReadTime:
    seconds: float = float("nan")
    way: str = ""
    why: str = ""
    is_clock: bool = True  # and not a time since the start of a recording


NOTHING = ReadTime()


def read_number(one: Told, zone: tzinfo, small: Callable[[float], ReadTime], digits: str) -> ReadTime:
    number = one.number if one.number is not None else -1.0
    if number < 0:
        return ReadTime(why="is negative")
    if (found := moment_of_digits(one)) is not None:
        moment, tells_hours = found
        return ReadTime(timestamp(moment, zone), "dates and times in digits" if tells_hours else "dates, at midnight")
    for unit, scale in UNITS.items():
        if EARLIEST <= number / scale < LATEST:
            if unit == "seconds" and digits:
                return ReadTime(why=f"is a date and time to some and seconds to others: {SAY} {digits} or seconds")
            if number / scale < _LIKELY_UNIX:
                return ReadTime(
                    why=f"would be of {year_of(number / scale)} as Unix {unit}, and may be something else: {SAY} {unit}"
                )
            return ReadTime(number / scale, f"Unix {unit}")
    if number < FIRST_CLOCK_TIME:
        return small(number)
    return ReadTime(why="fits no scale of time between 1990 and 2099")


def small_numbers(told: list[Told], rows: list[int], zone: tzinfo, is_of_dates: bool) -> Callable[[float], ReadTime]:
    """How numbers are read that are no Unix time and no digits of a date: by what nearly all of them are."""
    small = [(one.number, count) for one, count in zip(told, rows, strict=True) if one.number and _is_small(one)]
    most = max((number for number, _ in small), default=0.0)
    why, days = "", _SHEET_DAYS if is_of_dates else _LIKELY_SHEET_DAYS
    if _nearly_all(small, _is_year):
        why = "is a year, which says no day" if is_of_dates else _YEAR
    elif _nearly_all(small, _is_year_and_month):
        why = "is a year and a month, which say no day" if is_of_dates else _MONTH
    elif _nearly_all(small, lambda number: days[0] <= number < days[1]):
        inside = [number for number, _ in small if days[0] <= number < days[1]]
        if not is_of_dates and max(inside) - min(inside) <= _LONGEST_SPAN:
            why = f"is a spreadsheet's day to some and seconds to others: {SAY} excel or seconds"
    elif is_of_dates and small:
        why = "is no date that is known here"
    elif _nearly_all(small, _is_short_date):
        why = _SHORT_DATE
    elif most >= 1 and numbers_of_day([one for one in told if one.number and _is_small(one)]) is not None:
        why = OF_DAY_ALONE
    elif most > _LONGEST_RECORDING:
        why = f"is more seconds than a recording has, and no time since 1970: {SAY} milliseconds, for example"
    is_dated = any(one.moments or (one.number is not None and one.number >= EARLIEST) for one in told)

    def read(number: float) -> ReadTime:
        if why:
            is_stray = why in (_YEAR, _MONTH) and not (_is_year(number) or _is_year_and_month(number))
            return ReadTime(why="stands among years, and is none" if is_stray else why)
        if is_of_dates:
            return of_sheet(number, zone) if number else ReadTime(why="is 0 among dates")
        if not number and is_dated:
            return ReadTime(why="is 0 among dates")
        return ReadTime(number, "seconds since the start of a recording", is_clock=False)

    return read


def _nearly_all(small: list[tuple[float, int]], fits: Callable[[float], bool]) -> bool:
    """Whether nine of ten rows fit; of four and more to nine, all but one."""
    rows = sum(count for _, count in small)
    strays = rows - sum(count for number, count in small if fits(number))
    return rows > 0 and (strays <= rows * (1 - _MOST) or (strays == 1 and rows >= 4))


def _is_year(number: float) -> bool:
    return number == int(number) and 1900 <= number < 2100


def _is_year_and_month(number: float) -> bool:
    year, month = divmod(number, 100)
    return number == int(number) and 1990 <= year < 2100 and 1 <= month <= 12


def _is_small(one: Told) -> bool:
    return one.number is not None and 0 <= one.number < FIRST_CLOCK_TIME and moment_of_digits(one) is None


def what_ten_digits_may_be(told: list[Told]) -> str:
    """The form of dates in which all numbers of ten digits can be read as well as Unix seconds; "" where in none."""
    tens = [one.number for one in told if one.number is not None and 1e9 <= one.number < 1e10]
    for form, written in (("%Y%m%d%H", [ten * 100 for ten in tens]), ("%y%m%d%H%M", [2e11 + ten for ten in tens])):
        if tens and all(moment_of_digits(Told(number=number)) is not None for number in written):
            return form
    return ""


def _is_short_date(number: float) -> bool:
    """260302 (from 2010 on), or 2032026 and 13032026 with the day or the month first."""
    if not 100_101 <= number < 1e8 or number != int(number):
        return False
    text = str(int(number)).zfill(6 if number < 1e6 else 8)
    year, *pairs = (f"20{text[:2]}", text[2:4], text[4:]) if len(text) == 6 else (text[4:], text[:2], text[2:4])
    orders = (pairs,) if len(text) == 6 else (pairs, pairs[::-1])
    return any(moment_of_digits(Told(number=float("".join((year, *order))))) is not None for order in orders)


def of_sheet(days: float, zone: tzinfo) -> ReadTime:
    if not _SHEET_DAYS[0] <= days < _SHEET_DAYS[1]:
        return ReadTime(why="is no day of a spreadsheet between 1990 and 2099")
    moment = _SPREADSHEET + timedelta(milliseconds=round(days * DAY * 1000))
    return ReadTime(timestamp(moment, zone), "a spreadsheet's days since 1899-12-30")


def timestamp(moment: datetime, zone: tzinfo) -> float:
    """Of an hour that a change of the clocks repeats, the first is meant; NaN for one that it skips."""
    if moment.tzinfo:
        return moment.timestamp()
    first, second = (moment.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return _SKIPPED_HOUR if first > second else first


def year_of(seconds: float) -> int:
    return datetime.fromtimestamp(seconds, UTC).year
