"""The tracklets of a gallery as CSV. What is written leaves the workspace, where no deletion reaches it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reid_core.errors import ReidError
from reid_core.files import write_atomically
from reid_core.records import harmless
from reid_core.times import format_time
from reid_core.workspace.catalogue.audit_recordings import ExportTracklets
from reid_core.workspace.galleries.tracklets import TrackletLine
from reid_core.workspace.workspace import Workspace


def write_tracklets(
    workspace: Workspace, gallery: str, lines: Sequence[TrackletLine], file: Path, purpose: str = ""
) -> None:
    """Write the table and say so in the audit log.

    Raises ReidError for a file in the workspace, or one that cannot be written.
    """
    if file.resolve().is_relative_to(workspace.path):
        raise ReidError(f"{file} is in the workspace, where a deletion would not look for it. Name another place.")
    workspace.catalogue.log(ExportTracklets(gallery=gallery, tracklets=len(lines), purpose=purpose))
    try:
        write_atomically(file, lambda out: out.write(to_csv(lines).encode()))
    except OSError as error:
        raise ReidError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error


def to_csv(lines: Sequence[TrackletLine]) -> str:
    """A row for each; text that a spreadsheet would take for a formula is quoted."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(values_of(_NO_LINE)), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in values_of(line).items()} for line in lines)
    return text.getvalue()


def values_of(line: TrackletLine) -> dict[str, Any]:
    """Plain values: times as ISO 8601 in UTC, points in pixels of the upright frame, None for what is not known."""
    return {
        "tracklet": line.name, "camera": line.camera, "start": format_time(line.start), "end": format_time(line.end),
        "seconds": _rounded(line.seconds), "crops": line.crops, "detections": line.detections,
        "entry_x": _part(line.entry, 0), "entry_y": _part(line.entry, 1), "exit_x": _part(line.exit, 0),
        "exit_y": _part(line.exit, 1), "moved": _rounded(line.moved), "identity": "; ".join(line.identities) or None,
        "recording": line.recording, "start_moment": _rounded(line.start_moment),
        "end_moment": _rounded(line.end_moment), "score": _rounded(line.score), "flags": "; ".join(line.flags) or None,
    }  # fmt: skip


_NO_LINE = TrackletLine(name="", camera=None, start=0.0, end=0.0, crops=0, identities=())


def _part(point: tuple[float, float] | None, place: int) -> float | None:
    return None if point is None else round(point[place], 1)


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)
