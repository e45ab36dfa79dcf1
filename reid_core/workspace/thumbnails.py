"""Thumbnails by the hash of their picture, in a database of their own so that the catalogue stays small and fast.

A thumbnail is written before the crop that needs it. One that a crash left without its crop is found again by its
hash when the import goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reid_core.workspace.schema import THUMBNAILS, connect, create


class Thumbnails:
    def __init__(self, path: Path) -> None:
        self.path = path
        create(path, THUMBNAILS)

    def add(self, jpegs: Mapping[bytes, bytes]) -> None:
        """Keep JPEG bytes by the sha-256 (32 bytes) of the full picture."""
        with connect(self.path) as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR IGNORE INTO thumbnail VALUES (?, ?)", list(jpegs.items()))

    def get(self, sha256: bytes) -> bytes | None:
        with connect(self.path) as database:
            row = database.execute("SELECT jpeg FROM thumbnail WHERE sha256 = ?", (sha256,)).fetchone()
            return None if row is None else bytes(row[0])
