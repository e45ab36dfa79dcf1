"""Rows of the catalogue as the rest of the program sees them, and the look-ups that several of its methods share."""

from __future__ import annotations

import getpass
import os
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK

CROP_COLUMNS = ("id", "path", "identity", "camera", "time", "tracklet", "split", "width", "height", "sha256", "source")
_NAME = re.compile(r"[\w][\w.-]{0,63}")


@dataclass(frozen=True)
class GalleryInfo:
    """A gallery in numbers; `models` holds (model id, name, embedded crops), the best choice last.

    That is the one that embedded most of it, and of those the one used last.
    """

    name: str
    crops: int
    identities: int
    cameras: int
    splits: dict[str, int]
    models: list[tuple[str, str, int]]


@dataclass(frozen=True)
class NewCrop:
    """A row to add, with what was found when the picture was decoded."""

    path: str
    identity: str | None
    camera: str | None
    time: float
    tracklet: str | None
    split: str
    width: int
    height: int
    sha256: bytes


def check_name(name: str, kind: str) -> None:
    """Raises ReidError unless the name is letters, digits, dot, dash and underscore, 64 at most."""
    if not _NAME.fullmatch(name):
        raise ReidError(f"{name!r} cannot name a {kind}; use letters, digits, '.', '-' and '_' (64 at most).")


def gallery_key(database: sqlite3.Connection, name: str) -> int:
    row = database.execute("SELECT key FROM gallery WHERE name = ?", (name,)).fetchone()
    if row is None:
        names = [n for (n,) in database.execute("SELECT name FROM gallery ORDER BY key")]
        there = f"There are: {', '.join(names)}." if names else "There is none yet; make one with `reid import`."
        raise ReidError(f"There is no gallery {name!r}. {there}")
    return int(row[0])


def model_key(database: sqlite3.Connection, id: str) -> int:
    row = database.execute("SELECT key FROM model WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise ReidError(f"Model {id} has embedded nothing in this workspace yet. Run `reid index` with it.")
    return int(row[0])


def refuse_mixed_sides(database: sqlite3.Connection, gallery: int, crops: Sequence[NewCrop]) -> None:
    """Within the transaction that adds the crops: nobody may be for training and for testing in one gallery."""
    sides = {(crop.identity, crop.split == "train") for crop in crops if crop.identity not in (None, DISTRACTOR, JUNK)}
    for identity, trained in sides:
        other = database.execute(
            "SELECT 1 FROM crop WHERE gallery = ? AND identity = ? AND (split = 'train') <> ? LIMIT 1",
            (gallery, identity, trained),
        ).fetchone()
        if other or (identity, not trained) in sides:
            raise ReidError(
                f"Identity {identity!r} would be for training and for testing in one gallery. "
                "Import into another gallery with --gallery."
            )


def gallery_info(database: sqlite3.Connection, key: int, name: str) -> GalleryInfo:
    crops, identities, cameras = database.execute(
        "SELECT COUNT(*), COUNT(DISTINCT CASE WHEN identity NOT IN (?, ?) THEN identity END), COUNT(DISTINCT camera) "
        "FROM crop WHERE gallery = ?",
        (DISTRACTOR, JUNK, key),
    ).fetchone()
    splits = dict(
        database.execute("SELECT split, COUNT(*) FROM crop WHERE gallery = ? GROUP BY split", (key,)).fetchall()
    )
    models = database.execute(
        "SELECT model.id, model.name, COUNT(*) FROM vector JOIN crop ON crop.id = vector.crop "
        "JOIN model ON model.key = vector.model WHERE crop.gallery = ? "
        "GROUP BY model.key ORDER BY COUNT(*), MAX(vector.seq)",
        (key,),
    ).fetchall()
    return GalleryInfo(name, crops, identities, cameras, splits, models)


def crop_table(database: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> pd.DataFrame:
    rows = database.execute(
        "SELECT crop.id, crop.path, identity, camera, time, tracklet, split, width, height, lower(hex(sha256)), "
        f"source.path FROM crop JOIN source ON source.key = crop.source WHERE {where}",
        values,
    ).fetchall()
    table = pd.DataFrame(rows, columns=list(CROP_COLUMNS), dtype=object)
    return table.astype({"id": np.int64, "time": np.float64, "width": np.int64, "height": np.int64})


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def user() -> str:
    """Name of the operating system's user, which a variable of the environment cannot change."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except ImportError:  # Windows
        return getpass.getuser()
    except KeyError:  # a container's user without a name
        return f"user {os.getuid()}"
