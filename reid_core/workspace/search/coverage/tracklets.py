"""Tracklets that were seen in the time that is searched and are not found: in zones to ignore, or without a crop."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from sqlite3 import Connection

from reid_core.retrieval.filters import Filter
from reid_core.workspace.search.coverage.coverage import is_timed
from reid_core.workspace.search.coverage.crops import bounds
from reid_core.workspace.search.coverage.spans import Spans


@dataclass(frozen=True)
class NotFound:
    """How many tracklets no search finds; each counts once.

    `ignored` are those in zones to ignore, by camera, where the filter leaves these out, and `ignored_crops` those of
    their crops that pass it by time. `lone` are the others without any crop.
    """

    ignored: Counter[str | None] = field(default_factory=Counter)
    ignored_crops: Counter[str | None] = field(default_factory=Counter)
    lone: int = 0


# Parameter 2 is whether those in zones to ignore are left out.
_TRACKLETS = """
SELECT tracklet.key, tracklet.recording, recording.camera, start + clock_offset + start_moment,
    start + clock_offset + end_moment, ?2 AND ignored
FROM tracklet JOIN recording ON recording.key = tracklet.recording
WHERE tracklet.gallery = ?1 AND ((?2 AND ignored) OR NOT EXISTS (
    SELECT 1 FROM crop WHERE crop.recording = tracklet.recording AND crop.tracklet = tracklet.name
))
"""
_CROPS = """
SELECT tracklet.key, COUNT(*) FROM tracklet
JOIN crop ON crop.recording = tracklet.recording AND crop.tracklet = tracklet.name
WHERE tracklet.gallery = ? AND ignored {test} GROUP BY tracklet.key
"""


def not_found(
    database: Connection,
    gallery: int,
    where: Filter,
    windows: Mapping[str | None, Spans],
    undated: Collection[int],
) -> NotFound:
    """Of tracklets that were in view at some moment of their camera's window, and of those of the `undated` recordings
    where no time is asked for."""
    # As `answer_query` takes it: what is not asked for is left out.
    leaves_out, timed = where.ignored is not True, is_timed(where)
    found, lone = {}, 0
    for key, recording, camera, first, last, ignored in database.execute(_TRACKLETS, (gallery, leaves_out)):
        inside = recording in undated and not timed if first is None else _in_view(windows.get(camera, ()), first, last)
        if inside and ignored:
            found[key] = camera
        elif inside:
            lone += 1
    crops: Counter[str | None] = Counter()
    if found:
        test, values = _by_time(where)
        for key, count in database.execute(_CROPS.format(test=test), (gallery, *values)):
            if key in found:
                crops[found[key]] += count
    return NotFound(Counter(found.values()), crops, lone)


def _in_view(window: Spans, first: float, last: float) -> bool:
    """Whether any moment from the first to the last, both inclusive, is in it."""
    place = bisect_right(window, (last, math.inf))  # after the last stretch that has begun by then
    return place > 0 and window[place - 1][1] > first


def _by_time(where: Filter) -> tuple[str, list[float | str]]:
    """The filter by time as a part of a query, with its values."""
    if not is_timed(where):
        return "", []
    parts, found = ["crop.time >= ? AND crop.time < ?"], list[float | str](bounds(where))
    for allowed, number in (
        (where.hours, "CAST(crop.time / 3600 AS INTEGER) % 24"),
        (where.weekdays, "(CAST(crop.time / 86400 AS INTEGER) + 3) % 7"),  # 1 January 1970 was a Thursday
    ):
        if allowed is not None:
            parts.append(f"{number} IN (SELECT value FROM json_each(?))")
            found.append(json.dumps(sorted(allowed)))
    return "".join(f" AND {part}" for part in parts), found
