"""The columns of a crop, once: the table is made of them, and whoever writes or reads whole rows takes them from here.

A new column is a line of `COLUMNS`, and a script in `schema.UPGRADES` for the workspaces that are there. What an import
finds of a crop is a field of `rows.NewCrop` by the column's name; what an index filters by, one of `filters.Columns`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.colours import CLEAR
from reid_core.retrieval.filters import Columns


@dataclass(frozen=True)
class Column:
    """A column of table `crop`: its name and its type in SQL.

    `shown` is the SQL that tables of crops show of it, joined with its source: "" is the value as it is, None shows
    nothing. `indexed` is the SQL that an index filters by, "" the value as it is.
    """

    name: str
    sql: str
    shown: str | None = ""
    indexed: str = ""

    @property
    def dtype(self) -> type:
        """In a table of crops: int64 for whole numbers, float64 (NaN where unknown) for others, else object."""
        kinds: dict[str, type] = {"INTEGER": np.int64, "REAL": np.float64}
        return object if self.shown else kinds.get(self.sql.partition(" ")[0], object)


def _if_clear(part: str) -> str:
    return f"CASE WHEN crop.{part}_share >= {CLEAR} THEN crop.{part} END"


COLUMNS = (
    Column("id", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    Column("gallery", "INTEGER NOT NULL REFERENCES gallery(key)", shown=None),
    Column("path", "TEXT NOT NULL"),
    Column("identity", "TEXT"),
    Column("camera", "TEXT"),
    Column("time", "REAL"),
    Column("tracklet", "TEXT"),
    Column("split", "TEXT NOT NULL"),
    Column("width", "INTEGER NOT NULL"),
    Column("height", "INTEGER NOT NULL"),
    Column("sha256", "BLOB NOT NULL", shown="lower(hex(crop.sha256))"),
    Column(
        "source",
        "INTEGER NOT NULL REFERENCES source(key)",
        shown="CASE WHEN source.copied THEN source.key ELSE source.path END",
    ),
    Column("sharpness", "REAL"),
    Column("brightness", "REAL"),
    Column("contrast", "REAL"),
    Column("look", "INTEGER", shown=None),
    Column("alike", "BLOB", shown="lower(hex(crop.alike))"),
    Column("seq", "INTEGER NOT NULL DEFAULT 0", shown=None),
    Column("imported", "INTEGER NOT NULL DEFAULT 0", shown=None),
    Column("bytes", "INTEGER NOT NULL DEFAULT 0", shown=None),
    Column("upper", "TEXT", indexed=_if_clear("upper")),
    Column("upper_share", "REAL"),
    Column("lower", "TEXT", indexed=_if_clear("lower")),
    Column("lower_share", "REAL"),
    Column(
        "recording",
        "INTEGER REFERENCES recording(key)",
        shown="(SELECT name FROM recording WHERE recording.key = crop.recording)",
    ),
    Column("moment", "REAL"),  # seconds since the first frame of the recording
    Column("frame", "TEXT"),  # path in the source of the picture that the crop was cut from
    Column("box_left", "REAL"),  # pixels of the upright frame, as the other three
    Column("box_top", "REAL"),
    Column("box_width", "REAL"),
    Column("box_height", "REAL"),
)


def table_of(columns: Sequence[Column]) -> str:
    """The SQL that makes table `crop`."""
    return f"CREATE TABLE crop ({', '.join(f'{c.name} {c.sql}' for c in columns)}, UNIQUE (source, path)) STRICT;"


_BY_NAME = {column.name: column for column in COLUMNS}
SHOWN = {column.name: column for column in COLUMNS if column.shown is not None}

# What an index reads of a walk, a row of table `tracklet`. The number of a crop's walk is found in an index of SQLite
# alone; of a crop that is of no recording nothing is looked up, since NULL equals nothing.
INDEXED_OF_WALKS = {
    "direction": "direction",
    "entered": "entered",
    "left": '"left"',
    "seconds": "end_moment - start_moment",
    "standing": "standing",
    "zones": "zones",
    "ignored": "ignored",
}
WALK_OF_CROP = "COALESCE(tracklet.key, 0)"
WALKS = (
    "LEFT JOIN tracklet ON tracklet.gallery = CASE WHEN crop.recording IS NOT NULL THEN crop.gallery END "
    "AND tracklet.name = crop.tracklet"
)
INDEXED = {
    field.name: _BY_NAME[field.name].indexed or f"crop.{field.name}"
    for field in dataclasses.fields(Columns)
    if field.name not in {*INDEXED_OF_WALKS, "walk"}
}
