"""What a person types to say how a data set is read: checked before anything is opened."""

from __future__ import annotations

import math
import zoneinfo
from datetime import UTC, tzinfo
from difflib import get_close_matches

import regex

from reid_core.errors import ReidError, shown

MAX_PATTERN = 200  # characters
MAX_REPEATS = 100_000  # of all counts in a pattern together; each takes memory


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


def compile_camera_pattern(pattern: str | None) -> regex.Pattern[str] | None:
    """The regular expression, whose one group is the camera in a path.

    Of the package `regex`, which can be told to give up on a pattern that takes for ever. Raises ReidError when it
    cannot be used.
    """
    if pattern is None:
        return None
    example = r"write one like 'lobby-(\w+)'"
    if len(pattern) > MAX_PATTERN:
        raise ReidError(f"The camera pattern has {len(pattern)} characters; use at most {MAX_PATTERN}.")
    if math.prod(int(count) for count in regex.findall(r"\{([0-9]+)", pattern)) > MAX_REPEATS:
        raise ReidError(
            f"The camera pattern {shown(pattern)} is no regular expression that can be used (it repeats a part over "
            f"{MAX_REPEATS:,} times); {example}."
        )
    try:
        compiled = regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ReidError(f"The camera pattern {pattern!r} is no regular expression ({error}); {example}.") from error
    if compiled.groups != 1:
        count = compiled.groups or "no"
        raise ReidError(
            f"The camera pattern {pattern!r} has {count} groups in parentheses, where the one is the camera; {example}."
            " Further parentheses are written (?:…)."
        )
    return compiled
