"""What an analysis of recordings has brought in so far: tracklets of each recording, and the newest crops."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from reid_core.workspace.catalogue.catalogue import Catalogue


@dataclass(frozen=True)
class Arrived:
    """A recording as far as it is analysed: `seconds` of `length`, NaN where that is not known."""

    recording: str
    path: str
    camera: str | None
    tracklets: int
    crops: int
    seconds: float
    length: float
    finished: bool


@dataclass(frozen=True)
class NewCrop:
    """A crop with its content's SHA-256 in hexadecimal, by which its thumbnail is found."""

    id: int
    sha256: str
    tracklet: str | None
    camera: str | None


@dataclass(frozen=True)
class Arrivals:
    recordings: tuple[Arrived, ...]
    newest: tuple[NewCrop, ...]  # the best crop of each tracklet that came last, newest first


def arrivals(catalogue: Catalogue, gallery: str, paths: Collection[str] | None, most: int) -> Arrivals:
    """Of the recordings of these files, or of all, with at most so many crops; nothing where there is no gallery."""
    chosen = None if paths is None else json.dumps(list(paths))
    of_them = (
        "recording.gallery = (SELECT key FROM gallery WHERE name = ?1) "
        "AND (?2 IS NULL OR recording.path IN (SELECT value FROM json_each(?2)))"
    )
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        rows = database.execute(
            "SELECT recording.name, path, camera, analysed, duration, finished, "
            "(SELECT COUNT(*) FROM tracklet WHERE tracklet.recording = recording.key), "
            "(SELECT COUNT(*) FROM crop WHERE crop.recording = recording.key) "
            f"FROM recording WHERE {of_them} ORDER BY recording.key",
            (gallery, chosen),
        ).fetchall()
        crops = database.execute(
            "SELECT MIN(crop.id) AS first, lower(hex(crop.sha256)), crop.tracklet, crop.camera FROM crop "
            f"WHERE crop.recording IN (SELECT recording.key FROM recording WHERE {of_them}) "
            "GROUP BY crop.recording, crop.tracklet ORDER BY first DESC LIMIT ?3",
            (gallery, chosen, most),
        ).fetchall()
    unknown = float("nan")
    recordings = (
        Arrived(
            name, path, camera, tracklets, crops, seconds or 0.0, unknown if length is None else length, bool(finished)
        )
        for name, path, camera, seconds, length, finished, tracklets, crops in rows
    )
    return Arrivals(tuple(recordings), tuple(NewCrop(*crop) for crop in crops))
