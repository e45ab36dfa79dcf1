"""Tables without a column of a usual name for pictures: which column names them by what stands in it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from reid_core.datasets.tables.columns import candidates, is_picture_name
from reid_core.datasets.tables.named_pictures import NamedPictures
from reid_core.datasets.tables.table_files import preview_table
from reid_core.errors import ReidError, shown
from reid_core.records import listed

ROWS, COLUMNS = 400, 100  # that are looked at
_ENOUGH = 2 / 3  # of the cells name a picture that is there


def guess_picture_column(name: str, data: bytes, pictures: Callable[[], NamedPictures]) -> str | None:
    """The column whose cells name most of the pictures, with or without their suffix; None where none does.

    Raises ReidError where the line of the columns' names is itself a row of pictures, and where cells are names of
    pictures that are not there.
    """
    preview = preview_table(name, data, ROWS)
    if any(map(is_picture_name, preview.columns)):
        raise ReidError(
            f"{name} has no line that names its columns: its first line is {listed(preview.columns, most=20)}. Write "
            "one above it, such as image,identity."
        )
    for row in preview.rows[:3]:
        if len(candidates([str(cell) for cell in row])) > 1:
            words = listed([str(cell) for cell in row], most=20)
            raise ReidError(
                f"The first line of {name} names no columns, but a later one does: {words}. Remove the lines above."
            )
    named, folder = pictures(), posixpath.dirname(name)
    counts: dict[str, int] = {}
    absent: str | None = None
    for place, column in enumerate(preview.columns[:COLUMNS]):
        cells = [str(row[place]).strip() for row in preview.rows if row[place] not in (None, "")]
        found = [picture for cell in cells if (picture := _find(named, cell, folder))]
        told = set(found)
        is_number = all(cell.replace(".", "").isdecimal() for cell in cells)  # 7 may be 7.jpg, and person 7
        if len(found) >= _ENOUGH * len(cells) > 0 and (len(told) == len(cells) > 2 or not is_number):
            counts[column] = len(told)
        elif not found and 2 * sum(map(is_picture_name, cells)) > len(cells):
            absent = column
    if not counts and absent is not None:
        raise ReidError(f"The column {shown(absent)} of {name} names pictures that are not there. Correct the paths.")
    return max(counts, key=lambda column: counts[column], default=None)


def _find(named: NamedPictures, cell: str, folder: str) -> str | None:
    try:
        return named.find(cell, folder)
    except ValueError:
        return None
