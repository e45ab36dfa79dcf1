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

from reid_core.datasets.tables.time_numbers import (
    EARLIEST,
    LATEST,
    NOTHING,
    UNITS,
    ReadTime,
    of_sheet,
    read_number,
    small_numbers,
    timestamp,
    what_ten_digits_may_be,
    year_of,
)
from reid_core.datasets.tables.time_of_day import clock_of, key_of, numbers_of_day, why_unsure
from reid_core.datasets.tables.time_values import (
    DAY,
    DAY_FIRST,
    MONTH_FIRST,
    SAY,
    YEAR_FIRST,
    Told,
    read_value,
    time_of_day,
)
from reid_core.errors import shown
from reid_core.times import FIRST_CLOCK_TIME, format_time

_AHEAD = 7 * DAY  # that a camera's clock may be ahead
DATE_NAMES = ("day", "datum", "fecha", "jour", "dia", "tag", "year", "jahr", "zeitpunkt")  # and all with "date" in them
_ORDER = (
    f"has the day or the month first, and no date of the column tells: {SAY} '%d/%m/%Y …' or '%m/%d/%Y …', where … is "
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


_Way = Callable[[object, Told], ReadTime]


def read_times(values: Sequence[object], zone: tzinfo, *, form: str | None = None, column: str = "") -> Times:
    """The times of a column called `column`; `form` says how they are written, where it is known.

    `form` is "seconds", "milliseconds", "microseconds", "nanoseconds" (since 1970, or since a recording's start),
    "excel" (days), or a pattern of `strptime`. Times without a zone are in `zone`.
    """
    told = {key: read_value(value) for key, value in {key_of(value): value for value in values}.items()}
    if form:
        return _read_all(values, told, _by_form(form, zone), LATEST)
    counts = Counter(map(key_of, values))
    rows = [counts[key] for key in told]
    way = _by_column(list(told.values()), rows, zone, _is_of_dates(column))
    return _read_all(values, told, way, _latest())


def read_dates_and_times(dates: Sequence[object], times: Sequence[object], zone: tzinfo, form: str | None) -> Times:
    """The times of two columns, of which one holds the day and the other the time of day; see `reads_of_day`."""
    pairs = list(zip(dates, times, strict=True))
    empty = {key for key in {*map(key_of, dates), *map(key_of, times)} if read_value(key[1]).is_empty}
    lacks = [(key_of(day) in empty) + (key_of(time) in empty) for day, time in pairs]
    width = 6 if "%H%M%S" in (form or "") else 4 if "%H%M" in (form or "") else 0  # spreadsheets eat zeros: 80101
    written = [f"{_written(day)} {_padded(_written(time), width)}".strip() for day, time in pairs]
    if form:
        return read_times([None if gap else text for text, gap in zip(written, lacks, strict=True)], zone, form=form)
    days, clock, unsure = read_times(dates, UTC, column="date"), clock_of(times), why_unsure(times)
    of_days = days.readings[0].partition(" (")[0].removesuffix(", at midnight") if days.readings else "dates"
    way = f"{of_days} and times of day, in two columns"
    found = []
    for row, (_, time) in enumerate(pairs):
        if lacks[row]:
            found.append(ReadTime(why="has a date or a time of day alone" if lacks[row] == 1 else ""))
        elif row in days.problems:
            found.append(ReadTime(why=days.problems[row].why))
        elif (since_midnight := clock(time)) is None:
            found.append(ReadTime(why=unsure or "is no time of day"))
        elif days.seconds[row] % DAY:
            found.append(ReadTime(why="has a time of day in both columns"))
        else:
            midnight = datetime.fromtimestamp(days.seconds[row], UTC).replace(tzinfo=None)
            found.append(ReadTime(timestamp(midnight + timedelta(seconds=since_midnight), zone), way))
    return _collect(written, found, _latest())


def reads_of_day(times: Iterable[object]) -> bool:
    """Whether a column of times, beside one of dates, holds times of day: 08:01:01, 080101 or a share of the day."""
    values = list({key_of(value): value for value in times}.values())
    told = [read_value(value) for value in values]
    filled = [one for one in told if not one.is_empty]
    numbers = [one for one in filled if one.number is not None]
    if len(numbers) * 2 > len(filled):
        return numbers_of_day(numbers) is not None
    return bool(filled) and 2 * sum(time_of_day(value) is not None for value in values) >= len(filled)


def may_be_of_day(times: Iterable[object]) -> bool:
    """Whether all numbers of a column may be times of day in digits (801, 80101) as well as seconds."""
    return bool(why_unsure(times))


def _read_all(values: Sequence[object], told: Mapping[tuple[type, object], Told], way: _Way, latest: float) -> Times:
    known: dict[tuple[type, object], ReadTime] = {}
    for value in values:
        key = key_of(value)
        if key not in known:
            known[key] = way(value, told[key])
    return _collect(values, [known[key_of(value)] for value in values], latest)


def _collect(values: Sequence[object], found: Sequence[ReadTime], latest: float) -> Times:
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


def _why_implausible(read: ReadTime, latest: float) -> str:
    if not read.way:
        return ""
    if math.isnan(read.seconds):
        return "is an hour that the change of the clocks skips"
    if not read.is_clock:
        return "is negative" if read.seconds < 0 else ""
    if read.seconds < EARLIEST:
        return "lies before 1990"
    if read.seconds >= latest:
        return "lies after 2099" if read.seconds >= LATEST else f"lies in the future, {year_of(read.seconds)}"
    return ""


def _by_form(form: str, zone: tzinfo) -> _Way:
    def read(value: object, told: Told) -> ReadTime:
        if told.is_empty:
            return NOTHING
        if "%" in form:
            try:
                moment = datetime.strptime(_written(value).strip()[:200], form)
                return ReadTime(timestamp(moment, zone), form)
            except (ValueError, OverflowError):
                return ReadTime(why=f"is not written as {form}")
        if told.number is None:
            return ReadTime(why=f"is no number of {'days' if form == 'excel' else form}")
        if form == "excel":
            return of_sheet(told.number, zone)
        seconds = told.number / UNITS[form]
        is_clock = seconds >= FIRST_CLOCK_TIME
        return ReadTime(
            seconds, f"{form} since {'1970' if is_clock else 'the start of a recording'}", is_clock=is_clock
        )

    return read


def _by_column(told: list[Told], rows: list[int], zone: tzinfo, is_of_dates: bool) -> _Way:
    """`rows` says how many rows of the column have each value of `told`."""
    small = small_numbers(told, rows, zone, is_of_dates)
    order = _orders([one for one in told if not one.has_dots])
    dotted = _orders([one for one in told if one.has_dots], DAY_FIRST)
    digits = what_ten_digits_may_be(told)

    def read(value: object, one: Told) -> ReadTime:
        if one.is_empty or one.why:
            return ReadTime(why=one.why)
        if one.of_day is not None:
            return ReadTime(why="is a time of day without its date: name that column with --column date=…")
        if one.number is not None:
            return read_number(one, zone, small, digits)
        return _read_moments(one, dotted if one.has_dots else order, zone)

    return read


def _read_moments(one: Told, order: str, zone: tzinfo) -> ReadTime:
    """The moment that is meant, where all readings that are left agree."""
    midnight = ", at midnight" if one.is_day else ""
    if len(one.moments) > 1 and order in one.moments:
        return ReadTime(timestamp(one.moments[order], zone), f"dates with the {order}{midnight}")
    moments = {timestamp(moment, zone) for moment in one.moments.values()}
    if len(moments) > 1:
        return ReadTime(why=_ORDER)
    way = next(iter(one.moments), "")
    first = order or way if len(one.moments) > 1 else way
    return ReadTime(moments.pop(), f"dates{f' with the {first}' if first else ''}{midnight}")


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


def _is_of_dates(column: str) -> bool:
    return "date" in column.lower() or column.strip().lower() in DATE_NAMES


def _padded(text: str, width: int) -> str:
    return text.zfill(width) if text.isdecimal() else text


def _written(value: object) -> str:
    """The cell as text; a whole number without the ".0" that pandas gives it beside empty cells."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = "" if value is None else str(value)
    return text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text
