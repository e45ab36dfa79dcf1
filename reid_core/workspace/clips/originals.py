"""The file that a recording was analysed from: whether it is there, and still the same."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

from reid_core.errors import ReidError, why
from reid_core.times import short_time
from reid_core.video.clips import Place
from reid_core.video.stream import Problems, Reading
from reid_core.video.stream.examining import BARE
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.workspace import Workspace


class NoClip(ReidError):
    """Why there is no clip. `kind`: "gone", "changed", "deleted", "codec", "unreadable" or "space"; `can_convert` where
    encoding it anew helps."""

    def __init__(self, kind: str, message: str, *, can_convert: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.can_convert = can_convert


def original_of(workspace: Workspace, row: RecordingRow) -> Path:
    """Where it lies: the workspace's own copy, else where it was imported from. One that has grown since is the same.

    Raises NoClip where it is gone, or where another file lies there.
    """
    own = workspace.originals(row.source) / Path(row.path).name
    path = own if row.copied and own.is_file() else Path(row.path)
    try:
        if not path.is_file():
            raise NoClip(
                "gone", f"The recording {row.name} is not where it was any more ({path}). Put it back to play it."
            )
        if path.stat().st_size < row.bytes or not _has_same_head(row, path):
            raise NoClip(
                "changed",
                f"Another file lies where the recording {row.name} was ({path}). Put that recording back to play it.",
            )
    except OSError as error:
        raise NoClip(
            "unreadable", f"{path} cannot be read ({why(error)}). Check its disk, and who may read it."
        ) from error
    return path


def place_of(path: Path, row: RecordingRow) -> Place:
    """How that file is read, as its analysis read it."""
    facts = row.facts
    problems = Problems.from_state(row.problems)
    bare = None
    if facts.get("container") in BARE and row.frames > 1 and row.analysed > 0:
        bare = (row.frames - 1) / row.analysed
    reading = Reading(
        stream=facts.get("stream"),
        interlaced=True if facts.get("interlaced") else None,  # later frames say themselves whether they are
        pixel_aspect=Fraction(facts["pixel_aspect"]) if "pixel_aspect" in facts else None,
        bare_rate=bare,
    )
    return Place(path, reading, problems, whole=row.finished is not None)


def deleted(start: float) -> NoClip:
    """Of a clip that would show somebody who is deleted."""
    return NoClip(
        "deleted",
        f"This clip would show somebody who was deleted (around {short_time(start)} of the recording), so it is not "
        "shown.",
    )


def _has_same_head(row: RecordingRow, path: Path) -> bool:
    """By the hash of its first bytes, which stay while a file grows; recordings of the first version have none."""
    head = row.facts.get("head")
    if head is None:
        return True
    with path.open("rb") as file:
        return hashlib.sha256(file.read(head["bytes"])).hexdigest() == head["sha256"]
