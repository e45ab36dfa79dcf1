"""Times of crops as seconds: read from text and numbers, and written for people and files."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

import numpy as np
import pandas as pd

from reid_core.errors import shortened, shown

_YEAR_OR_SECONDS = re.compile("(?:19[0-9]|20[0-9])[0-9]")
_DATE_IN_DIGITS = re.compile("(?:19[0-9]|20[0-9])[0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_RECORDED = re.compile(r"([0-9]{1,4}):([0-5][0-9]):([0-5][0-9](?:\.[0-9]{1,6})?)")  # as `format_time` writes it
FIRST_CLOCK_TIME = 1e8  # seconds; smaller times count from the start of a recording whose date is not known
LAST_CLOCK_TIME = 253_402_300_799.0  # seconds; 9999-12-31T23:59:59Z, the last that a calendar date can say


def format_time(seconds: float) -> str | None:
    """ISO 8601 in UTC for a clock time, "h:mm:ss.sss" for a time since the recording's start, None for NaN."""
    if np.isnan(seconds):
        return None
    if seconds >= FIRST_CLOCK_TIME:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{milliseconds / 1000:06.3f}"


def short_time(seconds: float) -> str | None:
    """As people read it: "2026-03-02T08:11:30Z", or "0:44:41" into a recording; None for NaN."""
    text = format_time(seconds)
    return None if text is None else text.partition(".")[0]


def said_time(seconds: float) -> str:
    """As it stands in a sentence: "2026-03-02 08:11:30 UTC", or "0:44:41" into a recording; "" for NaN."""
    text = short_time(seconds) or ""
    return f"{text.replace('T', ' ').removesuffix('Z')} UTC" if text.endswith("Z") else text


def whole_length(seconds: float) -> str | None:
    """How long a recording is, in whole seconds: "0:01:30"; None for NaN.

    Rounded: of a film that states 90 s the last frame begins at 89.9 s, and both are to read the same.
    """
    return short_time(seconds if np.isnan(seconds) else max(0.0, float(np.floor(seconds + 0.5))))


def recorded_time(text: str) -> float | None:
    """Seconds into a recording from "0:44:41" or "0:44:41.5"; None for anything else."""
    found = _RECORDED.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds)


def parse_time(value: object, zone: tzinfo = UTC) -> float:
    """Seconds from a number, or from ISO 8601 text in `zone` where it names none; NaN for an empty value.

    Text may also be a date in digits (20260302), and Unix time in thousandths, millionths or billionths of a second. Of
    an hour that a change of the clocks repeats, the first is meant. Raises ValueError for anything else, for text that
    may be a year or seconds, for negative times and for those past the year 9999.
    """
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return float("nan")
    if isinstance(value, str) and not value.strip():
        return float("nan")
    if isinstance(value, str):
        value = value.strip()
        if _YEAR_OR_SECONDS.fullmatch(value):
            raise ValueError(f"{value!r} may be a year or seconds: write {value}-01-01, or {value}.0 for seconds")
        if _DATE_IN_DIGITS.fullmatch(value):
            value = datetime.strptime(value, "%Y%m%d").replace(tzinfo=zone)
    try:
        if isinstance(value, str) and "_" in value:  # to float() it is a mark between digits: 20260302_081130
            raise ValueError(value)
        seconds = float(value)  # type: ignore[arg-type]
    except OverflowError as error:  # a whole number of hundreds of digits
        raise ValueError(f"{shown(value)} is not a time in seconds since 1970") from error
    except (TypeError, ValueError):
        moment = value if isinstance(value, datetime) else _read_moment(shortened(str(value).strip(), 100))
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    if isinstance(value, str) and seconds > LAST_CLOCK_TIME:
        seconds = next((seconds / unit for unit in (1e3, 1e6, 1e9) if 1e9 <= seconds / unit < 1e10), seconds)
    if not 0 <= seconds <= LAST_CLOCK_TIME:
        raise ValueError(f"{shown(value)} is not a time in seconds since 1970")
    return seconds


def _read_moment(text: str) -> datetime:
    """ISO 8601, or with the day first where it is written with dots: "02.03.2026 08:11:30"."""
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, second)
    return datetime.fromisoformat(text)
