"""A column of times as seconds: what its values may mean is decided by all of them, and never guessed in silence.

A value whose time cannot be told costs that time and nothing more. How the column was read is said in words.
"""

from __future__ import annotations

import math
import time as clocks
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from reid_core.datasets.tables.time_values import (
    DAY_FIRST,
    MONTH_FIRST,
    YEAR_FIRST,
    Told,
    moment_of_digits,
    read_value,
    time_of_day,
)
from reid_core.errors import shown
from reid_core.records import FIRST_CLOCK_TIME, format_time

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
DAY = 86_400.0  # seconds
_LIKELY_UNIX = datetime(2000, 1, 1, tzinfo=UTC).timestamp()  # .NET's ticks of today are Unix nanoseconds of 1990
_AHEAD = 7 * DAY  # that a camera's clock may be ahead
_SKIPPED_HOUR = float("nan")
_MOST = 0.9  # of a column's numbers decide what they are: one slip of the keyboard does not
UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}  # in a second
DATE_NAMES = ("day", "datum", "fecha", "jour", "dia", "tag", "year", "jahr", "zeitpunkt")  # and all with "date" in them
_SPREADSHEET = datetime(1899, 12, 30)  # day 0 of Excel, LibreOffice and Google Sheets
_SHEET_DAYS = (32_874.0, 73_050.0)  # 1990 to 2099
_LIKELY_SHEET_DAYS = (36_526.0, 51_544.0)  # 2000 to 2040: seconds of a recording are as large
_LONGEST_SPAN = 3_660.0  # days that the pictures of one gallery span
_LONGEST_RECORDING = 100 * DAY
_SAY = "say which with --time-format"
_YEAR = f"is a year to some and seconds to others: {_SAY} seconds, or name another column"
_MONTH = f"is a year and a month to some and seconds to others: {_SAY} %Y%m or seconds"
_OF_DAY = f"is a time of day to some and seconds to others: {_SAY} '%Y-%m-%d %H%M%S', with the date as it is"
_OF_DAY_SHORT = _OF_DAY.replace("%H%M%S", "%H%M")
_SHORT_DATE = f"is a date to some and seconds to others: write dates as 2026-03-02, or {_SAY} seconds"
_OF_DAY_ALONE = (
    "is a time of day to some and seconds to others: say --time-format seconds, or name the column of its date with "
    "--column date=…"
)
_ORDER = (
    f"has the day or the month first, and no date of the column tells: {_SAY} '%d/%m/%Y …' or '%m/%d/%Y …', where … is "
    "the time as it is written: %H:%M:%S, or %I:%M %p"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A time that is there and not known: the cell as it is shown, and why: "lies before 1990"."""

    value: str
    why: str


@dataclass(frozen=True)
class Times:
    """`seconds` as in `Records`, NaN where unknown; `problems` by row; `readings` says how the others were read, with
    an example of each: "Unix milliseconds ('1772439091123' is 2026-03-02T08:11:31Z)".
    """

    seconds: list[float]
    problems: dict[int, Problem]
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    seconds: float = float("nan")
    way: str = ""
    why: str = ""
    is_clock: bool = True  # and not a time since the start of a recording


_NOTHING = _Read()
_Way = Callable[[object, Told], "_Read"]


def read_times(values: Sequence[object], zone: tzinfo, *, form: str | None = None, column: str = "") -> Times:
    """The times of a column called `column`; `form` says how they are written, where it is known.

    `form` is "seconds", "milliseconds", "microseconds", "nanoseconds" (since 1970, or since a recording's start),
    "excel" (days), or a pattern of `strptime`. Times without a zone are in `zone`.
    """
    told = {key: read_value(value) for key, value in {_key(value): value for value in values}.items()}
    if form:
        return _read_all(values, told, _by_form(form, zone), LATEST)
    counts = Counter(map(_key, values))
    rows = [counts[key] for key in told]
    way = _by_column(list(told.values()), rows, zone, _is_of_dates(column))
    return _read_all(values, told, way, _latest())


def read_dates_and_times(dates: Sequence[object], times: Sequence[object], zone: tzinfo, form: str | None) -> Times:
    """The times of two columns, of which one holds the day and the other the time of day; see `reads_of_day`."""
    pairs = list(zip(dates, times, strict=True))
    empty = {key for key in {*map(_key, dates), *map(_key, times)} if read_value(key[1]).is_empty}
    lacks = [(_key(day) in empty) + (_key(time) in empty) for day, time in pairs]
    width = 6 if "%H%M%S" in (form or "") else 4 if "%H%M" in (form or "") else 0  # spreadsheets eat zeros: 80101
    written = [f"{_written(day)} {_padded(_written(time), width)}".strip() for day, time in pairs]
    if form:
        return read_times([None if gap else text for text, gap in zip(written, lacks, strict=True)], zone, form=form)
    days, clock, unsure = read_times(dates, UTC, column="date"), _clock(times), _why_unsure(times)
    of_days = days.readings[0].partition(" (")[0].removesuffix(", at midnight") if days.readings else "dates"
    way = f"{of_days} and times of day, in two columns"
    found = []
    for row, (_, time) in enumerate(pairs):
        if lacks[row]:
            found.append(_Read(why="has a date or a time of day alone" if lacks[row] == 1 else ""))
        elif row in days.problems:
            found.append(_Read(why=days.problems[row].why))
        elif (since_midnight := clock(time)) is None:
            found.append(_Read(why=unsure or "is no time of day"))
        elif days.seconds[row] % DAY:
            found.append(_Read(why="has a time of day in both columns"))
        else:
            midnight = datetime.fromtimestamp(days.seconds[row], UTC).replace(tzinfo=None)
            found.append(_Read(_timestamp(midnight + timedelta(seconds=since_midnight), zone), way))
    return _collect(written, found, _latest())


def reads_of_day(times: Iterable[object]) -> bool:
    """Whether a column of times, beside one of dates, holds times of day: 08:01:01, 080101 or a share of the day."""
    values = list({_key(value): value for value in times}.values())
    told = [read_value(value) for value in values]
    filled = [one for one in told if not one.is_empty]
    numbers = [one for one in filled if one.number is not None]
    if len(numbers) * 2 > len(filled):
        return _numbers_of_day(numbers) is not None
    return bool(filled) and 2 * sum(time_of_day(value) is not None for value in values) >= len(filled)


def may_be_of_day(times: Iterable[object]) -> bool:
    """Whether all numbers of a column may be times of day in digits (801, 80101) as well as seconds."""
    return bool(_why_unsure(times))


# --- one column ---


def _read_all(values: Sequence[object], told: Mapping[tuple[type, object], Told], way: _Way, latest: float) -> Times:
    known: dict[tuple[type, object], _Read] = {}
    for value in values:
        key = _key(value)
        if key not in known:
            known[key] = way(value, told[key])
    return _collect(values, [known[_key(value)] for value in values], latest)


def _collect(values: Sequence[object], found: Sequence[_Read], latest: float) -> Times:
    seconds: list[float] = []
    problems: dict[int, Problem] = {}
    ways: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for row, (value, read) in enumerate(zip(values, found, strict=True)):
        why = read.why or _why_implausible(read, latest)
        seconds.append(float("nan") if why else read.seconds)
        if why:
            problems[row] = Problem(shown(_written(value)), why)
        elif read.way:
            ways[read.way] += 1
            if read.way not in examples:
                examples[read.way] = f"{read.way} ({shown(_written(value))} is {format_time(read.seconds)})"
    return Times(seconds, problems, tuple(examples[way] for way, _ in ways.most_common()))


def _latest() -> float:
    """The end of what may be a time of a picture that was not said to be one: soon after now."""
    return clocks.time() + _AHEAD


def _why_implausible(read: _Read, latest: float) -> str:
    if not read.way:
        return ""
    if math.isnan(read.seconds):
        return "is an hour that the change of the clocks skips"
    if not read.is_clock:
        return "is negative" if read.seconds < 0 else ""
    if read.seconds < EARLIEST:
        return "lies before 1990"
    if read.seconds >= latest:
        return "lies after 2099" if read.seconds >= LATEST else f"lies in the future, {_year(read.seconds)}"
    return ""


def _by_form(form: str, zone: tzinfo) -> _Way:
    def read(value: object, told: Told) -> _Read:
        if told.is_empty:
            return _NOTHING
        if "%" in form:
            try:
                moment = datetime.strptime(_written(value).strip()[:200], form)
                return _Read(_timestamp(moment, zone), form)
            except (ValueError, OverflowError):
                return _Read(why=f"is not written as {form}")
        if told.number is None:
            return _Read(why=f"is no number of {'days' if form == 'excel' else form}")
        if form == "excel":
            return _of_sheet(told.number, zone)
        seconds = told.number / UNITS[form]
        is_clock = seconds >= FIRST_CLOCK_TIME
        return _Read(seconds, f"{form} since {'1970' if is_clock else 'the start of a recording'}", is_clock=is_clock)

    return read


def _by_column(told: list[Told], rows: list[int], zone: tzinfo, is_of_dates: bool) -> _Way:
    """`rows` says how many rows of the column have each value of `told`."""
    small = _small_numbers(told, rows, zone, is_of_dates)
    order = _orders([one for one in told if not one.has_dots])
    dotted = _orders([one for one in told if one.has_dots], DAY_FIRST)
    digits = _what_ten_digits_may_be(told)

    def read(value: object, one: Told) -> _Read:
        if one.is_empty or one.why:
            return _Read(why=one.why)
        if one.of_day is not None:
            return _Read(why="is a time of day without its date: name that column with --column date=…")
        if one.number is not None:
            return _read_number(one, zone, small, digits)
        return _read_moments(one, dotted if one.has_dots else order, zone)

    return read


def _read_moments(one: Told, order: str, zone: tzinfo) -> _Read:
    """The moment that is meant, where all readings that are left agree."""
    midnight = ", at midnight" if one.is_day else ""
    if len(one.moments) > 1 and order in one.moments:
        return _Read(_timestamp(one.moments[order], zone), f"dates with the {order}{midnight}")
    moments = {_timestamp(moment, zone) for moment in one.moments.values()}
    if len(moments) > 1:
        return _Read(why=_ORDER)
    way = next(iter(one.moments), "")
    first = order or way if len(one.moments) > 1 else way
    return _Read(moments.pop(), f"dates{f' with the {first}' if first else ''}{midnight}")


def _orders(told: Iterable[Told], usual: str = "") -> str:
    """Which part of the dates is first: the one reading that all values have. "" where nothing tells, or two values
    tell different things.
    """
    left = {DAY_FIRST, MONTH_FIRST, YEAR_FIRST}
    for one in told:
        if one.moments and "" not in one.moments:
            left &= one.moments.keys()
    if left == {DAY_FIRST, MONTH_FIRST}:
        return usual
    return left.pop() if len(left) == 1 else ""


# --- numbers ---


def _read_number(one: Told, zone: tzinfo, small: Callable[[float], _Read], digits: str) -> _Read:
    number = one.number if one.number is not None else -1.0
    if number < 0:
        return _Read(why="is negative")
    if (found := moment_of_digits(one)) is not None:
        moment, tells_hours = found
        return _Read(_timestamp(moment, zone), "dates and times in digits" if tells_hours else "dates, at midnight")
    for unit, scale in UNITS.items():
        if EARLIEST <= number / scale < LATEST:
            if unit == "seconds" and digits:
                return _Read(why=f"is a date and time to some and seconds to others: {_SAY} {digits} or seconds")
            if number / scale < _LIKELY_UNIX:
                return _Read(
                    why=f"would be of {_year(number / scale)} as Unix {unit}, and may be something else: {_SAY} {unit}"
                )
            return _Read(number / scale, f"Unix {unit}")
    if number < FIRST_CLOCK_TIME:
        return small(number)
    return _Read(why="fits no scale of time between 1990 and 2099")


def _small_numbers(told: list[Told], rows: list[int], zone: tzinfo, is_of_dates: bool) -> Callable[[float], _Read]:
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
            why = f"is a spreadsheet's day to some and seconds to others: {_SAY} excel or seconds"
    elif is_of_dates and small:
        why = "is no date that is known here"
    elif _nearly_all(small, _is_short_date):
        why = _SHORT_DATE
    elif most >= 1 and _numbers_of_day([one for one in told if one.number and _is_small(one)]) is not None:
        why = _OF_DAY_ALONE
    elif most > _LONGEST_RECORDING:
        why = f"is more seconds than a recording has, and no time since 1970: {_SAY} milliseconds, for example"
    is_dated = any(one.moments or (one.number is not None and one.number >= EARLIEST) for one in told)

    def read(number: float) -> _Read:
        if why:
            is_stray = why in (_YEAR, _MONTH) and not (_is_year(number) or _is_year_and_month(number))
            return _Read(why="stands among years, and is none" if is_stray else why)
        if is_of_dates:
            return _of_sheet(number, zone) if number else _Read(why="is 0 among dates")
        if not number and is_dated:
            return _Read(why="is 0 among dates")
        return _Read(number, "seconds since the start of a recording", is_clock=False)

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


def _what_ten_digits_may_be(told: list[Told]) -> str:
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


def _of_sheet(days: float, zone: tzinfo) -> _Read:
    if not _SHEET_DAYS[0] <= days < _SHEET_DAYS[1]:
        return _Read(why="is no day of a spreadsheet between 1990 and 2099")
    moment = _SPREADSHEET + timedelta(milliseconds=round(days * DAY * 1000))
    return _Read(_timestamp(moment, zone), "a spreadsheet's days since 1899-12-30")


def _why_unsure(times: Iterable[object]) -> str:
    """Why numbers that may be digits of a time of day are not read so; "" where there is no doubt."""
    told = [one for one in map(read_value, {_key(value): value for value in times}.values()) if not one.is_empty]
    numbers = [one.number for one in told if one.number is not None]
    if len(numbers) < len(told) or not numbers or max(numbers) < 100 or _numbers_of_day(told) is not None:
        return ""
    if all(_digits_of_day(number * 100) is not None for number in numbers):
        return _OF_DAY_SHORT
    return _OF_DAY if all(_digits_of_day(number) is not None for number in numbers) else ""


def _clock(times: Sequence[object]) -> Callable[[object], float | None]:
    """Seconds since midnight of a cell of this column; None where it tells none."""
    told = [read_value(value) for value in {_key(value): value for value in times}.values()]
    of_number = _numbers_of_day([one for one in told if one.number is not None])

    def read(value: object) -> float | None:
        number = read_value(value).number
        return time_of_day(value) if number is None else of_number(number) if of_number else None

    return read


def _numbers_of_day(told: list[Told]) -> Callable[[float], float | None] | None:
    """How numbers tell the time of day: as a share of the day, or as digits. None where they may be something else."""
    numbers = [one.number for one in told if one.number is not None]
    if not numbers:
        return None
    if all(0 <= number < 1 for number in numbers) and any(numbers):
        return lambda number: round(number * DAY * 1000) / 1000 if 0 <= number < 1 else None
    written = [one.digits for one in told]
    if all(len(text) == 4 for text in written) and any(text[0] == "0" for text in written):
        return lambda number: _digits_of_day(number * 100)
    are_all_times = all(_digits_of_day(number) is not None for number in numbers)
    settles = max(numbers) >= DAY or any(len(text) == 6 and text[0] == "0" for text in written)
    return _digits_of_day if are_all_times and settles else None


def _digits_of_day(number: float) -> float | None:
    """Seconds since midnight of 80101 (08:01:01)."""
    if not 0 <= number < 240_000 or number != int(number):
        return None
    minutes, second = divmod(int(number), 100)
    hour, minute = divmod(minutes, 100)
    return float(hour * 3600 + minute * 60 + second) if minute < 60 and second < 60 else None


# --- shared ---


def _is_of_dates(column: str) -> bool:
    return "date" in column.lower() or column.strip().lower() in DATE_NAMES


def _key(value: object) -> tuple[type, object]:
    """The same for cells that are read alike; 1, 1.0 and True are not, and a NaN equals itself."""
    return (type(value), str(value) if isinstance(value, float | Decimal) else value)


def _timestamp(moment: datetime, zone: tzinfo) -> float:
    """Of an hour that a change of the clocks repeats, the first is meant; NaN for one that it skips."""
    if moment.tzinfo:
        return moment.timestamp()
    first, second = (moment.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return _SKIPPED_HOUR if first > second else first


def _year(seconds: float) -> int:
    return datetime.fromtimestamp(seconds, UTC).year


def _padded(text: str, width: int) -> str:
    return text.zfill(width) if text.isdecimal() else text


def _written(value: object) -> str:
    """The cell as text; a whole number without the ".0" that pandas gives it beside empty cells."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = "" if value is None else str(value)
    return text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text
