"""What is said of how a table was read: its columns, times and cameras."""

from __future__ import annotations

from collections.abc import Iterable

from reid_core.datasets.tables.columns import WORDS, Found
from reid_core.datasets.tables.crop_rows import text_of_cell
from reid_core.datasets.tables.table_files import Table
from reid_core.datasets.tables.time_columns import Times
from reid_core.errors import shown
from reid_core.records import listed, plural

_ZONES = frozenset({"timezone", "time_zone", "tz", "zone", "utc_offset", "offset"})


def describe_columns(name: str, there: Iterable[str], found: Found) -> list[str]:
    """Which column was taken for what, and which were not used."""
    taken = {**found.columns, **{mark: mark for mark in found.marks}}
    words = ", ".join(f"{WORDS.get(kind, kind)} from {shown(column)}" for kind, column in taken.items())
    used = {*found.columns.values(), *found.marks.values()}
    columns = [column for column in there if column]
    unused = [shown(column, 40) for column in dict.fromkeys(columns) if column not in used]
    unused += [f"another {shown(column, 40)}" for column in sorted(used) if columns.count(column) > 1]
    left = f"; not used: {listed(unused, most=20)}" if unused else ""
    reasons = [f"{name}: {reason}." for reason in found.words]
    zone = next((column for column in columns if column not in used and column.strip().lower() in _ZONES), None)
    if zone is not None and "time" in found.columns:
        reasons.append(f"{name}: times are not read in the zone of {shown(zone, 40)}: say it with --time-zone.")
    return [f"{name}: {words}{left}.", *reasons] if taken else reasons


def describe_times(name: str, times: Times, without: list[tuple[str, int]]) -> list[str]:
    """How the times were read, and of which crops they are not known: `without` names these and their places."""
    notes = [f"{name}: times are read as {'; '.join(times.readings)}."] if times.readings else []
    by_reason: dict[str, list[tuple[str, int]]] = {}
    for where, place in without:
        by_reason.setdefault(times.problems[place].why, []).append((where, place))
    for why, places in by_reason.items():
        where, place = places[0]
        others = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
        crops = plural(len(places), "crop")
        notes.append(
            f"{crops} {'comes' if len(places) == 1 else 'come'} in without a time: {times.problems[place].value} {why} "
            f"({where}{others})."
        )
    return notes


def describe_cameras(table: Table) -> list[str]:
    """A sentence where the column of cameras cannot be one: another in every row."""
    cameras = [text for cell in table.cells.get("camera", ()) if (text := text_of_cell(cell))]
    if len(cameras) < 4 or len(set(cameras)) < len(cameras) or table.is_export:
        return []
    column = shown(table.found.columns.get("camera", "camera"))
    return [
        f"{table.name}: every row has another camera, such as {shown(cameras[0])}: is {column} the camera? If not, "
        "give --column camera=, or the column that is."
    ]
