"""A recording's tracklets in time: rows that they do not overlap in, and how many are in view in each minute."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.walks import path_of_bytes
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.clips.neighbours import best_crop

MINUTE = 60.0  # seconds
MOST_PATHS, MOST_POINTS = 200, 24  # of the lines that show a place without a still


@dataclass(frozen=True)
class SeenWalk:
    """A tracklet of a recording. `start` and `end` are seconds into it; `moved` is in heights of the box, `standing` in
    seconds, NaN where not known. `direction`, `entered` and `left` are words of `video.walks`."""

    name: str
    start: float
    end: float
    moved: float
    direction: str
    entered: str
    left: str
    standing: float
    zones: tuple[str, ...]
    ignored: bool


def walks_of(catalogue: Catalogue, recording: int) -> list[SeenWalk]:
    """The tracklets of the recording of that number, by their start; none of a recording that is gone."""
    with catalogue.transaction() as database:
        rows = database.execute(
            'SELECT name, start_moment, end_moment, moved, direction, entered, "left", standing, zones, ignored '
            "FROM tracklet WHERE recording = ? ORDER BY start_moment, key",
            (recording,),
        ).fetchall()
    return [
        SeenWalk(
            name, start, end, moved, direction, entered, left, math.nan if standing is None else standing,
            tuple(zones.split("\n")) if zones else (), bool(ignored),
        )
        for name, start, end, moved, direction, entered, left, standing, zones, ignored in rows
    ]  # fmt: skip


def crops_of_walk(catalogue: Catalogue, recording: int, tracklet: str) -> list[int]:
    """Numbers of the tracklet's crops, by their moment."""
    with catalogue.transaction() as database:
        found = database.execute(
            "SELECT id FROM crop WHERE recording = ? AND tracklet = ? ORDER BY moment, id", (recording, tracklet)
        )
        return [int(crop) for (crop,) in found]


def best_crop_of_walk(catalogue: Catalogue, recording: int, walk: SeenWalk) -> int | None:
    """The crop that stands for the tracklet wherever one does, see `neighbours.best_crop`; None where it has none."""
    with catalogue.transaction() as database:
        return best_crop(database, recording, walk.name, walk.start, walk.end)


def packed(spans: Sequence[tuple[float, float]], gap: float = 0.0) -> list[int]:
    """For spans in the order of their starts the row of each: the first one that is free, so that two in one row are at
    least `gap` seconds apart."""
    rows, busy, free, count = [], list[tuple[float, int]](), list[int](), 0
    for start, end in spans:
        while busy and busy[0][0] + gap <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            row = heapq.heappop(free)
        else:
            row, count = count, count + 1
        rows.append(row)
        # A span without a length takes up a moment, or one that begins in it would lie upon it.
        heapq.heappush(busy, (end if end > start else math.nextafter(start, math.inf), row))
    return rows


def per_minute(spans: Sequence[tuple[float, float]], length: float) -> NDArray[np.int64]:
    """How many of the spans are in view in each minute of the recording: minute m is from second 60 m to the next, and
    who is in view in a part of it counts. `length` is in seconds; spans that reach beyond it make it longer."""
    last = max([end for _, end in spans], default=0.0)
    minutes = max(math.ceil(max(length, 0.0) / MINUTE), math.floor(last / MINUTE) + 1 if spans else 0)
    change = np.zeros(minutes + 1, np.int64)
    if spans:
        places = np.floor(np.asarray(spans, np.float64) / MINUTE).astype(np.int64)
        np.add.at(change, places[:, 0], 1)
        np.add.at(change, places[:, 1] + 1, -1)
    return np.cumsum(change)[:-1]


def paths_of(
    catalogue: Catalogue, gallery: str, camera: str, most: int = MOST_PATHS
) -> list[list[tuple[float, float]]]:
    """Foot points of tracklets of the camera, those that went farthest: shares of the frame's width and height."""
    with catalogue.transaction() as database:
        rows = database.execute(
            "SELECT tracklet.path, width, height FROM tracklet JOIN recording ON recording.key = tracklet.recording "
            "WHERE recording.gallery = ? AND recording.camera = ? ORDER BY moved DESC LIMIT ?",
            (gallery_key(database, gallery), camera, most),
        ).fetchall()
    found = []
    for data, width, height in rows:
        feet = path_of_bytes(data)[:, 1:3].astype(np.float64) / (width, height)
        chosen = feet[np.unique(np.linspace(0, len(feet) - 1, min(len(feet), MOST_POINTS)).astype(int))]
        found.append([(float(x), float(y)) for x, y in np.clip(chosen, 0, 1).round(4)])
    return found
