"""Makes a workspace of today one of an older version, for tests and measurements of upgrades."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from reid_core.workspace.catalogue.recordings.walks import WALK

FROM_7 = ("recording", "moment", "frame", "box_left", "box_top", "box_width", "box_height")


def as_version_6(catalogue: Path) -> None:
    """Take away what version 7 added, from a database in which nothing is from a recording."""
    with sqlite3.connect(catalogue) as database:
        database.execute("DROP INDEX crop_recording")
        for column in FROM_7:
            database.execute(f"ALTER TABLE crop DROP COLUMN {column}")
        database.execute("DROP TABLE zone")
        database.execute("DROP TABLE deleted_span")
        database.execute("DROP TABLE tracklet")
        database.execute("DROP TABLE recording")
        database.execute("PRAGMA user_version=6")
    database.close()


def as_version_7(catalogue: Path) -> None:
    """Take away what version 8 added: of paths the sizes, and all that stands about walks and zones."""
    with sqlite3.connect(catalogue) as database:
        for key, data in database.execute("SELECT key, path FROM tracklet").fetchall():
            path = np.frombuffer(data, "<f4").reshape(-1, 5)[:, :3]
            database.execute("UPDATE tracklet SET path = ? WHERE key = ?", (path.tobytes(), key))
        for column in WALK:
            database.execute(f"ALTER TABLE tracklet DROP COLUMN {column}")
        database.execute("DROP TABLE zone")
        database.execute("DROP TABLE deleted_span")
        database.execute("PRAGMA user_version=7")
    database.close()
