"""The catalogue: the one truth about galleries, crops, models and who did what, in SQLite.

Each method is one transaction on a connection of its own, so threads and processes share a workspace freely. Vectors
and what indexes follow are in `vectors.py`, how people look through a gallery in `browsing.py`, how labels are mended
in `editing.py`, how crops go for good in `deletion.py`: functions on the same database.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pandas as pd

from reid_core.errors import NotThere
from reid_core.records import DISTRACTOR, JUNK
from reid_core.workspace.actor import Actor
from reid_core.workspace.catalogue.audit import ServeModel
from reid_core.workspace.catalogue.audit_base import Event
from reid_core.workspace.catalogue.audit_trail import read_log, write_log
from reid_core.workspace.catalogue.database import PAGE_BYTES, anchor, connect, create
from reid_core.workspace.catalogue.rows import (
    CROP_COLUMNS,
    GalleryInfo,
    NewCrop,
    cameras_of,
    check_name,
    crop_table,
    gallery_info,
    gallery_key,
    insert_crops,
    model_key,
    next_numbers,
    now,
)
from reid_core.workspace.catalogue.schema import CATALOGUE, UPGRADES, VERSION
from reid_core.workspace.reserve import with_room

MOST = 2**63 - 1  # SQLite's largest integer
IN_A_QUERY = 900  # SQLite's oldest limit on placeholders is 999


class Catalogue:
    """The database file; its folder is the workspace. What is done through it is done by `actor`."""

    def __init__(self, path: Path, actor: Actor) -> None:
        self.path = path
        self.actor = actor
        self.workspace = path.parent
        create(path, CATALOGUE, VERSION, UPGRADES, page_bytes=PAGE_BYTES)
        self._anchor = anchor(path)

    def transaction(self) -> AbstractContextManager[Connection]:
        """A connection for one transaction; see `database.connect`."""
        return connect(self.path)

    def version(self) -> int:
        """A number that grows whenever galleries, crops, labels or vectors change; read in no time."""
        with connect(self.path) as database:
            return int(database.execute("SELECT seq FROM counter").fetchone()[0])

    # --- galleries and sources ---

    def add_gallery(self, name: str) -> None:
        """Make the gallery unless it is there. Raises ReidError for a name that could not be a file name."""
        check_name(name, "gallery")
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            before = database.total_changes
            database.execute("INSERT OR IGNORE INTO gallery (name, created) VALUES (?, ?)", (name, now()))
            if database.total_changes > before:
                next_numbers(database, 1)

    def remove_gallery_if_empty(self, name: str) -> None:
        """For one that was made for what did not come in: nothing hangs on it yet."""
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            gone = database.execute(
                "DELETE FROM gallery WHERE name = ? AND key NOT IN (SELECT gallery FROM source) RETURNING key", (name,)
            ).fetchall()
            if gone:
                next_numbers(database, 1)

    def galleries(self) -> list[GalleryInfo]:
        with connect(self.path) as database:
            database.execute("BEGIN")
            return [
                gallery_info(database, key, name)
                for key, name in database.execute("SELECT key, name FROM gallery ORDER BY key").fetchall()
            ]

    def gallery(self, name: str) -> GalleryInfo:
        """Raises ReidError, naming the galleries that there are, when there is none of that name."""
        with connect(self.path) as database:
            database.execute("BEGIN")
            return gallery_info(database, gallery_key(database, name), name)

    def add_source(self, gallery: str, path: str, format: str, *, copied: bool = False) -> int:
        """The source's key. One that is there stays copied or referenced, as it was."""
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            key = gallery_key(database, gallery)
            database.execute(
                "INSERT INTO source (gallery, path, format, imported, copied) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (gallery, path) DO UPDATE SET format = excluded.format",
                (key, path, format, now(), copied),
            )
            return int(
                database.execute("SELECT key FROM source WHERE gallery = ? AND path = ?", (key, path)).fetchone()[0]
            )

    def sources(self, gallery: str) -> pd.DataFrame:
        """One row per source, in the order of import: key, path, format, imported, copied, crops."""
        with connect(self.path) as database:
            rows = database.execute(
                "SELECT key, path, format, imported, copied, (SELECT COUNT(*) FROM crop WHERE crop.source = source.key)"
                " FROM source WHERE gallery = ? ORDER BY key",
                (gallery_key(database, gallery),),
            ).fetchall()
        table = pd.DataFrame(rows, columns=["key", "path", "format", "imported", "copied", "crops"])
        return table.astype({"copied": bool})

    def formats(self, gallery: str) -> list[str]:
        """Formats of the data sets that the gallery was imported from."""
        return list(dict.fromkeys(self.sources(gallery)["format"]))

    def known_labels(self, source: int) -> dict[str, tuple[str | None, str | None]]:
        """Identity and camera of each path that the source has brought in."""
        with connect(self.path) as database:
            rows = database.execute("SELECT path, identity, camera FROM crop WHERE source = ?", (source,))
            return {path: (identity, camera) for path, identity, camera in rows}

    # --- crops ---

    def has_identity(self, gallery: str, identity: str) -> bool:
        with connect(self.path) as database:
            values = (gallery_key(database, gallery), identity)
            return bool(database.execute("SELECT 1 FROM crop WHERE gallery = ? AND identity = ?", values).fetchone())

    def sides(self, gallery: str) -> tuple[set[str], set[str]]:
        """People in the training split, and people in the query and gallery splits."""
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            rows = database.execute(
                "SELECT DISTINCT identity, split = 'train' FROM crop WHERE gallery = ? AND identity NOT NULL", (key,)
            ).fetchall()
        people = [(identity, train) for identity, train in rows if identity not in (DISTRACTOR, JUNK)]
        return {i for i, train in people if train}, {i for i, train in people if not train}

    def add_crops(self, gallery: str, source: int, crops: Sequence[NewCrop]) -> list[bool]:
        """All or none of them; tells of each whether it is new (see `rows.insert_crops`).

        Raises ReidError when a person would be in training and in testing; another process may just have added her.
        """
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            key = gallery_key(database, gallery)
            if not database.execute("SELECT 1 FROM source WHERE key = ? AND gallery = ?", (source, key)).fetchone():
                raise NotThere(f"Gallery {gallery!r} was deleted while this was imported. Import it again.")
            return [id is not None for id in insert_crops(database, key, source, crops)]

    def looks(self, gallery: str) -> tuple[list[int], list[bytes]]:
        """Perceptual hashes of the gallery's crops, and the sha-256 of each one's picture."""
        with connect(self.path) as database:
            rows = database.execute(
                "SELECT look, sha256 FROM crop WHERE gallery = ? AND look NOT NULL", (gallery_key(database, gallery),)
            ).fetchall()
        return [look for look, _ in rows], [sha256 for _, sha256 in rows]

    def crops(self, gallery: str, splits: Sequence[str] = ("train", "query", "gallery")) -> pd.DataFrame:
        """One row per crop with `CROP_COLUMNS`, in the order of import; `sha256` is hexadecimal, `source` a path."""
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            marks = ", ".join("?" * len(splits))
            where = f"crop.gallery = ? AND crop.split IN ({marks}) ORDER BY crop.id"
            return crop_table(database, self.workspace, where, (key, *splits))

    def crops_of(self, ids: Sequence[int]) -> pd.DataFrame:
        """Rows of those ids, in their order; an id that is gone, or that none can have, is left out."""
        ids = [int(crop) for crop in ids if int(crop) <= MOST]  # an address may name any number
        with connect(self.path) as database:
            database.execute("BEGIN")
            parts = []
            for start in range(0, len(ids), IN_A_QUERY):
                some = ids[start : start + IN_A_QUERY]
                parts.append(crop_table(database, self.workspace, f"crop.id IN ({', '.join('?' * len(some))})", some))
        table = pd.concat(parts) if parts else pd.DataFrame(columns=list(CROP_COLUMNS))
        present = set(table["id"])
        return table.set_index("id", drop=False).loc[[i for i in ids if i in present]].reset_index(drop=True)

    def find_picture(self, gallery: str, sha256: bytes) -> pd.DataFrame:
        """Crops of the gallery whose file has exactly these bytes."""
        with connect(self.path) as database:
            where = "crop.gallery = ? AND crop.sha256 = ?"
            return crop_table(database, self.workspace, where, (gallery_key(database, gallery), sha256))

    def cameras(self, gallery: str) -> list[str]:
        with connect(self.path) as database:
            return cameras_of(database, gallery_key(database, gallery))

    def time_range(self, gallery: str) -> tuple[float, float] | None:
        """First and last known time of its crops, in seconds as in `Records`; None where no time is known."""
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            first, last = (
                database.execute(
                    f"SELECT time FROM crop WHERE gallery = ? AND time NOT NULL ORDER BY time {order} LIMIT 1", (key,)
                ).fetchone()
                for order in ("ASC", "DESC")
            )
        return None if first is None else (float(first[0]), float(last[0]))

    # --- models ---

    def add_model(self, id: str, name: str, embedding_size: int) -> None:
        with connect(self.path) as database:
            database.execute(
                "INSERT INTO model (id, name, embedding_size) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                (id, name, embedding_size),
            )

    def serve(self, event: ServeModel) -> None:
        """From now on the event's gallery is searched by its model, and the log says so.

        Raises ReidError when the model has embedded nothing.
        """
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            row = gallery_key(database, event.gallery), model_key(database, event.model)
            database.execute(
                "INSERT INTO serving (gallery, model) VALUES (?, ?) "
                "ON CONFLICT (gallery) DO UPDATE SET model = excluded.model",
                row,
            )
            next_numbers(database, 1)
            write_log(database, self.actor, event)

    def keep_serving(self, gallery: str, model: str) -> None:
        """Settle on the model that serves the gallery now, before another one embeds as much of it."""
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            row = gallery_key(database, gallery), model_key(database, model)
            database.execute("INSERT OR IGNORE INTO serving (gallery, model) VALUES (?, ?)", row)

    # --- who did what ---

    def log(self, event: Event) -> None:
        """Add a line to the append-only log: when, who (the actor), what and why.

        Raises DiskFull when there is no room for it, not even in the reserve.
        """

        def write() -> None:
            with connect(self.path) as database:
                write_log(database, self.actor, event)

        with_room(self.workspace, write)

    def audit(self, last: int = 100) -> list[dict[str, Any]]:
        """The newest lines of the log, newest first; see `audit_trail.read_log`."""
        with connect(self.path) as database:
            return read_log(database, last)
