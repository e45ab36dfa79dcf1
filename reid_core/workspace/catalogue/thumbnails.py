"""Thumbnails by the hash of their picture, in a database of their own so that the catalogue stays small and fast.

A thumbnail is written before the crop that needs it. One that a crash left without its crop is found again by its
hash when the import goes on.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from reid_core.errors import Damaged
from reid_core.workspace.catalogue.database import anchor, connect, create
from reid_core.workspace.catalogue.rows import insert_rows
from reid_core.workspace.catalogue.schema import THUMBNAILS, THUMBNAILS_VERSION


class Thumbnails:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._of_thread = threading.local()
        create(path, THUMBNAILS, THUMBNAILS_VERSION)
        self._anchor = anchor(path)

    def add(self, jpegs: Mapping[bytes, bytes]) -> None:
        """Keep JPEG bytes by the sha-256 (32 bytes) of the full picture."""
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            insert_rows(database, "INSERT OR IGNORE INTO thumbnail (sha256, jpeg)", list(jpegs.items()))

    def get(self, sha256: bytes) -> bytes | None:
        """A page shows a hundred of them: each thread keeps its connection."""
        row = self._reader().execute("SELECT jpeg FROM thumbnail WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else bytes(row[0])

    def _reader(self) -> sqlite3.Connection:
        try:
            file = os.stat(self.path).st_ino
            if getattr(self._of_thread, "file", None) != file:  # the first time, or the workspace was made anew
                self._of_thread.database = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, timeout=60)
                self._of_thread.file = file
            database: sqlite3.Connection = self._of_thread.database
            return database
        except (OSError, sqlite3.Error) as error:
            raise Damaged(f"{self.path} cannot be read ({error}). Restore it from a backup.") from error

    def hashes(self) -> list[bytes]:
        """Of which pictures there are thumbnails."""
        with connect(self.path) as database:
            return [sha256 for (sha256,) in database.execute("SELECT sha256 FROM thumbnail")]

    def remove(self, sha256s: Iterable[bytes]) -> None:
        """Overwritten, not only forgotten; see `database.connect`."""
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("DELETE FROM thumbnail WHERE sha256 = ?", [(sha256,) for sha256 in sha256s])
