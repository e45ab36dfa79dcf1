"""What one cell tells of a time, before the rest of its column is known.

"2026-03-02T08:01:01" is one moment. "03/02/2026" is two, by whether the day or the month is first, and a number may be
many things: `time_columns` decides those by the whole column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal

MISSING = frozenset({"", "nan", "na", "n/a", "nat", "none", "null", "<na>"})
LONGEST = 64  # characters of a cell that may be a time
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day first", "month first", "year first"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december", "sept"),
)
_WEEKDAYS = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?")
_SHORTENED = re.compile(r"[0-9][.,]?([0-9]{0,6})e\+?([0-9]{1,2})")  # 1.77244E+12, as spreadsheets write long numbers
_ZONE = r"(?P<zone>z|utc|gmt|(?:utc|gmt)?[+-][0-9]{2}(?::?[0-9]{2})?)"
_HALF = r"(?P<half>[ap])\.?\s?m\.?"
_FRACTION = r"(?:[.,:](?P<fraction>[0-9]{1,9}))?"
_TIME = (
    r"(?P<hour>[0-9]{1,2})(?:(?P<mark>[:.\-_h])(?P<minute>[0-9]{2})(?:[:.\-_m](?P<second>[0-9]{2})"
    + _FRACTION
    + rf")?)?(?:\s?{_HALF})?(?:\s?{_ZONE})?"
)
_BASIC_TIME = rf"(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?P<second>[0-9]{{2}})?{_FRACTION}(?:\s?{_ZONE})?"
_BETWEEN = r"(?:\s*[t,_]\s*|,?\s+(?:at\s+)?|[-:])"
_NAME = r"(?P<name>[a-z]{3,9})\.?"
_YEAR, _DAY = r"(?P<year>[0-9]{4})", r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_DATES = (
    rf"{_YEAR}(?P<sep>[-/.:_ ])(?P<month>[0-9]{{1,2}})(?P=sep)(?P<day>[0-9]{{1,2}})",
    r"(?P<a>[0-9]{1,2})(?P<sep>[-/._ ])(?P<b>[0-9]{1,2})(?P=sep)(?P<c>[0-9]{4}|[0-9]{2})",
    rf"{_DAY}[-/. ]{{1,2}}{_NAME},?[-/. ]{{1,2}}(?P<year>[0-9]{{4}}|[0-9]{{2}})",
    rf"{_NAME}[-/. ]{{1,2}}{_DAY}(?:,\s?|[-/. ]){_YEAR}",
    rf"{_YEAR}[-/. ]{_NAME}[-/. ]{_DAY}",
)
_MOMENTS = (
    *(re.compile(rf"{form}(?:{_BETWEEN}{_TIME})?") for form in _DATES),
    re.compile(rf"{_NAME}\s+{_DAY}\s+{_TIME}\s+{_YEAR}"),  # asctime: Mar  2 08:01:01 2026
    re.compile(rf"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})[t _-]?{_BASIC_TIME}"),
)
_OF_DAY = re.compile(_TIME)


@dataclass(frozen=True, slots=True)
class Told:
    """What a cell tells: `moments` by their reading ("" where there is only one, else which part of the date is first),
    or a `number`, or seconds `of_day`; nothing of these for an empty cell, and where `why` says what is wrong.
    """

    moments: Mapping[str, datetime] = field(default_factory=dict)
    number: float | None = None
    of_day: float | None = None
    digits: str = ""  # of a whole number as it was written, with its zeros
    has_dots: bool = False  # 02.03.2026: such dates have the day first
    is_day: bool = False  # a date without a time of day: midnight is meant
    why: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.moments and self.number is None and self.of_day is None and not self.why


EMPTY = Told()


def read_value(value: object) -> Told:
    """What the cell tells. Never raises."""
    if value is None or isinstance(value, float | int | Decimal):
        return EMPTY if value is None else _read_number(value)
    if isinstance(value, time):
        seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
        return Told(of_day=seconds)
    if isinstance(value, timedelta):
        return Told(number=value.total_seconds()) if value == value else EMPTY
    if isinstance(value, date):  # a datetime is one, and pandas' NaT looks like one
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return Told({"": moment}, is_day=not isinstance(value, datetime)) if moment == moment else EMPTY
    text = str(value)[: 4 * LONGEST].strip()[: LONGEST + 1].lower()
    if text in MISSING:
        return EMPTY
    if len(text) > LONGEST:
        return Told(why="is too long for a time")
    if _NUMBER.fullmatch(text):
        if (cut := _SHORTENED.fullmatch(text)) and len(cut[1]) < int(cut[2]):
            return Told(why="was shortened by a spreadsheet: write whole numbers")
        return _read_number(float(text.replace(",", ".")), text if text.isdecimal() else "")
    return _read_text(text)


def moment_of_digits(told: Told) -> tuple[datetime, bool] | None:
    """What 20260302, 202603020801, 20260302080101 or 20260302080101123 mean, and whether they tell the time of day."""
    number = told.number
    if number is None or number != math.floor(number) or not 1e7 <= number < 1e17:
        return None
    digits = told.digits or str(int(number))
    if len(digits) not in (8, 12, 14, 17):
        return None
    parts = [int(digits[:4]), *(int(digits[start : start + 2]) for start in range(4, min(len(digits), 14), 2))]
    try:
        moment = datetime(*parts, microsecond=int(digits[14:] or 0) * 1000)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    return (moment, len(digits) > 8) if 1990 <= moment.year < 2100 else None


def time_of_day(value: object) -> float | None:
    """Seconds since midnight of a cell that holds no more than a time: 08:01:01, 8.01, 8:01 PM. None for others."""
    told = read_value(value)
    if told.of_day is not None or told.number is not None or not isinstance(value, str):
        return told.of_day
    match = _OF_DAY.fullmatch(value.strip()[: LONGEST + 1].lower())
    return _of_day(match) if match else None


def _read_number(value: float | Decimal, digits: str = "") -> Told:
    if isinstance(value, bool):
        return Told(why="is no time")
    try:
        number = float(value)
    except (OverflowError, ValueError):  # ValueError: a signalling NaN
        return Told(why="is no time")
    if math.isnan(number):
        return EMPTY
    if isinstance(value, int):
        digits = str(value) if 0 <= value < 1e18 else ""
    return Told(number=number, digits=digits) if math.isfinite(number) else Told(why="is no time")


def _read_text(text: str) -> Told:
    try:
        return Told({"": datetime.fromisoformat(text.upper())}, is_day=len(text) <= len("2026-03-02"))
    except ValueError:
        pass
    if (match := _OF_DAY.fullmatch(text)) and match["mark"] in (":", "h", None):
        seconds = _of_day(match)
        return Told(why="is no time of day") if seconds is None else Told(of_day=seconds)
    text = _WEEKDAYS.sub("", text, count=1) if _WEEKDAYS.match(text) else text
    for form in _MOMENTS:
        if match := form.fullmatch(text):
            return _read_match(match.groupdict())
    return Told(why="is no time that is known here")


def _read_match(parts: dict[str, str | None]) -> Told:
    seconds, zone = _seconds(parts), _zone(parts.get("zone"))
    if seconds is None:
        return Told(why="is no time: there is no such time of day")
    found: dict[str, datetime] = {}
    for order, (year, month, day) in _orders(parts).items():
        try:
            found[order] = datetime(year, month, day, tzinfo=zone) + timedelta(seconds=seconds)
        except (ValueError, OverflowError):
            continue
    if not found:
        return Told(why="is no time: there is no such date")
    return Told(found, has_dots=parts.get("sep") == "." and "c" in parts, is_day=parts.get("hour") is None)


def _orders(parts: dict[str, str | None]) -> dict[str, tuple[int, int, int]]:
    """Year, month and day, by reading."""
    if "c" in parts:
        first, second, third = (int(parts[key] or 0) for key in "abc")
        year = _year(parts["c"] or "")
        orders = {DAY_FIRST: (year, second, first), MONTH_FIRST: (year, first, second)}
        is_short = len(parts["c"] or "") == 2 == len(parts["a"] or "")
        return orders | {YEAR_FIRST: (_year(parts["a"] or ""), second, third)} if is_short else orders
    if name := parts.get("name"):
        month = _MONTHS.index(name[:3]) + 1 if name in (*_MONTHS, *_FULL_MONTHS) else 0
    else:
        month = int(parts["month"] or 0)
    return {"": (_year(parts["year"] or ""), month, int(parts["day"] or 0))}


def _year(digits: str) -> int:
    """Of two digits those that POSIX means: 69 to 99 are of the last century."""
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 69 else 1900)


def _of_day(match: re.Match[str]) -> float | None:
    return None if match["zone"] else _seconds(match.groupdict())


def _seconds(parts: dict[str, str | None]) -> float | None:
    """Since midnight; 0 where no time is told, None where there is no such time."""
    if parts.get("hour") is None:
        return 0.0
    hour, minute, second = (int(parts.get(key) or 0) for key in ("hour", "minute", "second"))
    half = parts.get("half")
    if parts.get("minute") is None and not half:
        return None
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half == "p")
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second + float(f"0.{parts.get('fraction') or 0}")


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    signed = text.removeprefix("utc").removeprefix("gmt").removeprefix("z")
    if not signed:
        return UTC
    minutes = int(signed[1:3]) * 60 + int(signed[3:].lstrip(":") or 0)
    return timezone(timedelta(minutes=-minutes if signed[0] == "-" else minutes)) if minutes < 24 * 60 else None
