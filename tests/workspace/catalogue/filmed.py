"""Recordings for tests: what an analysis would keep of them, written by hand."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from reid_core.workspace.catalogue.recordings import NewRecording, NewTracklet, Progress, RecordingRow, add, keep
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.workspace import Workspace

START = 1_772_434_800.0  # 2026-03-02T07:00:00Z


def film(
    workspace: Workspace, gallery: str = "town", *, name: str = "gate.mp4", camera: str = "gate", **given: Any
) -> RecordingRow:
    """A recording of two minutes, unless told otherwise, in a gallery that is made where it is not there."""
    workspace.catalogue.add_gallery(gallery)
    values: dict[str, Any] = {
        "path": f"/film/{name}", "width": 1920, "height": 1080, "bytes": 1_000, "detector": "drawn", "start": START,
        "start_source": "stated", "duration": 120.0, "sha256": hashlib.sha256(name.encode()).digest(), **given,
    }  # fmt: skip
    return add(workspace.catalogue, gallery, NewRecording(name=name, camera=camera, **values))


def walk(name: str, first: float = 10.0, last: float = 14.0, **given: Any) -> NewTracklet:
    path = np.array([[second, 100 + 10 * second, 500, 50, 120] for second in np.arange(first, last + 1)], np.float32)
    values: dict[str, Any] = {
        "entry": (100.0, 500.0), "exit": (140.0, 500.0), "path": path, "detections": 21, "score": 0.75, "moved": 2.5,
        **given,
    }  # fmt: skip
    return NewTracklet(name=name, start_moment=first, end_moment=last, **values)


def cut(tracklet: str | None, moment: float, **given: Any) -> NewCrop:
    """A crop at that second. Its bytes and its file are those of its tracklet and moment."""
    path = f"{tracklet}/{moment:g}.jpg"
    values: dict[str, Any] = {
        "identity": None, "sha256": hashlib.sha256(path.encode()).digest(), "box_left": 100.0, "box_top": 380.0,
        "box_width": 50.0, "box_height": 120.0, **given,
    }  # fmt: skip
    return NewCrop(
        path=path, camera=None, time=float("nan"), tracklet=tracklet, split="gallery", width=50, height=120,
        moment=moment, **values,
    )  # fmt: skip


def filmed(
    workspace: Workspace, *, analysed: float = 60.0, state: bytes | None = b"in view", **given: Any
) -> RecordingRow:
    """A recording of the walks "NAME-1" (seconds 10 to 14, crops 1 and 2 of it) and "NAME-2" (30 to 34, one crop)."""
    row = film(workspace, **given)
    one, two = f"{row.name}-1", f"{row.name}-2"
    keep(
        workspace.catalogue, row.key, [walk(one), walk(two, 30.0, 34.0)],
        [cut(one, 11.0), cut(one, 13.0), cut(two, 31.0)], Progress(analysed=60.0, frames=300, state=state),
    )  # fmt: skip
    return row
