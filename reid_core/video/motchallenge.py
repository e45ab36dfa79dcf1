"""Tracks as the lines of MOTChallenge, `frame,track,left,top,width,height,score,-1,-1,-1`, which other tools measure.

Frames and tracks are numbered from 1. Format: Milan et al., "MOT16: A Benchmark for Multi-Object Tracking", 2016.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from reid_core.errors import Damaged, Refused, ReidError, is_full, shown, why
from reid_core.files import write_atomically
from reid_core.video.boxes import Detections
from reid_core.video.tracking import Update

COLUMNS = "frame, track, left, top, width, height"
_FIRST = 200  # bytes that its first line surely has


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


class TrackFile:
    """A file of such lines that an analysis writes step by step: `keep` what a step added, before the step counts.

    `frames` are analysed when it is opened: what stands there of later ones a process wrote that was stopped before
    its step counted, and the analysis finds it again. `lacks` is how many frames were analysed without this file.
    Raises ReidError for a file that cannot be written, and for one that holds something else.
    """

    def __init__(self, path: Path, frames: int = 0) -> None:
        self._new: list[str] = []
        check_place(path)
        kept = list(_kept(path, frames)) if frames and path.is_file() else []
        self.lacks = 0 if kept else frames
        self._last = {line for line in kept if line.startswith(f"{frames},")}
        try:
            if kept:  # whole or not at all: a process that dies here must not lose what was there
                write_atomically(path, lambda file: file.writelines(f"{line}\n".encode() for line in kept))
            self._file: TextIO = path.open("a" if kept else "w", encoding="utf-8")
        except OSError as error:
            if is_full(error):
                raise
            raise ReidError(
                f"Tracks cannot be written to {path} ({why(error)}). Name another file for them."
            ) from error

    def add(self, line: TrackLine) -> None:
        if str(line) not in self._last:
            self._new.append(str(line))

    def keep(self) -> None:
        self._file.writelines(f"{line}\n" for line in self._new)
        self._file.flush()
        self._new = []

    def close(self) -> None:
        self.keep()
        self._file.close()


def check_place(path: Path) -> None:
    """Raises ReidError where no file can be, and for a file that is none of tracks: writing would destroy it."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        reason = "it is a folder" if path.is_dir() else "its folder is not there"
        raise ReidError(f"Tracks cannot be written to {path} ({reason}). Name another file for them.")
    if not path.is_file():
        return
    with path.open("rb") as file:
        first = file.read(_FIRST).decode(errors="replace").splitlines(keepends=True)[:1]
    try:
        list(read_tracks(first, path.name))
    except Damaged as error:
        raise Refused(f"{path} is there and holds something else than tracks. Name another file for them.") from error


def _kept(path: Path, frames: int) -> Iterator[str]:
    """The whole lines of these frames; the last one may be torn where a process was killed."""
    with path.open(encoding="utf-8") as file:
        whole = (line for line in file if line.endswith("\n"))
        yield from (str(line) for line in read_tracks(whole, path.name) if line.frame <= frames)


def _wrong(name: str, number: int, line: str) -> str:
    return f"Line {number} of {name} is not one of MOTChallenge: it is {shown(line.strip())}; it needs {COLUMNS}."
