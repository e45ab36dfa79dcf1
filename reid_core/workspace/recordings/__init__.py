"""Files of recordings that show people who were deleted: which there are, blurring them, removing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["StillShown", "blur_recording", "remove_file"]

if TYPE_CHECKING:
    from reid_core.workspace.recordings.blurred_copy import blur_recording
    from reid_core.workspace.recordings.removal import remove_file
    from reid_core.workspace.recordings.still_shown import StillShown
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "blurred_copy": ("blur_recording",),
            "removal": ("remove_file",),
            "shown_file": ("file_of"),
            "still_shown": ("StillShown",),
        },
    )
