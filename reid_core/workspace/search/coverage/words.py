"""Lengths, times, hours and filters in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from reid_core.records import listed
from reid_core.retrieval.filters import Filter, rows
from reid_core.times import FIRST_CLOCK_TIME, format_time, short_time
from reid_core.workspace.search.coverage.spans import Span

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CLOSE = 1e-6  # seconds that arithmetic may be off


def length(seconds: float, *, up: bool = False) -> str:
    """ "41 s", "12 min 5 s", "5 h 40 min", rounded down, or `up`."""
    rounded = math.ceil if up else math.floor
    whole = max(0, rounded(seconds - _CLOSE if up else seconds + _CLOSE))
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return " ".join(
            part for part in (f"{minutes} min" * bool(minutes), f"{rest} s" * bool(rest or not minutes)) if part
        )
    hours, minutes = divmod(rounded(whole / 60), 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def between(span: Span | None) -> str:
    """ "between 08:00 and 10:00 on 2 March 2026 (UTC)"; "" where no time is known, or one names no date."""
    if span is None:
        return ""
    first, last = span
    if first < FIRST_CLOCK_TIME <= last:
        return ""
    if last < FIRST_CLOCK_TIME:
        return f"between {short_time(first)} and {short_time(last)} of undated recordings"
    begin, end = (datetime.fromtimestamp(moment + _CLOSE, UTC) for moment in span)
    form = "%H:%M:%S" if begin.second or end.second else "%H:%M"
    days = [f"{moment.day} {moment:%B %Y}" for moment in (begin, end)]
    if days[0] == days[1]:
        return f"between {begin:{form}} and {end:{form}} on {days[0]} (UTC)"
    return f"between {begin:{form}} on {days[0]} and {end:{form}} on {days[1]} (UTC)"


def stretch_words(span: Span) -> str:
    """ "2026-03-02 08:31:29 to 08:32:07"."""
    first, last = ((short_time(moment + _CLOSE) or "").replace("T", " ").removesuffix("Z") for moment in span)
    return f"{first} to {last[11:] if last[:11] == first[:11] else last}"


def camera_name(camera: str | None) -> str:
    if camera is None:
        return "camera unknown"
    return f"camera {camera}" if camera.isdigit() else camera


def hour_words(hours: Sequence[int]) -> str:
    """ "07:00 to 10:00 and 23:00 to 01:00" of whole hours of a day."""
    there = set(hours)
    if len(there) == 24:
        return "00:00 to 24:00"
    starts = sorted(hour for hour in there if (hour - 1) % 24 not in there)
    found = []
    for start in starts:
        end = next(start + count for count in range(1, 25) if (start + count) % 24 not in there)
        found.append(f"{start:02d}:00 to {end % 24 or 24:02d}:00")
    return listed(found, 24)


def filter_words(where: Filter) -> str:
    """ "cameras: 1, 3; from 2026-03-02T08:00:00Z"; "none" for a filter that lets everything through."""
    return "; ".join(words for _, words in filters_set(where)) or "none"


def filters_set(where: Filter) -> list[tuple[str, str]]:
    """Each that is set, by its name and in words."""
    found = []
    for name, row in rows(Filter).items():
        value = getattr(where, name)
        if value == getattr(Filter(), name) or name == "exclude_ids":
            continue
        title = {
            "exclude_cameras": "without cameras",
            "only_ids": "only what is new",
            "after": "from",
            "before": "up to",
        }
        words = title.get(name) or (row.title or name.replace("_", " "))
        if name in ("after", "before"):
            said = f"{words} {format_time(value)}"
        elif name == "only_ids" or (value is True and name != "identity_known"):
            said = words
        elif name == "identity_known":
            said = "named people" if value else "people without a name"
        elif name == "weekdays":
            said = f"{words}: {', '.join(DAYS[day] for day in sorted(value))}"
        elif name == "hours":
            said = f"{hour_words(sorted(value))} (UTC)"
        elif isinstance(value, frozenset):
            said = f"{words}: {', '.join(sorted(map(str, value)))}"
        else:
            said = f"{words}: {value:g}"
        found.append((name, said[:1].lower() + said[1:]))
    return found
