"""How a database file of the workspace is created, opened, backed up and brought up to date."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from reid_core.errors import FREE_SPACE, DiskFull, ReidError, is_full
from reid_core.files import one_at_a_time
from reid_core.temporary import temporary_file, temporary_folder

BACKUP = "{name}.version-{version}.backup"  # a copy of the file before it is brought up to date


_TRIED_BYTES = 2**17  # more than SQLite needs to open a database


PAGE_BYTES = 8192  # seven vectors of 512 half-precision numbers; in the usual 4096 there is room for three


Upgrade: TypeAlias = str | Callable[[sqlite3.Connection], None]  # a script, or what is done within the transaction


def create(
    path: Path, tables: str, version: int, upgrades: Mapping[int, Upgrade] | None = None, *, page_bytes: int = 4096
) -> None:
    """Make the database file with these tables unless it is there; bring an older one up to date, with a backup.

    Two processes may try at once. Raises ReidError for a file of a newer version of the program.
    """
    with connect(path) as database:
        found = _version(database)
    if found > version:
        raise ReidError(
            f"{path} was written by a newer version of Retrace (format {found}; this one knows {version}). "
            "Update Retrace, or choose another workspace with --workspace."
        )
    if found == 0:
        with connect(path) as database:
            database.execute(f"PRAGMA page_size={page_bytes}")
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("BEGIN IMMEDIATE")
            if _version(database) == 0:
                run_script(database, tables)
                database.execute(f"PRAGMA user_version={version}")
    elif found < version:
        with one_at_a_time(path.with_name(f"{path.name}.lock")), connect(path) as database:
            if _version(database) == found:
                _upgrade(database, path, found, version, upgrades or {})


def _upgrade(
    database: sqlite3.Connection, path: Path, found: int, version: int, upgrades: Mapping[int, Upgrade]
) -> None:
    _back_up(database, path, found)
    database.execute("BEGIN IMMEDIATE")
    for step in range(found, version):
        upgrade = upgrades[step]
        if isinstance(upgrade, str):
            run_script(database, upgrade)
        else:
            upgrade(database)
    database.execute(f"PRAGMA user_version={version}")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def backups(path: Path) -> list[Path]:
    """Copies of the file that `create` made before it brought it up to date."""
    return sorted(path.parent.glob(BACKUP.format(name=path.name, version="*")))


def _back_up(database: sqlite3.Connection, path: Path, version: int) -> None:
    final = path.with_name(BACKUP.format(name=path.name, version=version))
    if final.exists():
        return
    free, needed = shutil.disk_usage(path.parent).free, 2 * path.stat().st_size  # the copy, and the new tables
    if free < needed:
        raise ReidError(
            f"{path} is of an older version and has to be brought up to date, for which {needed / 1e9:.1f} GB must be "
            f"free; there are {free / 1e9:.1f} GB. Free some space and try again; nothing was changed."
        )
    with temporary_folder(final) as folder:  # a folder, for SQLite puts a journal beside what it writes
        partial = folder / final.name
        database.execute("VACUUM INTO ?", (str(partial),))
        partial.replace(final)


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
            database.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten, not only forgotten
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
        if _is_full(path, error):
            raise DiskFull(
                f"{path} could not be written: the disk is full. Nothing of this step was kept; {FREE_SPACE}"
            ) from error
        raise ReidError(_explain(path, error)) from error


def anchor(path: Path) -> sqlite3.Connection:
    """An idle connection to be kept: whenever the last one closes, SQLite moves its whole log into the file."""
    with connect(path):
        database = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        return database


def _is_full(path: Path, error: sqlite3.Error) -> bool:
    """SQLite calls some of it by that name, and the rest of it an I/O error: then it is tried out."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code not in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return code == sqlite3.SQLITE_FULL
    try:
        with temporary_file(path) as (file, _):
            file.write(bytes(_TRIED_BYTES))
            file.flush()
    except OSError as tried:
        return is_full(tried)
    return False


def _explain(path: Path, error: sqlite3.Error) -> str:
    reason = str(error)
    if "readonly" in reason or "unable to open" in reason:
        return f"{path} cannot be written. Choose a workspace on a disk you may write to, with --workspace."
    if "disk I/O" in reason:
        return (
            f"{path} could not be written: {reason}. Nothing of this step was kept. Look at the disk, and run it again."
        )
    if "not a database" in reason or "malformed" in reason:
        return f"{path} is damaged ({reason}). Restore it from a backup, or choose another workspace."
    if "locked" in reason or "busy" in reason:
        return f"{path} was in use by another process for over a minute. Wait until its work is done, and try again."
    return f"{path} could not be used ({reason})."


def run_script(database: sqlite3.Connection, script: str) -> None:
    """Run its statements one by one; `executescript` would commit in between."""
    for statement in _statements(script):
        database.execute(statement)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
