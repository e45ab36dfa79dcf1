"""The second half of a deletion: what lies outside of the catalogue's rows is wiped, and both databases' logs emptied.

The first half is one transaction of the catalogue (`deletion.py`), which also writes down here what is left to do. A
crash in between loses nothing: the next process that opens the workspace goes on.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection

from reid_core.errors import DiskFull, disk_full, is_full
from reid_core.files import one_at_a_time
from reid_core.retrieval.exact.snapshot import remove_partials, snapshot_seq
from reid_core.temporary import remove_abandoned
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.database import backups, connect
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.catalogue.thumbnails import Thumbnails
from reid_core.workspace.catalogue.vectors import last_deletion
from reid_core.workspace.jobs import all_jobs, forget, forget_unstarted
from reid_core.workspace.layout import COMPARISONS, EVALUATIONS, INDEXES, LOCK, ORIGINALS
from reid_core.workspace.leftovers import sweep_for_deletion
from reid_core.workspace.maps.files import forget_on_maps
from reid_core.workspace.models.calibration_traces import forget_calibrations
from reid_core.workspace.reserve import was_used, with_room
from reid_core.workspace.runs.traces import forget_in_runs, runs_on

# Kinds of `removal.name`.
THUMBNAIL, ORIGINAL, INDEX, FILE, JOBS, RUNS = "thumbnail", "original", "index", "file", "jobs", "runs"
MAPS, REPORTS, CALIBRATIONS = "maps", "evaluations", "calibrations"
OF_GALLERY = (INDEX, JOBS, RUNS, MAPS, REPORTS)  # whose name is the gallery's
_AT_ONCE = 2_000
_SECONDS_FOR_READERS = 20.0  # that other processes have to end what they are reading


def pending(catalogue: Catalogue) -> bool:
    """Whether a deletion has not been finished."""
    with catalogue.transaction() as database:
        return database.execute("SELECT 1 FROM deletion WHERE finished IS NULL LIMIT 1").fetchone() is not None


def last_receipt(catalogue: Catalogue) -> int:
    """Number of the newest deletion's receipt; 0 where nothing ever was deleted."""
    with catalogue.transaction() as database:
        return int(database.execute("SELECT COALESCE(MAX(key), 0) FROM deletion").fetchone()[0])


def finish(catalogue: Catalogue, thumbnails: Thumbnails, patience: float | None = None) -> bool:
    """Wipe what deletions have left to wipe; several processes may do so at once. A full disk gets the reserve.

    False when another process was reading or writing a file for more than `patience` seconds, so that the write-ahead
    log could not be emptied or the file not be looked for where it belongs, when a file could not be removed, or when
    there was no room for what stays of one: then the deletion stays unfinished, and the next call tries again.
    """
    with suppress(DiskFull):
        return with_room(catalogue.workspace, lambda: _finish(catalogue, thumbnails, patience))
    return False


def _finish(catalogue: Catalogue, thumbnails: Thumbnails, patience: float | None) -> bool:
    patience = _SECONDS_FOR_READERS if patience is None else patience
    with catalogue.transaction() as database:
        deletions = [key for (key,) in database.execute("SELECT key FROM deletion WHERE finished IS NULL")]
    if not deletions:
        return True
    with one_at_a_time(catalogue.workspace / LOCK):
        _add_orphans(catalogue, thumbnails, deletions[-1])
        last: int | None = 0
        failed: list[OSError] = []
        _make_room(catalogue, thumbnails)  # what the first half wrote lies in the log
        while (last := _wipe_some(catalogue, thumbnails, last or 0, failed)) is not None:
            _make_room(catalogue, thumbnails)
        if full := next((error for error in failed if is_full(error)), None):
            raise disk_full(full)
        writing = sweep_for_deletion(catalogue.workspace)
    with catalogue.transaction() as database:
        left = database.execute("SELECT 1 FROM removal LIMIT 1").fetchone() is not None
    left |= not _are_backups_gone(catalogue, thumbnails) or not _are_written(writing, patience)
    if not (_empty_log(catalogue.path, patience) and _empty_log(thumbnails.path, patience)) or left:
        return False
    with catalogue.transaction() as database:
        database.executemany(
            "UPDATE deletion SET finished = ? WHERE key = ? AND finished IS NULL", [(now(), key) for key in deletions]
        )
    return True


def why_unfinished(catalogue: Catalogue, thumbnails: Thumbnails) -> str:
    """What a deletion waits for, in a sentence, as far as it can be seen now."""
    if writing := sweep_for_deletion(catalogue.workspace):
        some = f"{len(writing)} files are, for example" if len(writing) > 1 else "One file is"
        place = writing[0].relative_to(catalogue.workspace).parent.as_posix()
        return f"{some} being written by another process, or cannot be removed: in {place} of the workspace."
    with catalogue.transaction() as database:
        kind, name = database.execute("SELECT kind, name FROM removal LIMIT 1").fetchone() or ("", "")
    if kind in (FILE, ORIGINAL):
        folder = ORIGINALS if kind == ORIGINAL else name.partition("/")[0]
        return f"A file in {folder} of the workspace cannot be removed, or the disk is full."
    if kind:
        return "A file of the workspace cannot be written or removed, or the disk is full."
    if not _are_backups_gone(catalogue, thumbnails):
        return "A backup of a database, from before it was brought up to date, cannot be removed."
    return "Another process was reading the workspace's databases."


def _make_room(catalogue: Catalogue, thumbnails: Thumbnails) -> None:
    """Where the disk is full: empty the logs in between, which only then take more room than they are worth."""
    if was_used(catalogue.workspace):
        _empty_log(catalogue.path, 0)
        _empty_log(thumbnails.path, 0)


def _are_backups_gone(catalogue: Catalogue, thumbnails: Thumbnails) -> bool:
    """Remove the copies of the databases from before they were brought up to date, which hold what was deleted."""
    with suppress(OSError):
        for path in (catalogue.path, thumbnails.path):
            for backup in backups(path):
                backup.unlink(missing_ok=True)
        return True
    return False


def _are_written(writing: list[Path], patience: float) -> bool:
    """Wait until living processes have ended what they were writing when the deletion looked."""
    end = time.monotonic() + patience
    while writing := remove_abandoned(writing, at_once=True):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _add_orphans(catalogue: Catalogue, thumbnails: Thumbnails, deletion: int) -> None:
    """Thumbnails and copies whose import was interrupted before it had a row for them: nothing else knows of them.

    An import that is at work holds the lock until its rows are there.
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


def _wipe_some(catalogue: Catalogue, thumbnails: Thumbnails, after: int, failed: list[OSError]) -> int | None:
    """One batch, from the row after `after` on; the last row of it, or None at the end.

    The catalogue is locked meanwhile. What cannot be removed keeps its row, adds to `failed`, and the rest goes on.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        rows = database.execute(
            "SELECT rowid, kind, name FROM removal WHERE rowid > ? ORDER BY rowid LIMIT ?", (after, _AT_ONCE)
        ).fetchall()
        done, gone = [], []
        for row, kind, name in rows:
            if kind == THUMBNAIL:
                sha256 = bytes.fromhex(name)
                if not database.execute("SELECT 1 FROM crop WHERE sha256 = ? LIMIT 1", (sha256,)).fetchone():
                    gone.append(sha256)
            try:
                _remove(catalogue, database, kind, name)
                done.append(row)
            except OSError as error:
                failed.append(error)
        if gone:
            thumbnails.remove(gone)
        database.executemany("DELETE FROM removal WHERE rowid = ?", [(row,) for row in done])
        return rows[-1][0] if rows else None


def _remove(catalogue: Catalogue, database: Connection, kind: str, name: str) -> None:
    """Raises OSError when a file is there and cannot be removed."""
    if kind == ORIGINAL:
        source, _, path = name.partition("/")
        values = (int(source), path)
        if not database.execute("SELECT 1 FROM crop WHERE source = ? AND path = ?", values).fetchone():
            _unlink(catalogue.workspace / ORIGINALS / source, path)
    elif kind == INDEX:
        _remove_stale(catalogue, name)
    elif kind == FILE:
        _unlink(catalogue.workspace, name)
    elif kind == REPORTS:
        _unlink_all(catalogue.workspace, EVALUATIONS, name)
    elif kind == RUNS:
        forget_in_runs(database, catalogue.workspace, name)
    elif kind == CALIBRATIONS:
        forget_calibrations(catalogue.workspace, name)
        _unlink_all(catalogue.workspace, COMPARISONS, name)
    elif kind == MAPS:
        forget_on_maps(database, catalogue.workspace, name)
    elif kind == JOBS:
        runs = runs_on(catalogue.workspace, name)
        for job in all_jobs(catalogue.workspace):
            # A job that goes on with a run names the run alone, and its log may name crops.
            if job.is_given(name) or ("--resume" in job.arguments and any(map(job.is_given, runs))):
                forget(job.folder)
        forget_unstarted(catalogue.workspace)


def _remove_stale(catalogue: Catalogue, gallery: str) -> None:
    """Snapshots of indexes that have not seen the last deletion: they hold what it deleted."""
    last = last_deletion(catalogue)
    for folder in (catalogue.workspace / INDEXES).glob(f"{gallery}@*"):
        remove_partials(folder)
        seq = snapshot_seq(folder)
        if seq is None or seq < last:
            shutil.rmtree(folder, ignore_errors=True)


def _unlink_all(workspace: Path, folder: str, gallery: str) -> None:
    for file in (workspace / folder).glob(f"{gallery}@*"):
        _unlink(workspace, file.relative_to(workspace).as_posix())


def _unlink(root: Path, path: str) -> None:
    """Remove the file and the folders below `root` that it leaves empty."""
    file = root / path
    with suppress(NotADirectoryError):  # the path leads through what is a file now: there is nothing
        file.unlink(missing_ok=True)
    for folder in file.parents:
        if folder == root:
            return
        with suppress(OSError):
            folder.rmdir()


def _empty_log(path: Path, patience: float) -> bool:
    """Move all that is written into the database file and cut its write-ahead log to nothing."""
    end = time.monotonic() + patience
    while True:
        with connect(path) as database:
            database.execute("PRAGMA busy_timeout=300")
            busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
