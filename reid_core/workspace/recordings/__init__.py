"""Recordings as people look at them: a list, a timeline of one, what never moves; and their files, which may still show
people who were deleted: which there are, blurring them, removing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = [
    "SeenWalk",
    "StillShown",
    "StillThing",
    "blur_recording",
    "lines_of",
    "per_minute",
    "remove_file",
    "still_things",
    "walks_of",
]

if TYPE_CHECKING:
    from reid_core.workspace.recordings.blurred_copy import blur_recording
    from reid_core.workspace.recordings.overview import lines_of
    from reid_core.workspace.recordings.removal import remove_file
    from reid_core.workspace.recordings.still_shown import StillShown
    from reid_core.workspace.recordings.still_there import StillThing, still_things
    from reid_core.workspace.recordings.timeline import SeenWalk, per_minute, walks_of
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "blurred_copy": ("blur_recording",),
            "overview": ("lines_of",),
            "removal": ("remove_file",),
            "still_shown": ("StillShown",),
            "still_there": ("StillThing", "still_things"),
            "timeline": ("SeenWalk", "per_minute", "walks_of"),
        },
    )
