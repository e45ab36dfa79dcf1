"""What is kept of each tracklet's walk, see `video.walks`, and how it is brought up to date when zones change."""

from __future__ import annotations

import json
from sqlite3 import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.video.walks import Walk, Zone, walk_of, zones_along
from reid_core.workspace.catalogue.rows import next_numbers

WALK = ("direction", "entered", "left", "standing", "zones", "ignored")  # columns of table tracklet


def path_to_bytes(path: NDArray[np.floating]) -> bytes:
    """Of (N, 5): moment, x and y of the foot point, width and height of the box."""
    if path.ndim != 2 or path.shape[1] != 5:
        raise ValueError(f"a path of shape {path.shape}")
    return path.astype("<f4").tobytes()


def path_of_bytes(data: bytes) -> NDArray[np.float32]:
    return np.frombuffer(data, "<f4").reshape(-1, 5)


def walk_cells(walk: Walk) -> tuple[Any, ...]:
    """The values of `WALK`."""
    standing = None if walk.standing != walk.standing else walk.standing
    zones = "\n".join(walk.zones) or None
    return walk.direction, walk.entered, walk.left, standing, zones, int(walk.ignored)


def zones_in(database: Connection, gallery: int, camera: str | None) -> list[Zone]:
    rows = database.execute(
        "SELECT name, corners, ignored FROM zone WHERE gallery = ? AND camera IS ? ORDER BY name", (gallery, camera)
    )
    return [Zone(name, tuple((x, y) for x, y in json.loads(corners)), bool(ignored)) for name, corners, ignored in rows]


def follow_zones(database: Connection, gallery: int, camera: str | None) -> int:
    """Write down anew what zones the camera's tracklets are in; for how many that is another. Indexes follow: their
    crops get a new number."""
    zones = zones_in(database, gallery, camera)
    rows = database.execute(
        "SELECT tracklet.key, tracklet.path, width, height, zones, ignored FROM tracklet "
        "JOIN recording ON recording.key = tracklet.recording WHERE recording.gallery = ? AND recording.camera IS ?",
        (gallery, camera),
    )
    changed = []
    for key, path, width, height, former, was_ignored in rows.fetchall():
        names, ignored = zones_along(path_of_bytes(path), (width, height), zones)
        now = "\n".join(names) or None, int(ignored)
        if now != (former, was_ignored):
            changed.append((*now, key))
    database.executemany("UPDATE tracklet SET zones = ?, ignored = ? WHERE key = ?", changed)
    database.execute(
        "UPDATE crop SET seq = ? FROM tracklet WHERE tracklet.key IN (SELECT value FROM json_each(?)) "
        "AND crop.recording = tracklet.recording AND crop.tracklet = tracklet.name",
        (next_numbers(database, 1), json.dumps([key for *_, key in changed])),
    )
    return len(changed)


def describe_walks_of_version_7(database: Connection) -> None:
    """Its paths had no sizes, and nothing stood about walks."""
    for column in (
        "direction TEXT NOT NULL DEFAULT ''", "entered TEXT NOT NULL DEFAULT ''", "left TEXT NOT NULL DEFAULT ''",
        "standing REAL", "zones TEXT", "ignored INTEGER NOT NULL DEFAULT 0",
    ):  # fmt: skip
        database.execute(f"ALTER TABLE tracklet ADD COLUMN {column}")
    rows = database.execute(
        "SELECT tracklet.key, tracklet.path, moved, width, height, open_at_start, open_at_end FROM tracklet "
        "JOIN recording ON recording.key = tracklet.recording"
    ).fetchall()
    sets = ", ".join(f"{name} = ?" for name in ("path", *WALK))
    for key, data, moved, width, height, opened, ended in rows:
        short = np.frombuffer(data, "<f4").reshape(-1, 3)
        path = np.concatenate([short, np.full((len(short), 2), np.nan, np.float32)], axis=1)
        walk = walk_of(path, moved, (width, height), open_at_start=bool(opened), open_at_end=bool(ended))
        database.execute(f"UPDATE tracklet SET {sets} WHERE key = ?", (path_to_bytes(path), *walk_cells(walk), key))
