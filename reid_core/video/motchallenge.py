"""Tracks as the lines of MOTChallenge, `frame,track,left,top,width,height,score,-1,-1,-1`, which other tools measure.

Frames and tracks are numbered from 1. Format: Milan et al., "MOT16: A Benchmark for Multi-Object Tracking", 2016.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reid_core.errors import Damaged, shown
from reid_core.video.boxes import Detections
from reid_core.video.tracking import Update

COLUMNS = "frame, track, left, top, width, height"


@dataclass(frozen=True)
class TrackLine:
    """A box of a track in a frame. `left` and `top` are pixels from 0, at the left top corner of the frame."""

    frame: int
    track: int
    left: float
    top: float
    width: float
    height: float
    score: float = 1.0

    def __str__(self) -> str:
        box = ",".join(f"{value:.2f}" for value in (self.left, self.top, self.width, self.height))
        return f"{self.frame},{self.track},{box},{self.score:.4f},-1,-1,-1"


def track_lines(
    frame: int, detections: Detections, update: Update, before: tuple[int, Detections] | None = None
) -> Iterator[TrackLine]:
    """The boxes that a tracker's update names: of this frame, and of the frame `before` where a track began there."""
    if before is not None:
        yield from (_line(before[0], track, before[1], row) for row, track in update.earlier)
    yield from (_line(frame, int(track), detections, row) for row, track in enumerate(update.ids) if track > 0)


def _line(frame: int, track: int, detections: Detections, row: int) -> TrackLine:
    left, top, right, bottom = detections.boxes[row].tolist()
    return TrackLine(frame, track, left, top, right - left, bottom - top, float(detections.scores[row]))


def read_tracks(text: Iterable[str], name: str) -> Iterator[TrackLine]:
    """The boxes of such lines; `name` is the file. Raises Damaged where a line is none of these."""
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            frame, track, *rest = (float(value) for value in line.split(","))
            left, top, width, height, *more = rest
            values = (frame, track, *rest)
        except ValueError:
            raise Damaged(_wrong(name, number, line)) from None
        if not all(map(math.isfinite, values)) or frame != int(frame) or track != int(track) or frame < 1:
            raise Damaged(_wrong(name, number, line))
        yield TrackLine(int(frame), int(track), left, top, width, height, more[0] if more else 1.0)


def _wrong(name: str, number: int, line: str) -> str:
    return f"Line {number} of {name} is not one of MOTChallenge: it is {shown(line.strip())}; it needs {COLUMNS}."
