"""Times that file names tell: "cam1_2026-03-02T08-11-30.jpg", "IMG_20260302_081130.jpg", "1772439090123.jpg".

ISO 8601 in its extended and basic form, with the separators that file systems, cameras (2026:03:02 08:11:30), phones
(2026-03-02 at 8.11.30 PM) and recorders (2026_03_02_08_11_30) use, and Unix time in seconds, or thousandths, millionths
or billionths of one. A name that only holds digits must not be misread: a time stands between separators, lies between
2000 and 2100, and is the only one in the name. A day or month first is not read: a name alone cannot say which.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_BEFORE = r"(?<![0-9A-Za-z])(?:[A-Za-z]{1,12})?"  # phones write IMG20260302081130.jpg
_AFTER = r"(?:(?P<offset>Z|[+-][0-9]{2}[:-]?[0-9]{2}))?(?![0-9A-Za-z])"
_EXTENDED = re.compile(
    _BEFORE
    + r"(?P<year>[0-9]{4})(?P<between>[-:._])(?P<month>[0-9]{2})(?P=between)(?P<day>[0-9]{2})(?:[T_ -]{1,3}| at )"
    + r"(?P<hour>[0-9]{1,2})(?P<mark>[-.:_])(?P<minute>[0-9]{2})(?P=mark)(?P<second>[0-9]{2})"
    + r"(?:[.,](?P<fraction>[0-9]{1,6}))?"
    + r"(?:[\s_]?(?P<half>[AaPp])\.?[Mm]\.?)?"  # macOS puts a narrow blank before PM
    + _AFTER
)
_BASIC = re.compile(
    _BEFORE
    + r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})[T_ -]?"
    + r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})"
    + r"[.,]?(?P<fraction>(?<=[.,])[0-9]{1,6}|[0-9]{3})?"  # some phones write milliseconds without a point
    + _AFTER
)
_UNIX = re.compile(
    r"(?<![0-9A-Za-z])(?:([0-9]{10})(?:\.([0-9]{1,6}))?|([0-9]{10})([0-9]{3}(?:[0-9]{3}){0,2}))(?![0-9A-Za-z])"
)
_HOUR_OF_DAY = re.compile(r"(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])")


def time_of_name(name: str, zone: tzinfo = UTC) -> float | None:
    """Seconds since 1970 that the file name (its last part) tells, or None.

    `zone` is that of times without one. None too for two different times, for impossible dates, for hours that a
    change of the clocks skips or repeats, for ten digits that could as well be a date and hour, and for "-0500"
    behind a time: a zone to some, a running number to others.

    >>> time_of_name("hall/20260302_081130_c2.jpg")
    1772439090.0
    >>> time_of_name("0001_c1s1_000451_03.jpg") is None
    True
    """
    moments = times_of_name(name, zone)
    return moments[0] if len(moments) == 1 else None


def times_of_name(name: str, zone: tzinfo = UTC) -> list[float]:
    """All different times in the file name, earliest first; none where one of them cannot be read for certain.

    >>> times_of_name("ch1_20260302080000_20260302090000.dav")
    [1772438400.0, 1772442000.0]
    """
    stem = _stem(name)
    moments = {_moment(match, zone) for pattern in (_EXTENDED, _BASIC) for match in pattern.finditer(stem)}
    if not moments:
        moments = {_unix(match) for match in _UNIX.finditer(stem)} - {None}
    certain = [moment for moment in moments if moment is not None and EARLIEST <= moment < LATEST]
    return sorted(certain) if len(certain) == len(moments) else []


def without_times(name: str) -> str:
    """The file name's stem with a blank for each date and time in it.

    >>> without_times("cam3/gate_20260302_080000.mp4")
    'gate_ '
    """
    stem = _stem(name)
    for pattern in (_EXTENDED, _BASIC):
        stem = pattern.sub(lambda match: match[0][: match.start("year") - match.start()] + " ", stem)
    return _UNIX.sub(" ", stem)


def _stem(name: str) -> str:
    stem, dot, suffix = name.rpartition("/")[2].rpartition(".")
    return stem if dot else suffix


def _moment(match: re.Match[str], zone: tzinfo) -> float | None:
    parts = [int(match[key]) for key in ("year", "month", "day", "hour", "minute", "second")]
    half = match.groupdict().get("half")
    if half is not None:
        if not 1 <= parts[3] <= 12:
            return None
        parts[3] = parts[3] % 12 + 12 * (half in "Pp")
    elif len(match["hour"]) == 1:
        return None
    try:
        naive = datetime(*parts, microsecond=int((match["fraction"] or "").ljust(6, "0")))  # type: ignore[misc, arg-type]
        offset = _offset(match["offset"])
        if offset is not None:
            return naive.replace(tzinfo=offset).timestamp()
    except (ValueError, OverflowError):
        return None
    first, second = (naive.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return first if first == second else None


def _offset(text: str | None) -> tzinfo | None:
    """None where there is none. Raises ValueError where it may be one or a number."""
    if text is None or text == "Z":
        return None if text is None else UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    is_real = hours <= 14 and minutes in (0, 15, 30, 45)
    if text[0] == "-":
        if is_real and hours:
            raise ValueError(text)
        return None
    if not is_real:
        raise ValueError(text)
    return timezone(timedelta(hours=hours, minutes=minutes))


def _unix(match: re.Match[str]) -> float | None:
    seconds, fraction, long_seconds, milliseconds = match.groups()
    if seconds and _HOUR_OF_DAY.fullmatch(seconds):
        return None
    return float(f"{seconds or long_seconds}.{fraction or milliseconds or 0}")
