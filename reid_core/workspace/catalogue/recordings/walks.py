"""What is kept of each tracklet's walk, see `video.walks`, and how it is brought up to date when zones change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.video.walks import Walk, Zone, walk_of

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


def describe_again(database: Connection, gallery: int, camera: str, zones: Sequence[Zone]) -> list[int]:
    """Write down anew what zones the camera's tracklets are in; keys of the tracklets for which that is another."""
    rows = database.execute(
        f"SELECT tracklet.key, {_DESCRIBED}, tracklet.zones, ignored FROM tracklet "
        "JOIN recording ON recording.key = tracklet.recording WHERE recording.gallery = ? AND recording.camera = ?",
        (gallery, camera),
    )
    changed = []
    for key, *described, former, was_ignored in rows.fetchall():
        walk = _described(described, zones)
        *_, now, ignored = walk_cells(walk)
        if (now, ignored) != (former, was_ignored):
            changed.append((now, ignored, key))
    database.executemany("UPDATE tracklet SET zones = ?, ignored = ? WHERE key = ?", changed)
    return [key for _, _, key in changed]


def describe_walks_of_version_7(database: Connection) -> None:
    """Its paths had no sizes, and nothing stood about walks."""
    for name, kind in zip(WALK, ("TEXT", "TEXT", "TEXT", "REAL", "TEXT", "INTEGER"), strict=True):
        rest = "" if name in ("standing", "zones") else f" NOT NULL DEFAULT {0 if kind == 'INTEGER' else chr(39) * 2}"
        database.execute(f"ALTER TABLE tracklet ADD COLUMN {name} {kind}{rest}")
    rows: Iterable[Any] = database.execute("SELECT key, path FROM tracklet").fetchall()
    for key, data in rows:
        short = np.frombuffer(data, "<f4").reshape(-1, 3)
        path = np.concatenate([short, np.full((len(short), 2), np.nan, np.float32)], axis=1)
        database.execute("UPDATE tracklet SET path = ? WHERE key = ?", (path_to_bytes(path), key))
        described = database.execute(
            f"SELECT {_DESCRIBED} FROM tracklet JOIN recording ON recording.key = tracklet.recording "
            "WHERE tracklet.key = ?",
            (key,),
        ).fetchone()
        names = ", ".join(f"{name} = ?" for name in WALK)
        database.execute(f"UPDATE tracklet SET {names} WHERE key = ?", (*walk_cells(_described(described, [])), key))


_DESCRIBED = "tracklet.path, moved, width, height, open_at_start, open_at_end"


def _described(row: Sequence[Any], zones: Sequence[Zone]) -> Walk:
    path, moved, width, height, opened, ended = row
    return walk_of(
        path_of_bytes(path), moved, (width, height), zones, open_at_start=bool(opened), open_at_end=bool(ended)
    )
