"""Recordings, their tracklets and their crops: what an analysis of video keeps in the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = [
    "DeletedMeanwhile",
    "Mended",
    "NewRecording",
    "NewTracklet",
    "Progress",
    "RecordingRow",
    "TakenUp",
    "Vectors",
    "add",
    "at_path",
    "check",
    "every",
    "finish",
    "is_copied",
    "keep",
    "mend",
    "named",
    "note_file",
    "note_no_copy",
    "note_still",
    "of_file",
    "set_start",
    "take_up",
]

if TYPE_CHECKING:
    from reid_core.workspace.catalogue.recordings.clock import Mended, mend, set_start
    from reid_core.workspace.catalogue.recordings.finding import (
        at_path,
        every,
        is_copied,
        named,
        of_file,
        take_up,
    )
    from reid_core.workspace.catalogue.recordings.keeping import (
        add,
        check,
        finish,
        keep,
        note_file,
        note_no_copy,
        note_still,
    )
    from reid_core.workspace.catalogue.recordings.rows import (
        DeletedMeanwhile,
        NewRecording,
        NewTracklet,
        Progress,
        RecordingRow,
        TakenUp,
        Vectors,
    )
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "clock": (
                "Mended",
                "mend",
                "set_start",
            ),
            "finding": (
                "at_path",
                "every",
                "is_copied",
                "named",
                "of_file",
                "take_up",
            ),
            "keeping": (
                "add",
                "check",
                "finish",
                "keep",
                "note_file",
                "note_no_copy",
                "note_still",
            ),
            "rows": (
                "DeletedMeanwhile",
                "NewRecording",
                "NewTracklet",
                "Progress",
                "RecordingRow",
                "TakenUp",
                "Vectors",
            ),
        },
    )
