"""Clips of tracklets: what a browser plays of a walk, cut from the recording and kept for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Cut", "NoClip", "Walk", "answer", "clip_of", "convert", "made", "walk_of"]

if TYPE_CHECKING:
    from reid_core.workspace.clips.contract import answer, convert
    from reid_core.workspace.clips.cutting import Cut, clip_of, made
    from reid_core.workspace.clips.originals import NoClip
    from reid_core.workspace.clips.walks import Walk, walk_of
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "contract": (
                "answer",
                "convert",
            ),
            "cutting": (
                "Cut",
                "clip_of",
                "made",
            ),
            "originals": ("NoClip",),
            "walks": (
                "Walk",
                "walk_of",
            ),
        },
    )
