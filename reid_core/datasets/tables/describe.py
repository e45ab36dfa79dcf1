"""What a table holds, for a person who is to say which column is what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reid_core.datasets.base import TABLE_SUFFIXES
from reid_core.datasets.tables.table_files import MAX_TABLE_BYTES, preview_table
from reid_core.errors import ReidError
from reid_core.images import BadImage, printable, read_file

SAMPLE_ROWS = 5
MAX_CELL = 200  # characters that are shown


@dataclass(frozen=True, eq=False)
class TableDescription:
    """`columns` in the table's order; `guessed` maps "image", "identity", "camera", "time", "date", "tracklet" and
    "split" to the column that `read_dataset` would take for each; `sample` holds the first 5 rows as text, "" for empty
    cells; `notes` say why a column with a usual name was not guessed.
    """

    columns: list[str]
    guessed: dict[str, str]
    sample: pd.DataFrame
    notes: tuple[str, ...] = ()


def describe_table(path: Path) -> TableDescription:
    """Look into a table (.csv, .tsv, .parquet). Columns of bytes and of lists, which hold no labels, are left out.

    Raises ReidError, naming the file, when it is not there, too large or cannot be read.
    """
    path = Path(path)
    shown = printable(str(path))
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise ReidError(f"{shown} is not a table; give one of {', '.join(TABLE_SUFFIXES)}.")
    try:
        data = read_file(path, limit=MAX_TABLE_BYTES)
    except BadImage as error:
        raise ReidError(f"The table {shown} cannot be used: {error}.") from error
    return describe_table_bytes(path.name, data)


def describe_table_bytes(name: str, data: bytes) -> TableDescription:
    """The same of a file's bytes, for a table inside an archive. Raises ReidError when they cannot be read."""
    found = preview_table(name, data, SAMPLE_ROWS)
    columns = [name for name in dict.fromkeys(found.columns) if name]
    place = {name: found.columns.index(name) for name in columns}
    cells = {name: [_shown(row[place[name]]) for row in found.rows] for name in columns}
    sample = pd.DataFrame(cells, columns=pd.Index(columns), dtype=object)
    return TableDescription(columns, found.found.columns, sample, found.found.words)


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"
