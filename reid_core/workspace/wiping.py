"""The second half of a deletion: what lies outside of the catalogue's rows is wiped, and both databases' logs emptied.

The first half is one transaction of the catalogue (`deletion.py`), which also writes down here what is left to do. A
crash in between loses nothing: the next process that opens the workspace goes on.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from reid_core.workspace.catalogue import Catalogue
from reid_core.workspace.rows import ORIGINALS, now
from reid_core.workspace.schema import backups, connect
from reid_core.workspace.snapshot import snapshot_seq
from reid_core.workspace.thumbnails import Thumbnails
from reid_core.workspace.vectors import last_deletion

INDEXES = "indexes"
THUMBNAIL, ORIGINAL, INDEX, FILE = "thumbnail", "original", "index", "file"  # kinds of `removal.name`
_AT_ONCE = 2_000
_SECONDS_FOR_READERS = 20.0  # that other processes have to end what they are reading


def pending(catalogue: Catalogue) -> bool:
    """Whether a deletion has not been finished."""
    with catalogue.transaction() as database:
        return database.execute("SELECT 1 FROM deletion WHERE finished IS NULL LIMIT 1").fetchone() is not None


def finish(catalogue: Catalogue, thumbnails: Thumbnails) -> bool:
    """Wipe what deletions have left to wipe; several processes may do so at once.

    False when another process was reading for so long that the write-ahead log could not be emptied: then the
    deletion stays unfinished, and the next call tries again.
    """
    with catalogue.transaction() as database:
        deletions = [key for (key,) in database.execute("SELECT key FROM deletion WHERE finished IS NULL")]
    if not deletions:
        return True
    for backup in backups(catalogue.path):
        backup.unlink(missing_ok=True)
    _add_orphans(catalogue, thumbnails, deletions[-1])
    while _wipe_some(catalogue, thumbnails):
        pass
    if not (_empty_log(catalogue.path) and _empty_log(thumbnails.path)):
        return False
    with catalogue.transaction() as database:
        database.executemany(
            "UPDATE deletion SET finished = ? WHERE key = ? AND finished IS NULL", [(now(), key) for key in deletions]
        )
    return True


def _add_orphans(catalogue: Catalogue, thumbnails: Thumbnails, deletion: int) -> None:
    """Thumbnails and copies whose import was interrupted before it had a row for them: nothing else knows of them.

    An import that is at work has some too; it looks after its rows are written, and puts back what it needs.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        known = {sha256 for (sha256,) in database.execute("SELECT sha256 FROM crop")}
        copied = {key for (key,) in database.execute("SELECT key FROM source WHERE copied")}
        rows = [(deletion, THUMBNAIL, sha256.hex()) for sha256 in thumbnails.hashes() if sha256 not in known]
        for folder in (catalogue.workspace / ORIGINALS).glob("*"):
            paths = (file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
            there: set[str] = set()
            if folder.name.isdecimal() and int(folder.name) in copied:
                found = database.execute("SELECT path FROM crop WHERE source = ?", (int(folder.name),))
                there = {path for (path,) in found}
            rows += [(deletion, ORIGINAL, f"{folder.name}/{path}") for path in paths if path not in there]
    if rows:
        with catalogue.transaction() as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO removal VALUES (?, ?, ?)", rows)


def _wipe_some(catalogue: Catalogue, thumbnails: Thumbnails) -> bool:
    """One batch. The catalogue is locked meanwhile, so that no import brings back what is about to go."""
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        rows = database.execute("SELECT rowid, kind, name FROM removal LIMIT ?", (_AT_ONCE,)).fetchall()
        gone = []
        for _, kind, name in rows:
            if kind == THUMBNAIL:
                sha256 = bytes.fromhex(name)
                if not database.execute("SELECT 1 FROM crop WHERE sha256 = ? LIMIT 1", (sha256,)).fetchone():
                    gone.append(sha256)
            elif kind == ORIGINAL:
                source, _, path = name.partition("/")
                values = (int(source), path)
                if not database.execute("SELECT 1 FROM crop WHERE source = ? AND path = ?", values).fetchone():
                    _unlink(catalogue.workspace / ORIGINALS / source, path)
            elif kind == INDEX:
                _remove_stale(catalogue, name)
            elif kind == FILE:
                (catalogue.workspace / name).unlink(missing_ok=True)
        if gone:
            thumbnails.remove(gone)
        database.executemany("DELETE FROM removal WHERE rowid = ?", [(row,) for row, _, _ in rows])
        return len(rows) == _AT_ONCE


def _remove_stale(catalogue: Catalogue, gallery: str) -> None:
    """Snapshots of indexes that have not seen the last deletion: they hold what it deleted."""
    last = last_deletion(catalogue)
    for folder in (catalogue.workspace / INDEXES).glob(f"{gallery}@*"):
        seq = snapshot_seq(folder)
        if seq is None or seq < last:
            shutil.rmtree(folder, ignore_errors=True)


def _unlink(root: Path, path: str) -> None:
    """Remove the file and the folders that it leaves empty."""
    file = root / path
    file.unlink(missing_ok=True)
    for folder in file.parents:
        if not folder.is_relative_to(root):
            return
        with suppress(OSError):
            folder.rmdir()


def _empty_log(path: Path) -> bool:
    """Move all that is written into the database file and cut its write-ahead log to nothing."""
    end = time.monotonic() + _SECONDS_FOR_READERS
    while True:
        with connect(path) as database:
            database.execute("PRAGMA busy_timeout=1000")
            busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
