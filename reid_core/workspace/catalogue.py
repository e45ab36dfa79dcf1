"""The catalogue: the one truth about crops, models and vectors, in SQLite.

Each method is one transaction on a connection of its own, so threads and processes share a workspace freely.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK
from reid_core.retrieval.index import Columns
from reid_core.workspace.rows import (
    CROP_COLUMNS,
    GalleryInfo,
    NewCrop,
    check_name,
    crop_table,
    gallery_info,
    gallery_key,
    model_key,
    now,
    refuse_mixed_sides,
    user,
)
from reid_core.workspace.schema import CATALOGUE, connect, create

_IN_A_QUERY = 900  # SQLite's oldest limit on placeholders is 999


class Catalogue:
    def __init__(self, path: Path) -> None:
        self.path = path
        create(path, CATALOGUE)

    # --- galleries and crops ---

    def add_gallery(self, name: str) -> None:
        """Make the gallery unless it is there. Raises ReidError for a name that could not be a file name."""
        check_name(name, "gallery")
        with connect(self.path) as database:
            database.execute("INSERT OR IGNORE INTO gallery (name, created) VALUES (?, ?)", (name, now()))

    def galleries(self) -> list[GalleryInfo]:
        with connect(self.path) as database:
            database.execute("BEGIN")
            return [
                gallery_info(database, key, name)
                for key, name in database.execute("SELECT key, name FROM gallery ORDER BY key")
            ]

    def version(self) -> tuple[int, int, int]:
        """Numbers that change whenever galleries, crops or vectors do, read in no time: a cache may go by them."""
        with connect(self.path) as database:
            row = database.execute(
                "SELECT (SELECT seq FROM counter), (SELECT MAX(id) FROM crop), (SELECT MAX(key) FROM gallery)"
            ).fetchone()
            return tuple(int(number or 0) for number in row)  # type: ignore[return-value]

    def gallery(self, name: str) -> GalleryInfo:
        """Raises ReidError, naming the galleries that there are, when there is none of that name."""
        with connect(self.path) as database:
            database.execute("BEGIN")
            return gallery_info(database, gallery_key(database, name), name)

    def add_source(self, gallery: str, path: str, format: str) -> int:
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            database.execute(
                "INSERT INTO source (gallery, path, format, imported) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (gallery, path) DO UPDATE SET format = excluded.format",
                (key, path, format, now()),
            )
            return int(
                database.execute("SELECT key FROM source WHERE gallery = ? AND path = ?", (key, path)).fetchone()[0]
            )

    def formats(self, gallery: str) -> list[str]:
        """Formats of the data sets that the gallery was imported from."""
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            return [
                f
                for (f,) in database.execute(
                    "SELECT DISTINCT format FROM source WHERE gallery = ? ORDER BY key", (key,)
                )
            ]

    def known_labels(self, source: int) -> dict[str, tuple[str | None, str | None]]:
        """Identity and camera of each path that the source has brought in."""
        with connect(self.path) as database:
            rows = database.execute("SELECT path, identity, camera FROM crop WHERE source = ?", (source,))
            return {path: (identity, camera) for path, identity, camera in rows}

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

    def add_crops(self, gallery: str, source: int, crops: Sequence[NewCrop]) -> int:
        """All or none of them; those whose path the source has already stay as they are. Returns how many are new.

        Raises ReidError when a person would be in training and in testing; another process may just have added her.
        """
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            key = gallery_key(database, gallery)
            refuse_mixed_sides(database, key, crops)
            before = database.total_changes
            database.executemany(
                "INSERT OR IGNORE INTO crop (gallery, source, path, identity, camera, time, tracklet, split, width, "
                "height, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (key, source, c.path, c.identity, c.camera, None if np.isnan(c.time) else c.time, c.tracklet,
                     c.split, c.width, c.height, c.sha256)
                    for c in crops
                ],
            )  # fmt: skip
            return database.total_changes - before

    def crops(self, gallery: str, splits: Sequence[str] = ("train", "query", "gallery")) -> pd.DataFrame:
        """One row per crop with `CROP_COLUMNS`, in the order of import; `sha256` is hexadecimal, `source` a path."""
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            marks = ", ".join("?" * len(splits))
            where = f"crop.gallery = ? AND crop.split IN ({marks}) ORDER BY crop.id"
            return crop_table(database, where, (key, *splits))

    def crops_of(self, ids: Sequence[int]) -> pd.DataFrame:
        """Rows of those ids, in their order; an id that is gone is left out."""
        with connect(self.path) as database:
            database.execute("BEGIN")
            parts = []
            for start in range(0, len(ids), _IN_A_QUERY):
                some = [int(crop) for crop in ids[start : start + _IN_A_QUERY]]
                parts.append(crop_table(database, f"crop.id IN ({', '.join('?' * len(some))})", tuple(some)))
        table = pd.concat(parts) if parts else pd.DataFrame(columns=list(CROP_COLUMNS))
        present = set(table["id"])
        return table.set_index("id", drop=False).loc[[int(i) for i in ids if int(i) in present]].reset_index(drop=True)

    def find_picture(self, gallery: str, sha256: bytes) -> pd.DataFrame:
        """Crops of the gallery whose file has exactly these bytes."""
        with connect(self.path) as database:
            return crop_table(
                database, "crop.gallery = ? AND crop.sha256 = ?", (gallery_key(database, gallery), sha256)
            )

    def cameras(self, gallery: str) -> list[str]:
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            rows = database.execute("SELECT DISTINCT camera FROM crop WHERE gallery = ? AND camera NOT NULL", (key,))
            return [camera for (camera,) in rows]

    # --- a gallery in pages, for people who look through it ---

    def page_of_crops(self, gallery: str, *, offset: int, limit: int, camera: str | None = None) -> pd.DataFrame:
        """`limit` crops from place `offset` on, those of one camera together, as `crops` gives them."""
        only, values = ("", ()) if camera is None else ("AND camera = ? ", (camera,))
        with connect(self.path) as database:
            where = (
                f"crop.id IN (SELECT id FROM crop WHERE gallery = ? {only}ORDER BY camera, id LIMIT ? OFFSET ?) "
                "ORDER BY crop.camera, crop.id"
            )
            return crop_table(database, where, (gallery_key(database, gallery), *values, limit, offset))

    def page_of_people(self, gallery: str, *, offset: int, limit: int) -> pd.DataFrame:
        """One crop, the first, of each labelled person; `limit` people from place `offset` on, in order of label."""
        with connect(self.path) as database:
            where = (
                "crop.id IN (SELECT MIN(id) FROM crop WHERE gallery = ? AND identity NOT NULL AND identity NOT IN "
                "(?, ?) GROUP BY identity ORDER BY identity LIMIT ? OFFSET ?) ORDER BY crop.identity"
            )
            return crop_table(database, where, (gallery_key(database, gallery), DISTRACTOR, JUNK, limit, offset))

    def count_of_camera(self, gallery: str, camera: str) -> int:
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            row = database.execute("SELECT COUNT(*) FROM crop WHERE gallery = ? AND camera = ?", (key, camera))
            return int(row.fetchone()[0])

    def time_range(self, gallery: str) -> tuple[float, float] | None:
        """First and last known time of its crops, in seconds as in `Records`; None where no time is known."""
        with connect(self.path) as database:
            key = gallery_key(database, gallery)
            row = database.execute("SELECT MIN(time), MAX(time) FROM crop WHERE gallery = ?", (key,)).fetchone()
        return None if row[0] is None else (float(row[0]), float(row[1]))

    # --- models and vectors ---

    def add_model(self, id: str, name: str, embedding_size: int) -> None:
        with connect(self.path) as database:
            database.execute(
                "INSERT INTO model (id, name, embedding_size) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                (id, name, embedding_size),
            )

    def without_vector(self, gallery: str, model: str, splits: Sequence[str]) -> list[int]:
        """Ids of the crops in these splits that the model has not embedded."""
        with connect(self.path) as database:
            key, embedder = gallery_key(database, gallery), model_key(database, model)
            rows = database.execute(
                f"SELECT id FROM crop WHERE gallery = ? AND split IN ({', '.join('?' * len(splits))}) AND NOT EXISTS "
                "(SELECT 1 FROM vector WHERE vector.model = ? AND vector.crop = crop.id) ORDER BY id",
                (key, *splits, embedder),
            )
            return [id for (id,) in rows]

    def add_vectors(self, model: str, ids: Sequence[int], vectors: npt.NDArray[np.float32]) -> None:
        """Keep (N, D) vectors as float16, in one transaction. Raises ReidError when D is not the model's."""
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            key = model_key(database, model)
            size = database.execute("SELECT embedding_size FROM model WHERE key = ?", (key,)).fetchone()[0]
            if vectors.shape[1] != size:
                raise ReidError(f"Model {model} gives vectors of {size} numbers; these have {vectors.shape[1]}.")
            last = database.execute("UPDATE counter SET seq = seq + ? RETURNING seq", (len(ids),)).fetchall()[0][0]
            first = last - len(ids) + 1
            database.executemany(
                "INSERT OR REPLACE INTO vector (model, crop, seq, float16) SELECT ?, id, ?, ? FROM crop WHERE id = ?",
                [
                    (key, first + row, vector.tobytes(), int(crop))
                    for row, (crop, vector) in enumerate(zip(ids, vectors.astype(np.float16), strict=True))
                ],
            )

    def vectors_since(
        self, gallery: str, model: str, seq: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], Columns, int]:
        """Ids (N,), vectors (N, D) and filter columns written after `seq`, and the last number seen."""
        with connect(self.path) as database:
            database.execute("BEGIN")
            key, embedder = gallery_key(database, gallery), model_key(database, model)
            size = database.execute("SELECT embedding_size FROM model WHERE key = ?", (embedder,)).fetchone()[0]
            last = database.execute("SELECT seq FROM counter").fetchone()[0]
            rows = [] if last == seq else database.execute(
                "SELECT crop.id, crop.camera, crop.identity, crop.split, crop.time, vector.float16 FROM vector "
                "JOIN crop ON crop.id = vector.crop WHERE vector.model = ? AND vector.seq > ? AND crop.gallery = ? "
                "ORDER BY vector.seq",
                (embedder, seq, key),
            ).fetchall()  # fmt: skip
        ids, cameras, identities, splits, times, blobs = zip(*rows, strict=True) if rows else [()] * 6
        vectors = np.frombuffer(b"".join(blobs), np.float16).reshape(len(rows), size).astype(np.float32)
        columns = Columns(
            camera=np.array(cameras, object),
            identity=np.array(identities, object),
            split=np.array(splits, object),
            time=np.array([np.nan if time is None else time for time in times], np.float64),
        )
        return np.array(ids, np.int64), vectors, columns, int(last)

    # --- who did what ---

    def log(self, action: str, purpose: str, **details: Any) -> None:
        """Add a line to the append-only log: when, who (the operating system's user), what and why."""
        with connect(self.path) as database:
            database.execute(
                "INSERT INTO audit (at, who, action, purpose, details) VALUES (?, ?, ?, ?, ?)",
                (now(), user(), action, purpose, json.dumps(details, ensure_ascii=False, sort_keys=True)),
            )

    def audit(self, last: int = 100) -> list[dict[str, Any]]:
        """The newest lines of the log, newest first."""
        with connect(self.path) as database:
            rows = database.execute(
                "SELECT at, who, action, purpose, details FROM audit ORDER BY key DESC LIMIT ?", (last,)
            )
            return [
                {"at": at, "who": who, "action": action, "purpose": purpose, **json.loads(details)}
                for at, who, action, purpose, details in rows
            ]
