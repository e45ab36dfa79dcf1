"""The second half of a deletion: what lies outside of the catalogue's rows is wiped, and both databases' logs emptied.

The first half is one transaction of the catalogue (`deletion.py`), which also writes down here what is left to do. A
crash in between loses nothing: the next process that opens the workspace goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from reid_core.errors import DiskFull, disk_full, is_full, why
from reid_core.files import one_at_a_time
from reid_core.temporary import remove_abandoned
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.catalogue.thumbnails import Thumbnails
from reid_core.workspace.deletion.files import wipe_file
from reid_core.workspace.deletion.keeper import FileKeeper, Left, Stayed, When, each
from reid_core.workspace.deletion.keepers import FILES
from reid_core.workspace.deletion.leftovers import sweep_for_deletion
from reid_core.workspace.layout import LOCK
from reid_core.workspace.reserve import was_used, with_room

_KEEPERS = {keeper.kind: keeper for keeper in FILES}
_OLD_FILE = FileKeeper("file", ("**",), each(wipe_file))  # as versions before December 2026 wrote down any file
_AT_ONCE = 2_000
_SECONDS_FOR_READERS = 20.0  # that other processes have to end what they are reading
_LAST_FAILURES: dict[Path, dict[str, Exception]] = {}  # of each catalogue, by kind: what this process could not wipe


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

    Returns False, leaving the deletion unfinished, if another process kept a database or file busy for `patience`
    seconds, a file could not be removed, or the disk was full. The next call tries again.
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
        failed = _LAST_FAILURES[catalogue.path] = {}
        _make_room(catalogue, thumbnails)  # what the first half wrote lies in the log
        while (last := _wipe_some(catalogue, thumbnails, last or 0, failed)) is not None:
            _make_room(catalogue, thumbnails)
        _raise_if_full(failed.values())
        writing = sweep_for_deletion(catalogue.workspace)
    with catalogue.transaction() as database:
        left = database.execute("SELECT 1 FROM removal LIMIT 1").fetchone() is not None
    always = _wipe_always(catalogue, thumbnails)
    _raise_if_full(always.values())
    failed |= always
    left |= bool(always) or not _are_written(writing, patience)
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
        kinds = [kind for (kind,) in database.execute("SELECT DISTINCT kind FROM removal ORDER BY kind")]
    if unknown := [kind for kind in kinds if _keeper(kind) is None]:
        return (
            f"A newer version of Retrace began it, and has to finish it. It knows how to wipe this kind: {unknown[0]}."
        )
    failed = _LAST_FAILURES.get(catalogue.path, {})
    if not kinds:
        failed = _wipe_always(catalogue, thumbnails)
        kinds = list(failed)
    if kinds:
        error = failed.get(kinds[0])  # its own words may name a person; none where another process met it
        reason = "" if error is None else f" ({why(error) if isinstance(error, OSError) else type(error).__name__})"
        return f"A file of this kind cannot be removed or written, or the disk is full: {kinds[0]}{reason}."
    return "Another process was reading the workspace's databases."


def _make_room(catalogue: Catalogue, thumbnails: Thumbnails) -> None:
    """Where the disk is full: empty the logs in between, which only then take more room than they are worth."""
    if was_used(catalogue.workspace):
        _empty_log(catalogue.path, 0)
        _empty_log(thumbnails.path, 0)


def _wipe_always(catalogue: Catalogue, thumbnails: Thumbnails) -> dict[str, Exception]:
    """What every deletion takes, also that of a case; kinds of which something stayed, and why."""
    with catalogue.transaction() as database:
        left = Left(catalogue, thumbnails, database)
        always = [keeper for keeper in FILES if keeper.when is When.ANYTHING and keeper.wipe]
        stayed = {keeper.kind: _wipe(keeper, left, [""]) for keeper in always}
        return {kind: next(iter(errors.values())) for kind, errors in stayed.items() if errors}


def _are_written(writing: list[Path], patience: float) -> bool:
    """Wait until living processes have ended what they were writing when the deletion looked."""
    end = time.monotonic() + patience
    while writing := remove_abandoned(writing, at_once=True):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _add_orphans(catalogue: Catalogue, thumbnails: Thumbnails, deletion: int) -> None:
    """Write down what lies there without rows."""
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        left = Left(catalogue, thumbnails, database)
        found = [(deletion, one.kind, name) for one in FILES if one.orphans for name in one.orphans(left)]
    if found:
        with catalogue.transaction() as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO removal VALUES (?, ?, ?)", found)


def _wipe_some(catalogue: Catalogue, thumbnails: Thumbnails, after: int, failed: dict[str, Exception]) -> int | None:
    """One batch, from the row after `after` on; the last row of it, or None at the end.

    The catalogue is locked meanwhile. What cannot be removed keeps its row and is told by kind in `failed`; the rest
    goes on.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        rows = database.execute(
            "SELECT rowid, kind, name FROM removal WHERE rowid > ? ORDER BY rowid LIMIT ?", (after, _AT_ONCE)
        ).fetchall()
        done = []
        for kind in dict.fromkeys(kind for _, kind, _ in rows):
            names = {row: name for row, of, name in rows if of == kind}
            keeper = _keeper(kind)
            if keeper is None or keeper.wipe is None:  # of a newer version: it stays, and so does the deletion
                continue
            stayed = _wipe(keeper, Left(catalogue, thumbnails, database), list(dict.fromkeys(names.values())))
            if stayed:  # a full disk before other reasons: there is room to give
                failed[kind] = next(filter(is_full, stayed.values()), next(iter(stayed.values())))
            done += [(row,) for row, name in names.items() if name not in stayed]
        database.executemany("DELETE FROM removal WHERE rowid = ?", done)
        return rows[-1][0] if rows else None


def _wipe(keeper: FileKeeper, left: Left, names: Sequence[str]) -> Stayed:
    """All names stay where the keeper raises: one that fails must not close the workspace."""
    try:
        return keeper.wipe(left, names) if keeper.wipe else {}
    except Exception as error:
        return dict.fromkeys(names, error)


def _raise_if_full(errors: Iterable[Exception]) -> None:
    for error in filter(is_full, errors):
        raise disk_full(error) if isinstance(error, OSError) else error


def _keeper(kind: str) -> FileKeeper | None:
    return _OLD_FILE if kind == _OLD_FILE.kind else _KEEPERS.get(kind)


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
