"""Recordings as people look at them: a list, a timeline of one, what never moves, and how an analysis goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["SeenWalk", "StillThing", "lines_of", "per_minute", "still_things", "walks_of"]

if TYPE_CHECKING:
    from reid_core.workspace.recordings.overview import lines_of
    from reid_core.workspace.recordings.still_there import StillThing, still_things
    from reid_core.workspace.recordings.timeline import SeenWalk, per_minute, walks_of
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "overview": ("lines_of",),
            "still_there": (
                "StillThing",
                "still_things",
            ),
            "timeline": (
                "SeenWalk",
                "per_minute",
                "walks_of",
            ),
        },
    )
