"""Crops of a gallery by camera and time, counted through the indexes that the catalogue has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from sqlite3 import Connection

from reid_core.retrieval.filters import Filter
from reid_core.times import FIRST_CLOCK_TIME
from reid_core.workspace.search.coverage.coverage import Imported, is_by_hour, is_timed
from reid_core.workspace.search.coverage.spans import Span, Spans, common, in_hours, union

_HOUR = 3600.0  # seconds


def bounds(where: Filter) -> Span:
    """The times that pass, but for days and hours: nothing without a date is before a date."""
    first = -math.inf if where.after is None else where.after
    last = math.inf if where.before is None else math.nextafter(where.before, math.inf)  # both ends count
    if (where.before or 0.0) >= FIRST_CLOCK_TIME or where.weekdays is not None or where.hours is not None:
        first = max(first, FIRST_CLOCK_TIME)
    return first, last


def has_imported(database: Connection, gallery: int) -> bool:
    """Whether there may be crops from no recording: each recording has a source of its own."""
    row = database.execute(
        "SELECT 1 FROM source WHERE gallery = ? AND key NOT IN (SELECT source FROM recording) LIMIT 1", (gallery,)
    ).fetchone()
    return row is not None


def count(database: Connection, gallery: int, camera: str | None, test: str, values: Sequence[float]) -> int:
    query = f"SELECT COUNT(*) FROM crop WHERE gallery = ? AND camera IS ? AND {test}"
    return int(database.execute(query, (gallery, camera, *values)).fetchone()[0])


def untimed(database: Connection, gallery: int, camera: str | None, where: Filter) -> int:
    """Crops that the filter leaves out for having no time, or no date."""
    found = count(database, gallery, camera, "time IS NULL", [])
    first, _ = bounds(where)
    if first >= FIRST_CLOCK_TIME:
        found += count(database, gallery, camera, "time < ?", [FIRST_CLOCK_TIME])
    return found


# The next time that is in another hour, through the index: as many steps as there are hours with a crop.
_HOURS = """
WITH RECURSIVE leap (time) AS (
    SELECT MIN(time) FROM crop WHERE gallery = ?1 AND camera IS ?2 AND time >= ?3 AND time < ?4 {test}
    UNION ALL SELECT (
        SELECT MIN(time) FROM crop WHERE gallery = ?1 AND camera IS ?2
            AND time >= (CAST(leap.time / 3600 AS INTEGER) + 1) * 3600 AND time < ?4 {test}
    ) FROM leap WHERE time NOT NULL
) SELECT time FROM leap WHERE time NOT NULL
"""


def imported(database: Connection, gallery: int, camera: str | None, where: Filter, *, mixed: bool) -> Imported | None:
    """Of a camera's crops from no recording; `mixed` where the gallery has others."""
    test = "AND recording IS NULL" if mixed else ""
    of_it = f"FROM crop WHERE gallery = ? AND camera IS ? {test}"
    ends = [
        database.execute(f"SELECT {end}(time) {of_it} AND time >= ? AND time < ?", (gallery, camera, *bounds(where)))
        for end in ("MIN", "MAX")
    ]
    first, last = (row.fetchone()[0] for row in ends)
    found = 0
    if not is_timed(where):
        found = count(database, gallery, camera, f"time IS NULL {test}", [])
    spans: Spans = ()
    if first is not None:
        span = (first, math.nextafter(last, math.inf))
        spans = in_hours((span,), where.weekdays, where.hours)
        found += sum(count(database, gallery, camera, f"time >= ? AND time < ? {test}", one) for one in spans)
    if not found:
        return None
    times: list[float] = []
    if spans and spans[-1][1] > FIRST_CLOCK_TIME:
        values = (gallery, camera, max(spans[0][0], FIRST_CLOCK_TIME), spans[-1][1])
        times = [time for (time,) in database.execute(_HOURS.format(test=test), values)]
    every = union((time // _HOUR * _HOUR, (time // _HOUR + 1) * _HOUR) for time in times)
    hours = common(every, spans)
    if hours and is_by_hour(where):  # the first and last that are in these hours
        query = f"SELECT MIN(time), MAX(time) {of_it} AND time >= ? AND time < ?"
        first = database.execute(query, (gallery, camera, *hours[0])).fetchone()[0]
        last = database.execute(query, (gallery, camera, *hours[-1])).fetchone()[1]
    return Imported(
        crops=found,
        first=first if spans else math.nan,
        last=last if spans else math.nan,
        hours=hours,
        empty_hours=_empty_hours(hours, where),
    )


def _empty_hours(hours: Spans, where: Filter) -> tuple[int, ...]:
    """Hours of the day between the first and the last of these, in which there is never a crop."""
    if not hours:
        return ()
    begin, end = int(hours[0][0] // _HOUR), math.ceil(hours[-1][1] / _HOUR)
    reach = {slot % 24 for slot in range(begin, min(end, begin + 24))}
    full = {slot % 24 for first, last in hours for slot in range(int(first // _HOUR), math.ceil(last / _HOUR))}
    return tuple(sorted((reach & where.hours if where.hours is not None else reach) - full))
