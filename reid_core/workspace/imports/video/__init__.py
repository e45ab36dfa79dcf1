"""What is said of recordings before they come in: by a table, by a first look at their frames, by what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["TableRow", "read_recording_table", "write_recording_table"]

if TYPE_CHECKING:
    from reid_core.workspace.imports.video.tables import TableRow, read_recording_table, write_recording_table
else:
    __getattr__ = imported_when_asked(
        __name__, {"tables": ("TableRow", "read_recording_table", "write_recording_table")}
    )
