"""Recordings, their tracklets and their crops: what an analysis of video keeps in the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = [
    "Mended",
    "NewRecording",
    "NewTracklet",
    "Progress",
    "RecordingRow",
    "Vectors",
    "add",
    "at_path",
    "every",
    "finish",
    "keep",
    "last_number",
    "mend",
    "named",
    "note_file",
    "note_still",
    "of_file",
    "overlapping",
    "set_start",
    "state_of",
]

if TYPE_CHECKING:
    from reid_core.workspace.catalogue.recordings.clock import Mended, mend, set_start
    from reid_core.workspace.catalogue.recordings.finding import (
        at_path,
        every,
        last_number,
        named,
        of_file,
        overlapping,
        state_of,
    )
    from reid_core.workspace.catalogue.recordings.keeping import add, finish, keep, note_file, note_still
    from reid_core.workspace.catalogue.recordings.rows import NewRecording, NewTracklet, Progress, RecordingRow, Vectors
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
                "last_number",
                "named",
                "of_file",
                "overlapping",
                "state_of",
            ),
            "keeping": (
                "add",
                "finish",
                "keep",
                "note_file",
                "note_still",
            ),
            "rows": (
                "NewRecording",
                "NewTracklet",
                "Progress",
                "RecordingRow",
                "Vectors",
            ),
        },
    )
