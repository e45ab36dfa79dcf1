"""The file that clips of a recording are cut from, and why there may be no clip."""

from __future__ import annotations

from reid_core.errors import ReidError
from reid_core.times import short_time
from reid_core.video.clips import Place
from reid_core.video.stream import Problems
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.clips.shown_file import fault_of, file_of, reading_of
from reid_core.workspace.layout import DEMO_VIDEOS, upload_of
from reid_core.workspace.workspace import Workspace


class NoClip(ReidError):
    """Why there is no clip. `kind`: "gone", "changed", "deleted", "codec", "unreadable" or "space"; `can_convert` where
    encoding it anew helps."""

    def __init__(self, kind: str, message: str, *, can_convert: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.can_convert = can_convert


def place_of(workspace: Workspace, row: RecordingRow) -> Place:
    """The file, and how it is read: as its analysis read it, or as the blurred copy that it is.

    Raises NoClip where it is gone, where another file lies there, and where it cannot be read.
    """
    file = file_of(workspace, row)
    fault = fault_of(file, may_have_grown=True)
    if fault == "gone" and row.sha256 is None and file.path.parent.as_posix().endswith(f"/{DEMO_VIDEOS}"):
        raise NoClip(
            fault,
            "The videos of the demo are drawn while the app already runs, which takes some minutes, and this one is "
            "not there yet. `reid demo` draws those that are missing.",
        )
    if fault == "gone" and upload_of(workspace.incoming, file.path) is not None:
        raise NoClip(
            fault,
            f"The workspace no longer has the film of recording {row.name}: it was removed when somebody in it was "
            "deleted.",
        )
    if fault == "gone":
        raise NoClip(
            fault, f"The recording {row.name} is not where it was any more ({file.path}). Put it back to play it."
        )
    if fault == "changed":
        raise NoClip(
            fault,
            f"Another file lies where the recording {row.name} was ({file.path}). Put that recording back to play it.",
        )
    if fault:
        raise NoClip(fault, f"{file.path} cannot be read. Check its disk, and who may read it.")
    problems = Problems() if file.blurred else Problems.from_state(row.problems)
    return Place(file.path, reading_of(row, file), problems, whole=file.blurred or row.finished is not None)


def deleted(start: float) -> NoClip:
    """Of a clip that would show somebody who is deleted."""
    return NoClip(
        "deleted",
        f"This clip would show somebody who was deleted (around {short_time(start)} of the recording), so it is not "
        "shown.",
    )
