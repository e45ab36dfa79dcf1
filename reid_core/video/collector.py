"""Gathers tracklets while a recording is analysed: frame after frame in, finished tracklets out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reid_core.video.best_crops import Box, Candidates, Frame, worth
from reid_core.video.boxes import Detections
from reid_core.video.tracking import Update
from reid_core.video.tracklets import FEWEST, STANDING, STANDING_STEP, STEP, PathPoint, Tracklet, foot_of, path_point

_SOON = 0.5  # seconds after which a point of a path is later than its step, by more than a slow rate of frames explains


@dataclass(frozen=True)
class Sighting:
    """A box of a track in a frame."""

    frame: int
    seconds: float
    box: Box
    score: float


@dataclass(eq=False)
class _Open:
    """A tracklet that may go on."""

    number: int
    first: Sighting
    last: Sighting
    open_at_start: bool
    candidates: Candidates
    detections: int = 0
    scores: float = 0.0  # their sum
    moved: float = 0.0
    path: list[PathPoint] = field(default_factory=list)

    def add(self, seen: Sighting) -> None:
        before, self.last = self.last, seen
        self.detections += 1
        self.scores += seen.score
        height = max(seen.box[3] - seen.box[1], 1e-3)
        foot = foot_of(seen.box)
        self.moved = max(self.moved, math.dist(foot, foot_of(self.first.box)) / height)
        if self.path:
            passed = seen.seconds - self.path[-1].seconds
            stands = math.dist(foot, self.path[-1][1:3]) < STANDING * height
            if passed < (STANDING_STEP if stands else STEP) - 1e-6:
                return
            if (
                not stands and passed > STEP + _SOON and before.seconds > self.path[-1].seconds
            ):  # who stood till now did not drift
                self.path.append(path_point(before.seconds, before.box, before.frame, self.detections - 1))
        self.path.append(path_point(seen.seconds, seen.box, seen.frame, self.detections))

    def finished(self, width: int, height: int, open_at_end: bool) -> Tracklet:
        end = path_point(self.last.seconds, self.last.box, self.last.frame, self.detections)
        path = self.path if self.path[-1].seconds == end.seconds else [*self.path, end]
        return Tracklet(
            number=self.number,
            start=self.first.seconds,
            end=self.last.seconds,
            first_frame=self.first.frame,
            last_frame=self.last.frame,
            detections=self.detections,
            score=self.scores / self.detections,
            entry=foot_of(self.first.box),
            exit=foot_of(self.last.box),
            width=width,
            height=height,
            path=tuple(path),
            moved=self.moved,
            open_at_start=self.open_at_start,
            open_at_end=open_at_end,
            candidates=self.candidates.good(),
        )

    def state(self) -> dict[str, Any]:
        return {
            **vars(self),
            "first": _plain(self.first),
            "last": _plain(self.last),
            "candidates": self.candidates.state(),
            "path": [list(point) for point in self.path],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> _Open:
        return cls(
            **{
                **state,
                "first": _sighting(state["first"]),
                "last": _sighting(state["last"]),
                "candidates": Candidates.from_state(state["candidates"]),
                "path": [PathPoint(*point) for point in state["path"]],
            }
        )


class Collector:
    """Tracklets of one recording, from what its tracker says of each frame."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}
        self._before: list[Sighting] = []  # all boxes of the frame before: a track may be confirmed one frame late
        self._first_frame: int | None = None
        self._last_frame: int | None = None
        self._size = (0, 0)

    def add(self, frame: Frame, detections: Detections, update: Update) -> list[Tracklet]:
        """Takes what was found in a frame; returns the tracklets that ended, in the order of their numbers."""
        if self._first_frame is None:
            self._first_frame = frame.number
        self._last_frame = frame.number
        self._size = frame.width, frame.height
        finished = [tracklet for number in update.ended for tracklet in self._finish(number, open_at_end=False)]
        for row, number in update.earlier:
            self._see(number, self._before[row])
        seen = list(_sightings(frame, detections))
        worths = worth(detections.boxes, detections.scores, frame.width, frame.height)
        for place in np.flatnonzero(update.ids > 0):
            tracklet = self._see(int(update.ids[place]), seen[place])
            tracklet.candidates.offer(frame, seen[place].box, float(worths[place]))
        self._before = seen
        return finished

    def finish(self) -> list[Tracklet]:
        """The tracklets that were open when the recording, or its analysis, ended."""
        numbers = sorted(self._open)
        return [
            one for number in numbers for one in self._finish(number, self._open[number].last.frame == self._last_frame)
        ]

    def _see(self, number: int, seen: Sighting) -> _Open:
        tracklet = self._open.get(number)
        if tracklet is None:
            at_start = seen.frame == self._first_frame
            tracklet = self._open[number] = _Open(number, seen, seen, at_start, Candidates(seen.seconds))
        tracklet.add(seen)
        return tracklet

    def _finish(self, number: int, open_at_end: bool) -> Iterator[Tracklet]:
        tracklet = self._open.pop(number, None)
        if tracklet is not None and tracklet.detections >= FEWEST:
            yield tracklet.finished(*self._size, open_at_end)

    def state(self) -> dict[str, Any]:
        """All that it remembers, as plain values for JSON."""
        return {
            "open": [tracklet.state() for tracklet in self._open.values()],
            "before": [_plain(seen) for seen in self._before],
            "first_frame": self._first_frame,
            "last_frame": self._last_frame,
            "size": list(self._size),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Collector:
        """The collector that `state` was taken from."""
        found = cls()
        found._open = {each["number"]: _Open.from_state(each) for each in state["open"]}
        found._before = [_sighting(each) for each in state["before"]]
        found._first_frame, found._last_frame = state["first_frame"], state["last_frame"]
        found._size = tuple(state["size"])
        return found


def _sightings(frame: Frame, detections: Detections) -> Iterator[Sighting]:
    for box, score in zip(detections.boxes.tolist(), detections.scores.tolist(), strict=True):
        yield Sighting(frame.number, frame.seconds, tuple(box), score)


def _plain(seen: Sighting) -> list:
    return [seen.frame, seen.seconds, list(seen.box), seen.score]


def _sighting(plain: list) -> Sighting:
    frame, seconds, box, score = plain
    return Sighting(frame, seconds, tuple(box), score)
