"""Recordings for tests that have a file: films of numbers, and what an analysis would keep of them, written by hand."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.video.stream import open_recording
from reid_core.workspace.catalogue.recordings import Progress, RecordingRow, finish, keep, named
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.imports.planned_recordings import keep_copy
from reid_core.workspace.workspace import Workspace
from tests.support import films
from tests.workspace.catalogue.filmed import cut, walk
from tests.workspace.catalogue.filmed import film as row_of_film

TOWN, NAME, SECONDS, RATE = "town", "gate", 40, 5.0


def filed(
    workspace: Workspace, path: Path, *, gallery: str = TOWN, name: str = NAME, over: bool = True, **given: Any
) -> RecordingRow:
    """The recording of a film of 40 seconds at that path, which is drawn where it is not there, with the walks "NAME-1"
    (seconds 10 to 14, crops 1 and 2 of it) and "NAME-2" (30 to 34, one crop)."""
    if not path.exists():
        films.film(path, int(SECONDS * RATE), rate=RATE)
    data = path.read_bytes()
    row = row_of_film(
        workspace, gallery, name=name, path=str(path.resolve()), width=96, height=64, bytes=len(data), duration=40.0,
        sha256=hashlib.sha256(data).digest(),
        facts={"head": {"bytes": min(len(data), 2**20), "sha256": hashlib.sha256(data[: 2**20]).hexdigest()}}, **given,
    )  # fmt: skip
    one, two = f"{name}-1", f"{name}-2"
    reached = Progress(analysed=40.0, frames=200)
    crops = [cut(one, 11.0), cut(one, 13.0), cut(two, 31.0)]
    keep(workspace.catalogue, row.key, [walk(one), walk(two, 30.0, 34.0)], crops, reached)
    if over:
        finish(workspace.catalogue, row.key, reached)
    return named(workspace.catalogue, gallery, name)


def dropped(workspace: Workspace, *, gallery: str = TOWN) -> RecordingRow:
    """As `filed`, of a film that was dropped on the page: the workspace's copy is the only file that is known."""
    upload = workspace.incoming / "20260302T080000-abcdef"
    upload.mkdir(parents=True)
    path = films.film(upload / "gate.mp4", int(SECONDS * RATE), rate=RATE)
    row = filed(workspace, path, gallery=gallery, copied=True)
    keep_copy(workspace, row, path)
    shutil.rmtree(upload)
    return row


def crops(*ids: int) -> Selection:
    return Selection(ids=frozenset(ids))


def hidden_seconds(path: Path) -> set[float]:
    """Moments of a film of numbers in which no edge of a block is seen, where the film has one."""
    found = set()
    for frame in open_recording(path).frames(rate=None):
        grey = frame.rgb().astype(int).mean(axis=2)
        if max(np.abs(np.diff(grey, axis=axis)).max() for axis in (0, 1)) < 100:
            found.add(round(frame.seconds, 3))
    return found


def between(start: float, end: float) -> set[float]:
    """Moments of its frames."""
    return {moment / RATE for moment in range(int(SECONDS * RATE)) if start <= moment / RATE <= end}
