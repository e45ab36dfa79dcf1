"""Tables of the catalogue, how a database file is opened, and how one of an older version is brought up to date.

The log is only added to: `trail.py` has its tables, and says for each action which fields are personal and which stay.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reid_core.errors import FREE_SPACE, DiskFull, ReidError, is_full
from reid_core.files import one_at_a_time
from reid_core.temporary import temporary_file, temporary_folder
from reid_core.workspace.catalogue.case_tables import COLOURS, INVESTIGATIONS, NO_REPLACING
from reid_core.workspace.catalogue.scripts import run_script
from reid_core.workspace.catalogue.trail import AUDIT, move_personal_fields

VERSION = 5
THUMBNAILS_VERSION = 1
BACKUP = "{name}.version-{version}.backup"  # a copy of the file before it is brought up to date

_TRIED_BYTES = 2**17  # more than SQLite needs to open a database
PAGE_BYTES = 8192  # seven vectors of 512 half-precision numbers; in the usual 4096 there is room for three

_VECTOR = """
CREATE TABLE vector (
    seq INTEGER PRIMARY KEY, model INTEGER NOT NULL REFERENCES model(key), gallery INTEGER NOT NULL,
    crop INTEGER NOT NULL REFERENCES crop(id) ON DELETE CASCADE, float16 BLOB NOT NULL, UNIQUE (crop, model)
) STRICT;
CREATE INDEX vector_gallery ON vector (gallery, model);
"""

# What was deleted leaves its number, so that indexes of other processes hear of it, and nothing else. `removal` is
# what a deletion still has to wipe outside of this file: it is empty but for the moments between the two.
_DELETION = """
CREATE TABLE tombstone (seq INTEGER PRIMARY KEY, crop INTEGER NOT NULL) STRICT;
CREATE TABLE deletion (
    key INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, purpose TEXT NOT NULL,
    gallery TEXT NOT NULL, selection TEXT NOT NULL, crops INTEGER NOT NULL, held INTEGER NOT NULL,
    files_kept INTEGER NOT NULL, ids_sha256 TEXT NOT NULL, finished TEXT
) STRICT;
CREATE TABLE removal (
    deletion INTEGER NOT NULL REFERENCES deletion(key), kind TEXT NOT NULL, name TEXT NOT NULL
) STRICT;
CREATE TABLE hold (
    name TEXT NOT NULL, crop INTEGER NOT NULL REFERENCES crop(id), since TEXT NOT NULL, who TEXT NOT NULL,
    PRIMARY KEY (name, crop)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_crop ON hold (crop);
"""

# The model that a gallery is searched by, once somebody has chosen it; until then the one that embedded most of it.
_SERVING = """
CREATE TABLE serving (
    gallery INTEGER PRIMARY KEY REFERENCES gallery(key) ON DELETE CASCADE,
    model INTEGER NOT NULL REFERENCES model(key)
) STRICT;
"""

_EDITS = """
CREATE TABLE edit (
    key INTEGER PRIMARY KEY AUTOINCREMENT, gallery INTEGER NOT NULL REFERENCES gallery(key), at TEXT NOT NULL,
    who TEXT NOT NULL, what TEXT NOT NULL
) STRICT;
CREATE TABLE edit_row (
    edit INTEGER NOT NULL REFERENCES edit(key) ON DELETE CASCADE,
    crop INTEGER NOT NULL REFERENCES crop(id) ON DELETE CASCADE,
    identity TEXT, camera TEXT, time REAL, PRIMARY KEY (edit, crop)
) STRICT, WITHOUT ROWID;
CREATE INDEX edit_row_crop ON edit_row (crop);
"""

# What nobody is to be asked again: whether the crop, labelled `one`, is `other`; without a crop, whether both are one.
_DISMISSALS = """
CREATE TABLE dismissal (
    key INTEGER PRIMARY KEY, gallery INTEGER NOT NULL REFERENCES gallery(key) ON DELETE CASCADE,
    crop INTEGER REFERENCES crop(id) ON DELETE CASCADE, one TEXT NOT NULL, other TEXT NOT NULL, at TEXT NOT NULL,
    who TEXT NOT NULL
) STRICT;
CREATE INDEX dismissal_gallery ON dismissal (gallery);
CREATE INDEX dismissal_crop ON dismissal (crop);
"""

# Crops that no training sees, whatever their split.
_WITHHELD = """
CREATE TABLE withheld (
    crop INTEGER PRIMARY KEY REFERENCES crop(id) ON DELETE CASCADE, at TEXT NOT NULL, who TEXT NOT NULL
) STRICT;
"""

# Crops to which a model gives no direction, and which it is therefore not asked for again.
_NO_DIRECTION = """
CREATE TABLE IF NOT EXISTS no_direction (
    model INTEGER NOT NULL REFERENCES model(key), crop INTEGER NOT NULL REFERENCES crop(id) ON DELETE CASCADE,
    PRIMARY KEY (crop, model)
) STRICT, WITHOUT ROWID;
"""

_CROP_INDEXES = """
CREATE INDEX crop_gallery ON crop (gallery, split);
CREATE INDEX crop_sha256 ON crop (sha256);
"""

# Wide enough to count people, cameras and days of a million crops without a look at their rows.
_LATER_CROP_INDEXES = """
CREATE INDEX crop_identity ON crop (gallery, identity, camera, time);
CREATE INDEX crop_camera ON crop (gallery, camera, time);
CREATE INDEX crop_time ON crop (gallery, time, camera);
CREATE INDEX crop_changed ON crop (gallery, seq);
CREATE INDEX crop_alike ON crop (alike) WHERE alike IS NOT NULL;
"""

# Every write takes the next numbers of `counter`. `crop.seq` is that of its last change of labels, `vector.seq` and
# `tombstone.seq` say when these came: an index remembers the last number that it has seen, and reads on from there.
CATALOGUE = f"""
CREATE TABLE gallery (
    key INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created TEXT NOT NULL
) STRICT;
CREATE TABLE source (
    key INTEGER PRIMARY KEY AUTOINCREMENT, gallery INTEGER NOT NULL REFERENCES gallery(key), path TEXT NOT NULL,
    format TEXT NOT NULL, imported TEXT NOT NULL, copied INTEGER NOT NULL DEFAULT 0, UNIQUE (gallery, path)
) STRICT;
CREATE TABLE crop (
    id INTEGER PRIMARY KEY AUTOINCREMENT, gallery INTEGER NOT NULL REFERENCES gallery(key),
    source INTEGER NOT NULL REFERENCES source(key), path TEXT NOT NULL, identity TEXT, camera TEXT, time REAL,
    tracklet TEXT, split TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, sha256 BLOB NOT NULL,
    sharpness REAL, brightness REAL, contrast REAL, look INTEGER, alike BLOB, seq INTEGER NOT NULL DEFAULT 0,
    imported INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    upper TEXT, upper_share REAL, lower TEXT, lower_share REAL, UNIQUE (source, path)
) STRICT;
{_CROP_INDEXES}
{_LATER_CROP_INDEXES}
CREATE TABLE model (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, embedding_size INTEGER NOT NULL
) STRICT;
CREATE TABLE counter (seq INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0);
{_VECTOR}
{_SERVING}
{_DELETION}
{_EDITS}
{_DISMISSALS}
{_WITHHELD}
{_NO_DIRECTION}
{INVESTIGATIONS}
{AUDIT}
{NO_REPLACING}
"""

# Version 1 kept vectors by (model, crop), knew no quality, no copies, no edits and no deletion.
_FROM_1 = f"""
ALTER TABLE source ADD COLUMN copied INTEGER NOT NULL DEFAULT 0;
ALTER TABLE crop ADD COLUMN sharpness REAL;
ALTER TABLE crop ADD COLUMN brightness REAL;
ALTER TABLE crop ADD COLUMN contrast REAL;
ALTER TABLE crop ADD COLUMN look INTEGER;
ALTER TABLE crop ADD COLUMN alike BLOB;
ALTER TABLE crop ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE crop ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
ALTER TABLE crop ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE crop SET imported = strftime('%s', (SELECT imported FROM source WHERE source.key = crop.source));
DROP INDEX crop_identity;
DROP INDEX crop_camera;
{_LATER_CROP_INDEXES}
DROP INDEX vector_seq;
ALTER TABLE vector RENAME TO old_vector;
{_VECTOR}
INSERT INTO vector (seq, model, gallery, crop, float16)
    SELECT old_vector.seq, model, gallery, crop, float16 FROM old_vector JOIN crop ON crop.id = old_vector.crop;
DROP TABLE old_vector;
{_DELETION}
{_EDITS}
"""
_FROM_3 = f"{_DISMISSALS}{_WITHHELD}{COLOURS}{INVESTIGATIONS}{NO_REPLACING}"


def _from_4(database: sqlite3.Connection) -> None:
    run_script(database, _NO_DIRECTION)
    move_personal_fields(database)


Upgrade = str | Callable[[sqlite3.Connection], None]  # a script, or what is to be done within the transaction
UPGRADES: Mapping[int, Upgrade] = {1: _FROM_1, 2: _SERVING, 3: _FROM_3, 4: _from_4}

# With a key of its own a thumbnail of 3 KB lies in one page. By its hash alone, as workspaces made before November 2026
# have it, most of it spilled into pages of its own: three times the bytes. Both are asked alike.
THUMBNAILS = """
CREATE TABLE thumbnail (key INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, jpeg BLOB NOT NULL) STRICT;
"""


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
