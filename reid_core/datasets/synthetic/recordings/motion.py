"""How one person moves over the floor before a camera: a path with stops, walked so that feet do not slide.

Metres on the floor, x to the right of the camera's axis and z away from it; a heading of 0 is towards the camera.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.datasets.synthetic.drawing import Person, Pose
from reid_core.datasets.synthetic.skeleton import Skeleton

Track = NDArray[np.float64]
SWING = 0.97  # of the thigh's full swing: its sine runs evenly between minus and plus this
SUBSTEPS = 4  # between two frames, where the motion is worked out


@dataclass(frozen=True, eq=False)
class Motion:
    """Where a person is at each frame from `first` on (counted from 0), and how the body stands there; all (N,)."""

    first: int
    x: Track
    z: Track
    heading: Track
    phase: Track
    stride: Track
    travelled: Track

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Stop:
    """A wait of some seconds after this share of the path."""

    share: float
    seconds: float


def cycle_length(person: Person, stride: float) -> float:
    """Metres in which both legs step once: as far as the standing foot reaches, twice."""
    standing = Skeleton(person, Pose(0.0, 0.0, stride)).stride  # skirts shorten it
    swing = 0.42 * standing * SWING
    reach = 0.238 * (math.sin(0.06 + swing) - math.sin(0.06 - swing))
    reach += 0.243 * (math.sin(-0.04 + swing) - math.sin(-0.04 - swing))
    return 2.0 * reach * person.height


def phase_of(cycles: Track) -> Track:
    """The skeleton's phase after so many cycles: its sine runs evenly, so the standing foot goes back evenly."""
    place = np.mod(cycles + 0.25, 1.0)
    up = np.arcsin(SWING * (4.0 * place - 1.0).clip(-1, 1))
    down = math.pi - np.arcsin(SWING * (3.0 - 4.0 * place).clip(-1, 1))
    return np.where(place < 0.5, up, down)


def walk(
    points: Sequence[tuple[float, float]], stops: Sequence[Stop], pace: float, begin: float, rate: float
) -> tuple[int, Track, Track]:
    """The first frame and the places, at SUBSTEPS a frame, of somebody who sets out at `begin` seconds.

    Corners are rounded within about a metre, and speed changes within about a second.
    """
    corners = np.asarray(points, float)
    legs = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(legs)])
    even = np.linspace(0.0, along[-1], max(int(along[-1] / 0.05), 2))
    path = np.stack([_smooth(np.interp(even, along, column), 25) for column in corners.T])
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=1)))])
    times, places, now, at = [0.0], [0.0], 0.0, 0.0
    for stop in sorted(stops, key=lambda each: each.share):
        now, at = now + (stop.share * length[-1] - at) / pace, stop.share * length[-1]
        times += [now, now + stop.seconds]
        places += [at, at]
        now += stop.seconds
    times.append(now + (length[-1] - at) / pace)
    places.append(length[-1])
    first = math.ceil(begin * rate)
    last = max(math.floor((begin + times[-1]) * rate), first)
    moments = np.arange(first * SUBSTEPS, last * SUBSTEPS + 1) / (rate * SUBSTEPS) - begin
    travelled = np.interp(moments, times, places)
    if stops:
        travelled = _smooth(travelled, 2 * round(0.4 * rate * SUBSTEPS) + 1)
    return first, np.interp(travelled, length, path[0]), np.interp(travelled, length, path[1])


def _smooth(values: Track, count: int) -> Track:
    """The moving mean of an odd `count`, with both ends kept."""
    half = min(count // 2, (len(values) - 1) // 2)
    if half < 1:
        return values
    begin, end = 2 * values[0] - values[half:0:-1], 2 * values[-1] - values[-2 : -half - 2 : -1]
    longer = np.concatenate([begin, values, end])
    return np.convolve(longer, np.full(2 * half + 1, 1.0 / (2 * half + 1)), "valid")


def step_along(first: int, x: Track, z: Track, person: Person, pace: float, rate: float, shift: float) -> Motion:
    """The body's motion at each frame for these places; `shift` is the share of a cycle at which it begins."""
    moved_x, moved_z = np.gradient(x) if len(x) > 1 else x * 0, np.gradient(z) if len(z) > 1 else z * 0
    moved = np.hypot(moved_x, moved_z)
    speed = moved * rate * SUBSTEPS
    heading = _headings(moved_x, moved_z, speed)
    usual = float(np.clip(0.95 * math.sqrt(pace / 1.3), 0.75, 1.1))
    stride = usual * np.clip(speed / (0.8 * pace), 0.0, 1.0)
    shares = np.linspace(0.02, 1.1, 28)
    cycle = np.interp(stride, shares, [cycle_length(person, float(share)) for share in shares])
    forward = np.concatenate([[0.0], np.hypot(np.diff(x), np.diff(z))])
    cycles = shift + np.cumsum(np.where(speed > 0.03, forward / cycle, 0.0))
    every = slice(None, None, SUBSTEPS)
    return Motion(
        first, x[every], z[every], heading[every], phase_of(cycles)[every], stride[every], np.cumsum(forward)[every]
    )


def _headings(moved_x: Track, moved_z: Track, speed: Track) -> Track:
    """The direction of motion, kept while standing, and turned to within about half a second."""
    heading = np.arctan2(moved_x, -moved_z)
    moving = np.flatnonzero(speed > 0.05)
    if len(moving) == 0:
        return np.zeros_like(heading)
    latest = np.searchsorted(moving, np.arange(len(heading)), side="right") - 1
    kept = heading[moving[np.maximum(latest, 0)]]
    return _smooth(np.unwrap(kept), 11)
