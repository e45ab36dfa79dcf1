"""Vectors in the catalogue, and the change log by which every index follows them from any process.

Each vector, changed label and deletion carries a growing number. An index remembers the last one that it has seen and
asks for what came after.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from sqlite3 import Connection, Cursor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.retrieval.filters import Columns
from reid_core.retrieval.protocol import Changes
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.columns import INDEXED, INDEXED_OF_WALKS, WALK_OF_CROP, WALKS
from reid_core.workspace.catalogue.rows import gallery_key, insert_rows, model_key, next_numbers

CHUNK = 20_000  # vectors that are held as Python objects at once


def vector_size(catalogue: Catalogue, gallery: str, model: str) -> int:
    """How many numbers the model's vectors have. Raises ReidError when there is no such gallery or model."""
    with catalogue.transaction() as database:
        gallery_key(database, gallery)
        return _size(database, model_key(database, model))


def _size(database: Connection, model: int) -> int:
    return int(database.execute("SELECT embedding_size FROM model WHERE key = ?", (model,)).fetchone()[0])


def add_vectors(catalogue: Catalogue, model: str, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
    """Keep (N, D) vectors as float16, in one transaction; those of crops that are gone are dropped.

    Raises ReidError when D is not the model's.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        insert_vectors(database, model, ids, vectors)


def insert_vectors(database: Connection, model: str, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
    """The same within the transaction of something larger."""
    key = model_key(database, model)
    size = _size(database, key)
    if vectors.shape[1] != size:
        raise ReidError(f"Model {model} gives vectors of {size} numbers; these have {vectors.shape[1]}.")
    first = next_numbers(database, len(ids))
    wanted = [int(crop) for crop in ids]
    marks = ", ".join("?" * len(wanted))
    gallery_of = dict(database.execute(f"SELECT id, gallery FROM crop WHERE id IN ({marks})", wanted).fetchall())
    rows = [
        (first + row, key, gallery_of[crop], crop, vector.tobytes())
        for row, (crop, vector) in enumerate(zip(wanted, vectors.astype(np.float16), strict=True))
        if crop in gallery_of
    ]
    insert_rows(database, "INSERT OR REPLACE INTO vector (seq, model, gallery, crop, float16)", rows)


def without_vector(catalogue: Catalogue, gallery: str, model: str, splits: Sequence[str]) -> list[int]:
    """Ids of the crops in these splits that the model has not embedded."""
    with catalogue.transaction() as database:
        key, embedder = gallery_key(database, gallery), model_key(database, model)
        rows = database.execute(
            f"SELECT id FROM crop WHERE gallery = ? AND split IN ({', '.join('?' * len(splits))}) AND NOT EXISTS "
            "(SELECT 1 FROM vector WHERE vector.model = ? AND vector.crop = crop.id) ORDER BY id",
            (key, *splits, embedder),
        )
        return [id for (id,) in rows]


def count_vectors(catalogue: Catalogue, gallery: str, model: str, *, until: int | None = None) -> int:
    """How many there are, or how many up to number `until` of the change log."""
    with catalogue.transaction() as database:
        values = (gallery_key(database, gallery), model_key(database, model), until)
        row = database.execute(
            "SELECT COUNT(*) FROM vector WHERE gallery = ?1 AND model = ?2 AND (?3 IS NULL OR seq <= ?3)", values
        ).fetchone()
        return int(row[0])


def newest_vectors(
    catalogue: Catalogue, gallery: str, model: str, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids (N,) and vectors (N, D) of the `count` that were written last."""
    with catalogue.transaction() as database:
        rows = database.execute(
            "SELECT crop, float16 FROM vector WHERE gallery = ? AND model = ? ORDER BY seq DESC LIMIT ?",
            (gallery_key(database, gallery), model_key(database, model), count),
        ).fetchall()
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), np.float16).reshape(len(rows), -1)
    return np.array([crop for crop, _ in rows], np.int64), vectors.astype(np.float32)


def vectors_of(catalogue: Catalogue, model: str, ids: Collection[int]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids (N,) and vectors (N, D) under the model of those of the crops that it has embedded, in rising order of ids.

    Raises ReidError when the model has embedded nothing in this workspace.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        key = model_key(database, model)
        size = _size(database, key)
        rows = database.execute(
            "SELECT crop, float16 FROM vector WHERE model = ? AND crop IN (SELECT value FROM json_each(?)) "
            "ORDER BY crop",
            (key, json.dumps([int(crop) for crop in ids])),
        ).fetchall()
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), np.float16).reshape(len(rows), size)
    return _ids(rows), vectors.astype(np.float32)


def embedded_since(catalogue: Catalogue, gallery: str, model: str, seq: int) -> frozenset[int]:
    """Crops that the model has embedded after number `seq` of the change log."""
    with catalogue.transaction() as database:
        rows = database.execute(
            "SELECT crop FROM vector WHERE gallery = ? AND model = ? AND seq > ?",
            (gallery_key(database, gallery), model_key(database, model), seq),
        )
        return frozenset(crop for (crop,) in rows)


def last_deletion(catalogue: Catalogue) -> int:
    """Number of the newest deleted crop in the change log; 0 where none ever was."""
    with catalogue.transaction() as database:
        return int(database.execute("SELECT COALESCE(MAX(seq), 0) FROM tombstone").fetchone()[0])


def read_changes(catalogue: Catalogue, gallery: str, model: str, since: int) -> Iterator[Changes]:
    """What was written after number `since`, as one consistent view, in pieces; nothing when there is nothing new.

    The first piece has all removals and new labels. Raises ReidError when the log does not go back to `since`, which
    means that the catalogue was put back to an older state.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        last = int(database.execute("SELECT seq FROM counter").fetchone()[0])
        if since > last:
            raise ReidError(f"The catalogue {catalogue.path} is older than its index. Open the gallery again.")
        if since == last:
            return
        key, embedder = gallery_key(database, gallery), model_key(database, model)
        size = _size(database, embedder)
        named, joined = _indexed(database, key)
        read = f"SELECT crop.id, {', '.join(named.values())}"
        after = (key, since)
        # Of every gallery: one of this name may have been deleted and made anew.
        removed = [
            id for (id,) in database.execute("SELECT crop FROM tombstone WHERE seq > ?", (since,))
        ] if since >= 0 else []  # fmt: skip
        labels = database.execute(
            f"{read} FROM crop {joined} WHERE crop.gallery = ? AND crop.seq > ? ORDER BY crop.id", after
        ).fetchall() if since >= 0 else []  # fmt: skip
        which = f"FROM vector JOIN crop ON crop.id = vector.crop {joined} WHERE vector.gallery = ? AND vector.model = ?"
        values = (key, embedder, since)
        total = int(
            database.execute(
                "SELECT COUNT(*) FROM vector WHERE gallery = ? AND model = ? AND seq > ?", values
            ).fetchone()[0]
        )
        cursor = database.execute(f"{read}, vector.float16 {which} AND vector.seq > ? ORDER BY vector.seq", values)
        first = True
        for rows in _pieces(cursor):
            vectors = np.frombuffer(b"".join(row[-1] for row in rows), np.float16).reshape(len(rows), size)
            yield Changes(
                np.array(removed if first else [], np.int64),
                _ids(labels if first else []), _columns(database, named, labels if first else []),
                _ids(rows), vectors, _columns(database, named, rows), last, total,
            )  # fmt: skip
            first = False


def read_vectors(catalogue: Catalogue, gallery: str, model: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """All ids (N,) and vectors (N, D) of the gallery under the model, for an evaluation of it."""
    pieces = list(read_changes(catalogue, gallery, model, -1))
    if not pieces:
        return np.empty(0, np.int64), np.empty((0, 0), np.float32)
    return np.concatenate([p.ids for p in pieces]), np.concatenate([p.vectors for p in pieces]).astype(np.float32)


def _pieces(cursor: Cursor) -> Iterator[list[Any]]:
    """At least one piece, empty where there are no rows."""
    rows = cursor.fetchmany(CHUNK)
    yield rows
    while len(rows) == CHUNK:
        rows = cursor.fetchmany(CHUNK)
        if rows:
            yield rows


def _ids(rows: Sequence[Any]) -> NDArray[np.int64]:
    return np.array([row[0] for row in rows], np.int64)


def _indexed(database: Connection, gallery: int) -> tuple[dict[str, str], str]:
    """SQL of each column of table `crop` that the gallery's index has, and what must be joined for it.

    Without recordings there are no walks: they cost nothing.
    """
    if database.execute("SELECT 1 FROM recording WHERE gallery = ?", (gallery,)).fetchone() is None:
        return INDEXED, ""
    return {**INDEXED, "walk": WALK_OF_CROP}, WALKS


def _columns(database: Connection, named: Iterable[str], rows: Sequence[Any]) -> Columns:
    """Of rows that begin with the id and these columns; NULL is None of a label and NaN of a number."""
    names = list(named)
    values = list(zip(*rows, strict=True))[1 : 1 + len(names)] if rows else [()] * len(names)
    cells: dict[str, Any] = {name: list(column) for name, column in zip(names, values, strict=True)}
    if "walk" in cells:
        cells |= _walks(database, np.array(cells["walk"], np.int32))
    return Columns(**cells)


def _walks(database: Connection, walks: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    """What is known of the walk of each row; each walk is read once, since several rows share it."""
    numbers, places = np.unique(walks, return_inverse=True)
    found = {
        key: values
        for key, *values in database.execute(
            f"SELECT key, {', '.join(INDEXED_OF_WALKS.values())} FROM tracklet "
            "WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers.tolist()),),
        )
    }
    none = [None] * len(INDEXED_OF_WALKS)
    table = np.array([found.get(number, none) for number in numbers.tolist()], object).reshape(len(numbers), len(none))
    return {name: table[places, column] for column, name in enumerate(INDEXED_OF_WALKS)}
