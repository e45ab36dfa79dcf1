"""What is kept of tracklets: their rows, their best crops as files and rows, and vectors of these.

Vectors also show a tracklet that had taken up two people; it becomes two (`video.purity`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.embedder.inference import Embedder
from reid_core.files import one_at_a_time, write_atomically
from reid_core.images import decode
from reid_core.video.best_crops import Candidate
from reid_core.video.purity import Purity
from reid_core.video.tracklets import Tracklet
from reid_core.workspace.catalogue.recordings import keeping
from reid_core.workspace.catalogue.recordings.rows import NewTracklet, Progress, RecordingRow, Vectors
from reid_core.workspace.imports.importing import copy_crops
from reid_core.workspace.imports.inspecting import Inspected, described
from reid_core.workspace.layout import LOCK, STILL
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Prepared:
    """Tracklets with their crops, and the (N, D) vectors of these N crops; a row of NaN where one has no direction."""

    tracklets: tuple[NewTracklet, ...]
    crops: tuple[Inspected, ...]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Still:
    """A frame that shows the place: how many people it has in view, when it was, as a JPEG."""

    people: int
    moment: float
    jpeg: bytes


def prepared(row: RecordingRow, ended: Sequence[Tracklet], embedder: Embedder, purity: Purity) -> Prepared:
    """The tracklets of the recording `row` that ended, split where their looks say so, with their crops."""
    candidates = [candidate for tracklet in ended for candidate in tracklet.candidates]
    images = [decode(candidate.jpeg) for candidate in candidates]
    vectors = embedder.directions([embedder.prepare(image) for image in images])
    tracklets: list[NewTracklet] = []
    crops: list[Inspected] = []
    kept: list[int] = []  # places among the candidates
    first = 0
    for tracklet in ended:
        count = len(tracklet.candidates)
        places = {id(candidate): first + place for place, candidate in enumerate(tracklet.candidates)}
        for part in _pure(tracklet, vectors[first : first + count], purity):
            name = _name(row, part)
            tracklets.append(_new(name, part))
            for candidate in part.crops:
                place = places[id(candidate)]
                kept.append(place)
                crops.append(described(_labels(name, part, candidate), candidate.jpeg, images[place], keep_data=True))
        first += count
    return Prepared(tuple(tracklets), tuple(crops), vectors[kept])


def keep_tracklets(
    workspace: Workspace, row: RecordingRow, found: Prepared, progress: Progress, model: str | None
) -> int:
    """One step: files first, then all rows in one transaction. How many crops are new.

    Without a model's id the vectors are left out. Raises what `keeping.keep` raises.
    """
    # A deletion looks for files without rows: it may not look between the two. One that is over looks no more: files
    # that it forbids are not laid out. One that begins now looks once the lock is free.
    with one_at_a_time(workspace.path / LOCK):
        keeping.check(workspace.catalogue, row.key, progress.deletion)
        workspace.thumbnails.add({item.crop.sha256: item.thumbnail for item in found.crops})
        copy_crops(workspace.originals(row.source), found.crops)
        ids = keeping.keep(
            workspace.catalogue, row.key, found.tracklets, [item.crop for item in found.crops], progress,
            vectors=Vectors(model, found.vectors) if found.crops and model is not None else None,
        )  # fmt: skip
    return sum(id is not None for id in ids)


def keep_still(workspace: Workspace, row: RecordingRow, still: Still, deletion: int | None = None) -> None:
    """Raises what `keeping.note_still` raises."""
    with one_at_a_time(workspace.path / LOCK):
        keeping.check(workspace.catalogue, row.key, deletion)
        place = workspace.originals(row.source) / STILL
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, lambda file: file.write(still.jpeg))
        keeping.note_still(workspace.catalogue, row.key, still.moment, deletion)


def _pure(tracklet: Tracklet, vectors: NDArray[np.float32], purity: Purity) -> tuple[Tracklet, ...]:
    """The tracklet, or its parts, each of one person; one with a crop without a direction stays as it is."""
    if np.isnan(vectors).any():
        return (tracklet,)
    purity.learn(vectors, tracklet.start, tracklet.end)
    return tracklet.split(purity.split(vectors))


def _name(row: RecordingRow, part: Tracklet) -> str:
    """ "gate-0012", of one that was split "gate-0012b"."""
    letter = chr(ord("a") + part.part - 1) if part.part else ""
    return f"{row.name}-{part.number:04d}{letter}"


def _new(name: str, part: Tracklet) -> NewTracklet:
    return NewTracklet(
        name=name, start_moment=part.start, end_moment=part.end, entry=part.entry, exit=part.exit,
        path=np.array([(*point[:3], point.width, point.height) for point in part.path], np.float32),
        detections=part.detections, score=part.score, moved=part.moved, open_at_start=part.open_at_start,
        open_at_end=part.open_at_end,
    )  # fmt: skip


def _labels(name: str, part: Tracklet, candidate: Candidate) -> dict[str, Any]:
    left, top, right, bottom = candidate.box
    return {
        "path": f"{name}/{candidate.frame:08d}.jpg", "identity": None, "camera": None, "time": float("nan"),
        "tracklet": name, "split": "gallery", "moment": candidate.seconds, "box_left": left, "box_top": top,
        "box_width": right - left, "box_height": bottom - top,
    }  # fmt: skip
