"""Tracklets: walks of one person past one camera, as `collector.Collector` gathers them from tracks.

What is kept grows with the people in view, not with the length of the recording: a path has a point a second, and one a
minute while the person stands; of one who sets out again also the last point before that.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from reid_core.video.best_crops import Box, Candidate, best_crops

FEWEST = 3  # detections: fewer are rather a mistake of the detector than a person
STEP = 1.0  # seconds between points of a path
STANDING_STEP = 60.0  # the same while the foot point stays
STANDING = 0.25  # heights of the box that a foot point wanders through without a step: detectors jitter
Point = tuple[float, float]


class PathPoint(NamedTuple):
    """Where the foot point was, and how large the box above it: pixels of the frame.

    `detections`: of the tracklet up to here, this one included. The size is NaN in states of earlier programs.
    """

    seconds: float
    x: float
    y: float
    frame: int
    detections: int
    width: float = float("nan")
    height: float = float("nan")


@dataclass(frozen=True)
class Tracklet:
    """One walk of one person past one camera. Seconds and frames are those of the recording.

    The foot point is the middle of a box's lower edge; it may lie outside the frame. `moved` is how far it went from
    where it was first, at most, in heights of the box: near 0 for dummies, posters and people who stand.
    `open_at_start` and `open_at_end`: the recording, or its analysis, began or ended while the person was in view.
    `part`: the parts of a track that had taken up two people (see `purity`) are numbered from 1; `moved` is then of the
    whole track.
    """

    number: int
    start: float
    end: float
    first_frame: int
    last_frame: int
    detections: int
    score: float  # mean of the detections
    entry: Point
    exit: Point
    width: int  # of the frame
    height: int
    path: tuple[PathPoint, ...]
    moved: float
    open_at_start: bool
    open_at_end: bool
    candidates: tuple[Candidate, ...]
    part: int = 0

    @property
    def crops(self) -> tuple[Candidate, ...]:
        """Its best crops, none where no box was good enough."""
        return best_crops(self.candidates)

    def split(self, groups: Sequence[Sequence[int]]) -> tuple[Tracklet, ...]:
        """A tracklet for each group of candidates: `groups` of `purity.split`, which follow each other in time.

        The cut lies halfway between the last candidate of one group and the first of the next, at a point of the path.
        """
        if len(groups) < 2:
            return (self,)
        times = [candidate.seconds for candidate in self.candidates]
        cuts = [(times[one[-1]] + times[other[0]]) / 2 for one, other in pairwise(groups)]
        places = [bisect.bisect_right([point.seconds for point in self.path], cut) for cut in cuts]
        bounds = [0, *places, len(self.path)]
        parts = []
        for number, group in enumerate(groups):
            candidates = tuple(self.candidates[place] for place in group)
            parts.append(self._part(number, len(groups), bounds[number], bounds[number + 1], candidates))
        return tuple(parts)

    def _part(self, number: int, parts: int, low: int, high: int, candidates: tuple[Candidate, ...]) -> Tracklet:
        first, last = number == 0, number == parts - 1
        path = self.path[low:high] or tuple(_point_of(candidate) for candidate in candidates)
        before = 0 if first or low == 0 else self.path[low - 1].detections
        return replace(
            self,
            part=number + 1,
            start=self.start if first else min(path[0].seconds, candidates[0].seconds),
            end=self.end if last else max(path[-1].seconds, candidates[-1].seconds),
            first_frame=self.first_frame if first else min(path[0].frame, candidates[0].frame),
            last_frame=self.last_frame if last else max(path[-1].frame, candidates[-1].frame),
            detections=max((self.detections if last else path[-1].detections) - before, len(candidates)),
            entry=self.entry if first else path[0][1:3],
            exit=self.exit if last else path[-1][1:3],
            path=path,
            open_at_start=self.open_at_start and first,
            open_at_end=self.open_at_end and last,
            candidates=candidates,
        )


def _point_of(candidate: Candidate) -> PathPoint:
    return path_point(candidate.seconds, candidate.box, candidate.frame, 1)


def path_point(seconds: float, box: Box, frame: int, detections: int) -> PathPoint:
    return PathPoint(seconds, *foot_of(box), frame, detections, box[2] - box[0], box[3] - box[1])


def foot_of(box: Box) -> Point:
    """The middle of the lower edge."""
    return (box[0] + box[2]) / 2, box[3]
