"""Tables of the catalogue and how a database file is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reid_core.errors import ReidError

VERSION = 1

# Every write of a vector takes the next number of `counter`; an index remembers the last one that it has seen.
CATALOGUE = """
CREATE TABLE gallery (
    key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created TEXT NOT NULL
) STRICT;
CREATE TABLE source (
    key INTEGER PRIMARY KEY, gallery INTEGER NOT NULL REFERENCES gallery(key), path TEXT NOT NULL,
    format TEXT NOT NULL, imported TEXT NOT NULL, UNIQUE (gallery, path)
) STRICT;
CREATE TABLE crop (
    id INTEGER PRIMARY KEY AUTOINCREMENT, gallery INTEGER NOT NULL REFERENCES gallery(key),
    source INTEGER NOT NULL REFERENCES source(key), path TEXT NOT NULL, identity TEXT, camera TEXT, time REAL,
    tracklet TEXT, split TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, sha256 BLOB NOT NULL,
    UNIQUE (source, path)
) STRICT;
CREATE INDEX crop_gallery ON crop (gallery, split);
CREATE INDEX crop_sha256 ON crop (sha256);
CREATE INDEX crop_identity ON crop (gallery, identity);
CREATE INDEX crop_camera ON crop (gallery, camera);
CREATE TABLE model (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, embedding_size INTEGER NOT NULL
) STRICT;
CREATE TABLE counter (seq INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0);
CREATE TABLE vector (
    model INTEGER NOT NULL REFERENCES model(key), crop INTEGER NOT NULL REFERENCES crop(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL, float16 BLOB NOT NULL, PRIMARY KEY (model, crop)
) STRICT, WITHOUT ROWID;
CREATE INDEX vector_seq ON vector (model, seq);
CREATE TABLE audit (
    key INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
    purpose TEXT NOT NULL, details TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""

THUMBNAILS = "CREATE TABLE thumbnail (sha256 BLOB PRIMARY KEY, jpeg BLOB NOT NULL) STRICT, WITHOUT ROWID;"


def create(path: Path, tables: str) -> None:
    """Make the database file with these tables unless it is there; two processes may try at once."""
    with connect(path) as database:
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("BEGIN IMMEDIATE")
            found = database.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            for statement in _statements(tables):
                database.execute(statement)
            database.execute(f"PRAGMA user_version={VERSION}")
        elif found > VERSION:
            raise ReidError(f"{path} was written by a newer version of Retrace (format {found}). Update Retrace.")


@contextmanager
def connect(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction: committed when the block ends, rolled back when it raises.

    SQLite's own errors become ReidErrors that name the file.
    """
    try:
        database = sqlite3.connect(path, timeout=60, isolation_level=None)
        try:
            # WAL with full sync: what a commit acknowledged survives a power cut.
            database.execute("PRAGMA synchronous=FULL")
            database.execute("PRAGMA foreign_keys=ON")
            yield database
            if database.in_transaction:
                database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        finally:
            database.close()
    except sqlite3.Error as error:
        raise ReidError(_explain(path, error)) from error


def _explain(path: Path, error: sqlite3.Error) -> str:
    reason = str(error)
    if "readonly" in reason or "unable to open" in reason:
        return f"{path} cannot be written. Choose a workspace on a disk you may write to, with --workspace."
    if "disk is full" in reason or "disk I/O" in reason:
        return (
            f"{path} could not be written: {reason}. Nothing of this step was kept; free some space and run it again."
        )
    if "not a database" in reason or "malformed" in reason:
        return f"{path} is damaged ({reason}). Restore it from a backup, or choose another workspace."
    return f"{path} could not be used ({reason})."


def _statements(script: str) -> Iterator[str]:
    """Single statements of a script; `executescript` would commit in between."""
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
