"""What a person types to say how a data set is read: checked before anything is opened."""

from __future__ import annotations

import math
import re
import zoneinfo
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches

import regex

from reid_core.datasets.tables.time_columns import UNITS
from reid_core.errors import ReidError, shown

MAX_PATTERN = 200  # characters
MAX_REPEATS = 100_000  # of all counts in a pattern together; each takes memory
TIME_FORMATS = (*UNITS, "excel")


def find_time_zone(name: str | None) -> tzinfo:
    """The zone of that name, such as "Europe/London"; UTC for None. Raises ReidError that names the nearest."""
    if name is None or name == "UTC":
        return UTC
    known = sorted(zoneinfo.available_timezones())
    if name in known:
        return zoneinfo.ZoneInfo(name)
    # People write "london" and "Europe/Lodnon" for the same zone.
    spelled = {zone.rpartition("/")[2].lower(): zone for zone in known} | {zone.lower(): zone for zone in known}
    near = get_close_matches(name.strip().lower().replace(" ", "_"), spelled, n=1)
    hint = f" Did you mean {spelled[near[0]]!r}?" if near else ""
    raise ReidError(f"There is no time zone {name[:80]!r}; write one like 'Europe/London' or 'UTC'.{hint}")


def check_time_format(form: str | None) -> None:
    """Raises ReidError where it is neither a unit nor a pattern that `datetime.strptime` reads."""
    if form is None or form in TIME_FORMATS:
        return
    example = f"use {', '.join(TIME_FORMATS)}, or a pattern like '%d/%m/%Y %H:%M'"
    if "%" not in form or len(form) > MAX_PATTERN:
        raise ReidError(f"There is no time format {shown(form)}; {example}.")
    try:
        datetime.strptime("", form)
    except ValueError as error:
        if "does not match" not in str(error):
            raise ReidError(f"The time format {shown(form)} cannot be used ({error}); {example}.") from error
    except re.error as error:  # a directive that is there twice
        raise ReidError(f"The time format {shown(form)} says one thing twice; {example}.") from error


def compile_camera_pattern(pattern: str | None) -> regex.Pattern[str] | None:
    """The regular expression, whose one group is the camera in a path. Raises ReidError when it cannot be used."""
    return _compile(pattern, "camera", r"write one like 'lobby-(\w+)'")


def compile_identity_pattern(pattern: str | None) -> regex.Pattern[str] | None:
    """The same, whose one group is the person in a path."""
    return _compile(pattern, "identity", r"write one like 'person(\d+)'")


def _compile(pattern: str | None, kind: str, example: str) -> regex.Pattern[str] | None:
    """Of the package `regex`, which can be told to give up on a pattern that takes for ever."""
    if pattern is None:
        return None
    if len(pattern) > MAX_PATTERN:
        raise ReidError(f"The {kind} pattern has {len(pattern)} characters; use at most {MAX_PATTERN}.")
    if math.prod(int(count) for count in regex.findall(r"\{([0-9]+)", pattern)) > MAX_REPEATS:
        raise ReidError(
            f"The {kind} pattern {shown(pattern)} is no regular expression that can be used (it repeats a part over "
            f"{MAX_REPEATS:,} times); {example}."
        )
    try:
        compiled = regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ReidError(f"The {kind} pattern {pattern!r} is no regular expression ({error}); {example}.") from error
    if compiled.groups != 1:
        count = compiled.groups or "no"
        meant = "camera" if kind == "camera" else "person"
        raise ReidError(
            f"The {kind} pattern {pattern!r} has {count} groups in parentheses, where the one is the {meant}; "
            f"{example}. Further parentheses are written (?:…)."
        )
    return compiled
