"""A crop's walk: all that a player tells of it, but for the clip itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from reid_core.errors import NotThere, shown
from reid_core.workspace.catalogue.recordings.clock import length_of
from reid_core.workspace.catalogue.recordings.rows import RecordingRow, newest_deletion, read
from reid_core.workspace.catalogue.recordings.spans import Span, spans_in
from reid_core.workspace.catalogue.recordings.walks import path_of_bytes
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.clips.neighbours import Beside, beside, best_crop
from reid_core.workspace.clips.shown_file import blurred_of
from reid_core.workspace.clips.spans import kept_clear
from reid_core.workspace.workspace import Workspace

AROUND = 3.0  # seconds before and after the walk
LONGEST = 60.0  # seconds of a clip
STEP = 10.0  # seconds by which the part of a longer walk moves, so that one clip serves many moments
_NO_TRACKLET = 0  # the keys of tracklets begin with 1
Point = tuple[float, float, float, float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Moments are seconds into the recording, places and sizes pixels of its upright frame.

    `path` has the moment, the foot point, and width and height of the box, None where they are not known. `box` is
    left, top, width and height. `stretch` is what a clip shows, None where somebody who was deleted would be seen in
    the walk itself; `asked` is its middle, by which the same is asked for again. `spans` are those seconds of the
    recording in which somebody was who is deleted, none of a blurred copy. `deletion` is the gallery's newest receipt
    when all of this was read. A crop that is not `in_tracklet` has none that the catalogue knows: its walk is a moment.
    """

    crop: int
    sha256: str
    tracklet: str
    row: RecordingRow
    camera: str | None
    start: float
    end: float
    moment: float
    path: tuple[Point, ...]
    box: tuple[float, float, float, float] | None
    earlier: int | None
    later: int | None
    stretch: tuple[float, float] | None
    asked: float
    spans: tuple[Span, ...]
    deletion: int
    in_tracklet: bool

    @property
    def clock(self) -> float | None:
        """When moment 0 was, in seconds since 1970; None where that is not known."""
        start = self.row.time_of(0)
        return None if math.isnan(start) else start


def walk_of(workspace: Workspace, crop: int, at: float | None = None) -> Walk:
    """The walk of that crop; of a long one the part around `at`, by default around the crop's moment.

    Raises NotThere for a crop that is gone, or is of no recording.
    """
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN")
        cells = database.execute(
            "SELECT recording, tracklet, moment, camera, lower(hex(sha256)), box_left, box_top, box_width, box_height "
            "FROM crop WHERE id = ? AND recording IS NOT NULL AND moment IS NOT NULL",
            (crop,),
        ).fetchone()
        if cells is None:
            raise NotThere(f"There is no crop {crop} of a recording. It may have been deleted.")
        recording, tracklet, moment, camera, sha256, *box = cells
        (row,) = read(database, "recording.key = ?", (recording,))
        key, start, end, path = _tracklet(database, recording, tracklet, moment)
        spans = spans_shown(database, row)
        place = Beside(gallery_key(database, row.gallery), recording, row.camera, row.time_of(0), start, key)
        earlier, later = beside(database, place)
        deletion = newest_deletion(database, row.gallery)
    core, whole, asked = _part(row, start, end, moment if at is None else at)
    return Walk(
        crop=crop, sha256=sha256, tracklet=tracklet or "", row=row, camera=camera or row.camera, start=start, end=end,
        moment=moment, path=path, box=None if None in box else (box[0], box[1], box[2], box[3]), earlier=earlier,
        later=later, stretch=kept_clear(core, whole, spans), asked=asked, spans=spans, deletion=deletion,
        in_tracklet=key != _NO_TRACKLET,
    )  # fmt: skip


def spans_shown(database: Connection, row: RecordingRow) -> tuple[Span, ...]:
    """The seconds in which what is played of the recording shows somebody who is deleted: none of a blurred copy."""
    return () if blurred_of(row) else tuple(spans_in(database, row))


def crop_of(workspace: Workspace, gallery: str, tracklet: str) -> int:
    """The best crop of that tracklet. Raises NotThere where there is none."""
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN")
        found = database.execute(
            "SELECT recording, name, start_moment, end_moment FROM tracklet WHERE gallery = ? AND name = ?",
            (gallery_key(database, gallery), tracklet),
        ).fetchone()
        crop = None if found is None else best_crop(database, *found)
    if found is None:
        raise NotThere(
            f"Gallery {gallery!r} has no tracklet {shown(tracklet)} of a recording. See `reid tracklets {gallery}`."
        )
    if crop is None:
        raise NotThere(f"Tracklet {shown(tracklet)} of gallery {gallery!r} has no crop any more.")
    return crop


def _point(row: Sequence[float]) -> Point:
    moment, x, y, *size = (round(value, 3) for value in row)
    width, height = (None if math.isnan(side) else side for side in size)
    return moment, x, y, width, height


def _tracklet(
    database: Connection, recording: int, name: str | None, moment: float
) -> tuple[int, float, float, tuple[Point, ...]]:
    """Its key, start, end and path; of a crop without a tracklet no more than its moment."""
    cells: Any = database.execute(
        "SELECT key, start_moment, end_moment, path FROM tracklet WHERE recording = ? AND name = ?", (recording, name)
    ).fetchone()
    if cells is None:
        return _NO_TRACKLET, moment, moment, ()
    key, start, end, blob = cells
    return key, start, end, tuple(_point(row) for row in path_of_bytes(blob).tolist())


def _part(row: RecordingRow, start: float, end: float, at: float) -> tuple[Span, Span, float]:
    """What is shown of the walk itself, that with what is around it, and its middle, which gives the same again."""
    low = max(0.0, start - AROUND)
    high = end + AROUND
    if row.finished is not None:
        high = min(high, max(end, length_of(row)))
    if high - low > LONGEST:
        begin = low + STEP * round((at - LONGEST / 2 - low) / STEP)
        low = min(max(begin, low), high - LONGEST)
        high = low + LONGEST
    low, high = round(low, 3), round(high, 3)
    return (max(low, start), min(high, end)), (low, high), round((low + high) / 2, 3)
