"""Tables of recordings, tracklets and zones, and what brings them up to date."""

from __future__ import annotations

import sqlite3

from reid_core.workspace.catalogue.database import run_script
from reid_core.workspace.catalogue.recordings.walks import describe_walks_of_version_7

# A recording has a source of its own: copies of its crops and its still lie in `originals/<source>/`. `state` is what a
# stopped analysis goes on from; it holds pictures of people who are in view, and is NULL once the analysis is finished.
# A tracklet's camera and people are those of its crops, which are joined by the recording and the name.
_TRACKED = """
CREATE TABLE recording (
    key INTEGER PRIMARY KEY AUTOINCREMENT, gallery INTEGER NOT NULL REFERENCES gallery(key),
    source INTEGER NOT NULL UNIQUE REFERENCES source(key), name TEXT NOT NULL, path TEXT NOT NULL,
    copied INTEGER NOT NULL, sha256 BLOB, bytes INTEGER NOT NULL, camera TEXT, start REAL, start_source TEXT, zone TEXT,
    said TEXT NOT NULL, clock_offset REAL NOT NULL DEFAULT 0, duration REAL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, facts TEXT NOT NULL, frames INTEGER NOT NULL, problems TEXT NOT NULL,
    detector TEXT NOT NULL, settings TEXT NOT NULL, analysed REAL NOT NULL DEFAULT 0, state BLOB, still_moment REAL,
    imported TEXT NOT NULL, finished TEXT, UNIQUE (gallery, name)
) STRICT;
CREATE INDEX recording_sha256 ON recording (sha256);
CREATE TABLE tracklet (
    key INTEGER PRIMARY KEY AUTOINCREMENT, gallery INTEGER NOT NULL REFERENCES gallery(key),
    recording INTEGER NOT NULL REFERENCES recording(key) ON DELETE CASCADE, name TEXT NOT NULL,
    start_moment REAL NOT NULL, end_moment REAL NOT NULL, entry_x REAL NOT NULL, entry_y REAL NOT NULL,
    exit_x REAL NOT NULL, exit_y REAL NOT NULL, path BLOB NOT NULL, detections INTEGER NOT NULL, score REAL NOT NULL,
    moved REAL NOT NULL, open_at_start INTEGER NOT NULL, open_at_end INTEGER NOT NULL, detector TEXT NOT NULL,
    direction TEXT NOT NULL, entered TEXT NOT NULL, left TEXT NOT NULL, standing REAL, zones TEXT,
    ignored INTEGER NOT NULL, UNIQUE (gallery, name)
) STRICT;
CREATE INDEX tracklet_recording ON tracklet (recording, start_moment);
"""

# Parts of the picture of a camera: `corners` is JSON of shares of its sides. What lies in them stands with each
# tracklet, as `zones`, one name a line, and `ignored`.
_ZONES = """
CREATE TABLE zone (
    key INTEGER PRIMARY KEY AUTOINCREMENT, gallery INTEGER NOT NULL REFERENCES gallery(key) ON DELETE CASCADE,
    camera TEXT NOT NULL, name TEXT NOT NULL, corners TEXT NOT NULL, ignored INTEGER NOT NULL, at TEXT NOT NULL,
    who TEXT NOT NULL, UNIQUE (gallery, camera, name)
) STRICT;
"""

# When somebody who was deleted is in view of a recording, of which nothing else is kept: its file, which is not the
# workspace's to delete, is not shown then.
_DELETED_SPANS = """
CREATE TABLE deleted_span (
    recording INTEGER NOT NULL REFERENCES recording(key) ON DELETE CASCADE, start_moment REAL NOT NULL,
    end_moment REAL NOT NULL
) STRICT;
CREATE INDEX deleted_span_recording ON deleted_span (recording);
"""

# Of those that are there, none is from a recording: the index is empty at once.
CROPS_OF_RECORDINGS = """
CREATE INDEX crop_recording ON crop (recording, tracklet) WHERE recording IS NOT NULL;
"""

RECORDINGS = f"{_TRACKED}{_ZONES}{_DELETED_SPANS}"

# Only added to: a row of a crop is not written again, whatever their number.
FROM_6 = f"""
{_TRACKED}
ALTER TABLE crop ADD COLUMN recording INTEGER REFERENCES recording(key);
ALTER TABLE crop ADD COLUMN moment REAL;
ALTER TABLE crop ADD COLUMN frame TEXT;
ALTER TABLE crop ADD COLUMN box_left REAL;
ALTER TABLE crop ADD COLUMN box_top REAL;
ALTER TABLE crop ADD COLUMN box_width REAL;
ALTER TABLE crop ADD COLUMN box_height REAL;
{CROPS_OF_RECORDINGS}
"""


def from_7(database: sqlite3.Connection) -> None:
    """What comes from version 6 or older got the table of tracklets as it is now, and has none."""
    if "direction" not in [name for _, name, *_ in database.execute("PRAGMA table_info(tracklet)")]:
        describe_walks_of_version_7(database)
    run_script(database, f"{_ZONES}{_DELETED_SPANS}")
