"""Tables of the catalogue, and what brings those of an older version up to date.

The log is only added to: `audit_trail.py` has its tables, and `audit.py` says for each event which fields are personal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from reid_core.workspace.catalogue.audit_trail import AUDIT, move_personal_fields
from reid_core.workspace.catalogue.columns import COLUMNS, table_of
from reid_core.workspace.catalogue.database import Upgrade, run_script
from reid_core.workspace.catalogue.recordings.tables import CROPS_OF_RECORDINGS, FROM_6, RECORDINGS, from_7

VERSION = 8
THUMBNAILS_VERSION = 1


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

# What analysts look for and decide. A verdict is a row for good, and taking it back is another row; rows go only with
# the crop or the case that they are about. `act` is shared by the rows that were given at once; `follows` is the crop
# that was looked at, whose tracklet the row's crop belongs to, NULL in the row of that crop itself. Only that number
# may go from a row, when the crop is deleted. An example's vector is kept, so that a search can be run again when its
# photo or its model is no longer there to look at.
_VERDICT_COLUMNS = (
    "key", "act", "investigation", "crop", "at", "who", "verdict", "undoes", "note", "model", "similarity", "rank",
    "threshold",
)  # fmt: skip
_VERDICT_IS_FINAL = f"""
CREATE TRIGGER verdict_is_final BEFORE UPDATE ON verdict
WHEN NEW.follows NOT NULL OR OLD.follows IS NULL OR {" OR ".join(f"NEW.{n} IS NOT OLD.{n}" for n in _VERDICT_COLUMNS)}
BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END;
"""
_CASES = f"""
CREATE TABLE investigation (
    key INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, purpose TEXT NOT NULL, notes TEXT NOT NULL,
    created TEXT NOT NULL, who TEXT NOT NULL
) STRICT;
CREATE TABLE saved_search (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    investigation INTEGER NOT NULL REFERENCES investigation(key) ON DELETE CASCADE, name TEXT NOT NULL,
    at TEXT NOT NULL, who TEXT NOT NULL, gallery TEXT NOT NULL, model TEXT NOT NULL, model_name TEXT NOT NULL,
    parameters TEXT NOT NULL, seen INTEGER NOT NULL, UNIQUE (investigation, name)
) STRICT;
CREATE TABLE photo (
    sha256 BLOB NOT NULL, investigation INTEGER NOT NULL REFERENCES investigation(key) ON DELETE CASCADE,
    name TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (investigation, sha256)
) STRICT;
CREATE TABLE example (
    search INTEGER NOT NULL REFERENCES saved_search(key) ON DELETE CASCADE, place INTEGER NOT NULL,
    negative INTEGER NOT NULL, crop INTEGER REFERENCES crop(id) ON DELETE CASCADE, photo BLOB,
    float32 BLOB NOT NULL, PRIMARY KEY (search, place)
) STRICT;
CREATE INDEX example_crop ON example (crop);
CREATE TABLE verdict (
    key INTEGER PRIMARY KEY AUTOINCREMENT, act INTEGER NOT NULL,
    investigation INTEGER NOT NULL REFERENCES investigation(key) ON DELETE CASCADE,
    crop INTEGER NOT NULL REFERENCES crop(id) ON DELETE CASCADE, at TEXT NOT NULL, who TEXT NOT NULL,
    verdict TEXT NOT NULL, undoes INTEGER, note TEXT NOT NULL, model TEXT NOT NULL, similarity REAL, rank INTEGER,
    threshold REAL, follows INTEGER
) STRICT;
CREATE INDEX verdict_crop ON verdict (crop);
CREATE INDEX verdict_investigation ON verdict (investigation, crop);
CREATE INDEX verdict_undoes ON verdict (undoes) WHERE undoes NOT NULL;
{_VERDICT_IS_FINAL}
CREATE TRIGGER verdict_is_kept BEFORE DELETE ON verdict
WHEN EXISTS (SELECT 1 FROM crop WHERE id = OLD.crop)
    AND EXISTS (SELECT 1 FROM investigation WHERE key = OLD.investigation)
BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END;
"""

# INSERT OR REPLACE takes a row's place, and no trigger sees a DELETE.
_NO_REPLACING = """
CREATE TRIGGER verdict_is_new BEFORE INSERT ON verdict WHEN EXISTS (SELECT 1 FROM verdict WHERE key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END;
CREATE TRIGGER audit_is_new BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""

_COLOURS = """
ALTER TABLE crop ADD COLUMN upper TEXT;
ALTER TABLE crop ADD COLUMN upper_share REAL;
ALTER TABLE crop ADD COLUMN lower TEXT;
ALTER TABLE crop ADD COLUMN lower_share REAL;
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
{RECORDINGS}
{table_of(COLUMNS)}
{_CROP_INDEXES}
{_LATER_CROP_INDEXES}
{CROPS_OF_RECORDINGS}
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
{_CASES}
{AUDIT}
{_NO_REPLACING}
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
_FROM_3 = f"{_DISMISSALS}{_WITHHELD}{_COLOURS}{_CASES}{_NO_REPLACING}"


def _from_4(database: sqlite3.Connection) -> None:
    run_script(database, _NO_DIRECTION)
    move_personal_fields(database)


def _from_5(database: sqlite3.Connection) -> None:
    """What comes from version 3 or older got the table as it is now."""
    if "follows" not in [name for _, name, *_ in database.execute("PRAGMA table_info(verdict)")]:
        database.execute("ALTER TABLE verdict ADD COLUMN follows INTEGER")
        database.execute("DROP TRIGGER verdict_is_final")
        database.execute(_VERDICT_IS_FINAL)


UPGRADES: Mapping[int, Upgrade] = {
    1: _FROM_1, 2: _SERVING, 3: _FROM_3, 4: _from_4, 5: _from_5, 6: FROM_6, 7: from_7,
}  # fmt: skip

# With a key of its own a thumbnail of 3 KB lies in one page. By its hash alone, as workspaces made before November 2026
# have it, most of it spilled into pages of its own: three times the bytes. Both are asked alike.
THUMBNAILS = """
CREATE TABLE thumbnail (key INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, jpeg BLOB NOT NULL) STRICT;
"""
