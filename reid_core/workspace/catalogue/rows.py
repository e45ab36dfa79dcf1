"""Rows of the catalogue as the rest of the program sees them, and the look-ups that several of its methods share."""

from __future__ import annotations

import dataclasses
import math
import re
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from reid_core.errors import NotThere, Refused, ReidError, shown
from reid_core.records import DISTRACTOR, JUNK
from reid_core.workspace.catalogue.columns import SHOWN
from reid_core.workspace.layout import originals

CROP_COLUMNS = tuple(SHOWN)
_ROWS_AT_ONCE = 1_000  # of at most 32 values: SQLite takes 32,766 in one statement
_NAME = re.compile(r"[\w][\w.-]{0,63}")


@dataclass(frozen=True)
class GalleryInfo:
    """A gallery in numbers; `models` holds (model id, name, embedded crops), the best choice last.

    That is the one that was chosen to serve it, else the one that embedded most of it, and of those the one used last.
    `without_direction` counts by model id the crops to which a model gives no direction.
    """

    name: str
    crops: int
    identities: int
    cameras: int
    splits: dict[str, int]
    models: list[tuple[str, str, int]]
    without_direction: dict[str, int] = field(default_factory=dict)

    def to_embed(self, model: str) -> int:
        """How many crops the model with that id has still to embed."""
        embedded = next((count for id, _, count in self.models if id == model), 0)
        return self.crops - embedded - self.without_direction.get(model, 0)


@dataclass(frozen=True)
class NewCrop:
    """A row to add, with what was found when the picture was decoded; see `reid_core.quality` and `.colours`.

    `alike` is the sha-256 of a picture of the gallery that looks the same, `bytes` the size of the file. Of a crop of a
    recording, `recording` is its key and `moment` the seconds since its first frame; of one that was cut from another
    picture, `frame` is the path of that in the source. `box_…` is where it was cut, in pixels of the upright frame.
    """

    path: str
    identity: str | None
    camera: str | None
    time: float
    tracklet: str | None
    split: str
    width: int
    height: int
    sha256: bytes
    sharpness: float = float("nan")
    brightness: float = float("nan")
    contrast: float = float("nan")
    look: int | None = None
    alike: bytes | None = None
    bytes: int = 0
    upper: str | None = None
    upper_share: float = float("nan")
    lower: str | None = None
    lower_share: float = float("nan")
    recording: int | None = None
    moment: float = float("nan")
    frame: str | None = None
    box_left: float = float("nan")
    box_top: float = float("nan")
    box_width: float = float("nan")
    box_height: float = float("nan")


GIVEN = tuple(field.name for field in dataclasses.fields(NewCrop))
SAME = ("sha256", "identity", "camera", "split", "tracklet", "time")  # what agrees in all of these is one crop


def check_name(name: str, kind: str) -> None:
    """Raises ReidError unless the name is letters, digits, dot, dash and underscore, 64 at most."""
    if not _NAME.fullmatch(name):
        raise ReidError(f"{name!r} cannot name a {kind}; use letters, digits, '.', '-' and '_' (64 at most).")


def check_text(*texts: str) -> None:
    """Raises ReidError for half a character, which a program may be given where bytes are no UTF-8."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ReidError(
                f"{shown(text)} holds {shown(text[error.start])}, which is half a character and no text. Type it again."
            ) from error


def gallery_key(database: sqlite3.Connection, name: str) -> int:
    row = database.execute("SELECT key FROM gallery WHERE name = ?", (name,)).fetchone()
    if row is None:
        names = [n for (n,) in database.execute("SELECT name FROM gallery ORDER BY key")]
        there = f"There are: {', '.join(names)}." if names else "There is none yet; make one with `reid import`."
        raise NotThere(f"There is no gallery {name!r}. {there}")
    return int(row[0])


def model_key(database: sqlite3.Connection, id: str) -> int:
    row = database.execute("SELECT key FROM model WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise NotThere(f"Model {id} has embedded nothing in this workspace yet. Run `reid index` with it.")
    return int(row[0])


def refuse_mixed_sides(database: sqlite3.Connection, gallery: int, crops: Sequence[NewCrop]) -> None:
    """Within the transaction that adds the crops: nobody may be for training and for testing in one gallery."""
    sides = {(crop.identity, crop.split == "train") for crop in crops if crop.identity not in (None, DISTRACTOR, JUNK)}
    for identity, trained in sides:
        other = database.execute(
            "SELECT 1 FROM crop WHERE gallery = ? AND identity = ? AND (split = 'train') <> ? LIMIT 1",
            (gallery, identity, trained),
        ).fetchone()
        if other or (identity, not trained) in sides:
            raise Refused(
                f"Identity {identity!r} would be for training and for testing in one gallery. "
                "Import into another gallery."
            )


def gallery_info(database: sqlite3.Connection, key: int, name: str) -> GalleryInfo:
    people = "SELECT DISTINCT identity FROM crop WHERE gallery = ? AND identity NOT IN (?, ?)"
    identities = database.execute(f"SELECT COUNT(*) FROM ({people})", (key, DISTRACTOR, JUNK)).fetchone()[0]
    cameras = len(cameras_of(database, key))
    splits = dict(
        database.execute("SELECT split, COUNT(*) FROM crop WHERE gallery = ? GROUP BY split", (key,)).fetchall()
    )
    models = database.execute(
        "SELECT model.id, model.name, counted FROM model JOIN "
        "(SELECT model, COUNT(*) AS counted, MAX(seq) AS last FROM vector WHERE gallery = ? GROUP BY model) "
        "ON model.key = model ORDER BY model.key IN (SELECT model FROM serving WHERE gallery = ?), counted, last",
        (key, key),
    ).fetchall()
    without = count_without_direction(database, key)
    return GalleryInfo(name, sum(splits.values()), identities, cameras, splits, models, without)


def count_without_direction(database: sqlite3.Connection, gallery: int) -> dict[str, int]:
    """By model id: to how many crops of the gallery of that key it gives no direction."""
    rows = database.execute(
        "SELECT model.id, COUNT(*) FROM no_direction AS missing JOIN crop ON crop.id = missing.crop "
        "JOIN model ON model.key = missing.model WHERE crop.gallery = ? GROUP BY model.id",
        (gallery,),
    )
    return dict(rows.fetchall())


def cameras_of(database: sqlite3.Connection, gallery: int) -> list[str]:
    """Each camera's label: a leap through the index from one to the next, and not a walk past a million crops."""
    rows = database.execute(
        "WITH RECURSIVE leap (camera) AS (SELECT MIN(camera) FROM crop WHERE gallery = ?1 UNION ALL SELECT "
        "(SELECT MIN(camera) FROM crop WHERE gallery = ?1 AND camera > leap.camera) FROM leap WHERE camera NOT NULL) "
        "SELECT camera FROM leap WHERE camera NOT NULL",
        (gallery,),
    )
    return [camera for (camera,) in rows]


def crop_table(database: sqlite3.Connection, workspace: Path, where: str, values: Sequence[Any]) -> pd.DataFrame:
    """Crops as `CROP_COLUMNS`. `source` is the folder or zip that their pictures are read from now."""
    values_shown = ", ".join(column.shown or f"crop.{name}" for name, column in SHOWN.items())
    rows = database.execute(
        f"SELECT {values_shown} FROM crop JOIN source ON source.key = crop.source WHERE {where}", tuple(values)
    ).fetchall()
    table = pd.DataFrame(rows, columns=list(CROP_COLUMNS), dtype=object)
    table["source"] = [str(originals(workspace, key)) if isinstance(key, int) else key for key in table["source"]]
    table["alike"] = pd.Series([sha256 or None for sha256 in table["alike"]], dtype=object)
    return table.astype({name: column.dtype for name, column in SHOWN.items() if column.dtype is not object})


def next_numbers(database: sqlite3.Connection, count: int) -> int:
    """Take `count` numbers of the change log, within the transaction that writes; the first of them."""
    last = database.execute("UPDATE counter SET seq = seq + ? RETURNING seq", (count,)).fetchall()[0][0]
    return int(last) - count + 1


def insert_rows(database: sqlite3.Connection, into: str, rows: Sequence[Sequence[Any]], after: str = "") -> list[Any]:
    """One statement for all rows: "INSERT INTO crop (path, split)" becomes "... VALUES (?, ?), (?, ?) ...".

    Each step of `executemany` lets go of the interpreter's lock and waits for it again, which beside threads that
    decode pictures takes longer than the insert. Gives what a RETURNING clause in `after` returns.
    """
    returned = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        marks = ", ".join([f"({', '.join('?' * len(some[0]))})"] * len(some))
        values = [value for row in some for value in row]
        returned += database.execute(f"{into} VALUES {marks} {after}", values).fetchall()
    return returned


def insert_crops(database: sqlite3.Connection, gallery: int, source: int, crops: Sequence[NewCrop]) -> list[int | None]:
    """The number of each of them; None for one that is not new. Within the transaction that adds them.

    One whose path the source has already stays as it is; one of the same bytes and the same labels as a crop of the
    gallery is not kept twice. Raises ReidError when a person would be in training and in testing.
    """
    refuse_mixed_sides(database, gallery, crops)
    next_numbers(database, 1)
    marks = ", ".join("?" * len(crops))
    there = set(
        database.execute(
            f"SELECT {', '.join(SAME)} FROM crop "
            f"WHERE sha256 IN ({marks}) AND +gallery = ?",  # the plus: by no other index than the hash's
            (*(c.sha256 for c in crops), gallery),
        )
    )
    rows = []
    for c in crops:
        if (same := cells(c, SAME)) not in there:
            there.add(same)
            rows.append((gallery, source, int(time.time()), *cells(c, GIVEN)))
    into = f"INSERT OR IGNORE INTO crop (gallery, source, imported, {', '.join(GIVEN)})"
    new = dict(insert_rows(database, into, rows, "RETURNING path, id"))
    return [new.get(c.path) for c in crops]


def cells(crop: NewCrop, names: Sequence[str]) -> tuple[Any, ...]:
    """Values of these columns as they are written: NaN is NULL in the database."""
    values = (getattr(crop, name) for name in names)
    return tuple((None if math.isnan(v) else float(v)) if isinstance(v, float) else v for v in values)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
