"""Makes a workspace of today one of an older version, for tests and measurements of upgrades."""

from __future__ import annotations

import sqlite3
from pathlib import Path

FROM_7 = ("recording", "moment", "frame", "box_left", "box_top", "box_width", "box_height")


def as_version_6(catalogue: Path) -> None:
    """Take away what version 7 added, from a database in which nothing is from a recording."""
    with sqlite3.connect(catalogue) as database:
        database.execute("DROP INDEX crop_recording")
        for column in FROM_7:
            database.execute(f"ALTER TABLE crop DROP COLUMN {column}")
        database.execute("DROP TABLE tracklet")
        database.execute("DROP TABLE recording")
        database.execute("PRAGMA user_version=6")
    database.close()
