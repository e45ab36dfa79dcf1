"""A gallery with a recording that can be played: its frames tell their own numbers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from reid_core.video.stream import open_recording
from reid_core.workspace.catalogue.recordings import Progress, RecordingRow, finish, keep
from reid_core.workspace.workspace import Workspace
from tests.support.films import film as draw
from tests.workspace.catalogue.filmed import cut, film, walk

TOWN = "town"
WALK, CROP, MIDDLE = "gate-0001", 1, 12.0  # seconds 10 to 14; the crop in its middle
LATER, CROP_OF_LATER = "gate-0002", 3  # seconds 30 to 32


def played(
    workspace: Workspace, folder: Path, *, kind: str = "mp4", is_over: bool = True, head: int = 1000,
    copied: bool = False, rate: int = 5, drawn: dict[str, Any] | None = None,
) -> RecordingRow:  # fmt: skip
    """A film of 40 seconds, 5 frames a second, a key frame every 10 seconds, with two walks and three crops."""
    options = {"key_every": 10 * rate, "b_frames": 2, **(drawn or {})}
    path = draw(folder / f"gate.{kind}", 40 * rate, rate=rate, **options)
    with open_recording(path) as recording:
        facts = recording.facts
        for _ in recording.frames(rate=None):
            pass
        problems = recording.problems.state()
    told = {
        "container": facts.container, "stream": facts.stream, "interlaced": facts.interlaced,
        "pixel_aspect": str(facts.pixel_aspect),
        "head": {"bytes": head, "sha256": hashlib.sha256(path.read_bytes()[:head]).hexdigest()},
    }  # fmt: skip
    row = film(
        workspace, TOWN, name="gate", path=str(path), bytes=path.stat().st_size, width=facts.width,
        height=facts.height, duration=39.8, facts=told, copied=copied,
    )  # fmt: skip
    reached = Progress(analysed=39.8, frames=40 * rate, problems=problems)
    keep(
        workspace.catalogue, row.key, [walk(WALK, 10.0, 14.0), walk(LATER, 30.0, 32.0)],
        [cut(WALK, MIDDLE), cut(WALK, 13.8), cut(LATER, 31.0)], reached,
    )  # fmt: skip
    return finish(workspace.catalogue, row.key, reached) if is_over else row


def delete_spans(workspace: Workspace, row: RecordingRow, *spans: tuple[float, float]) -> None:
    """As a deletion writes them down."""
    with workspace.catalogue.transaction() as database:
        database.execute(
            "CREATE TABLE IF NOT EXISTS deleted_span (recording INTEGER NOT NULL REFERENCES recording(key) "
            "ON DELETE CASCADE, start_moment REAL NOT NULL, end_moment REAL NOT NULL) STRICT"
        )
        database.executemany("INSERT INTO deleted_span VALUES (?, ?, ?)", [(row.key, *span) for span in spans])
