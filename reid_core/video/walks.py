"""What a tracklet says of a walk: which way it went, where it came from and left, how long it stood, in which zones.

All of it is told in the picture, not on the ground: "towards the camera" is downwards, and an edge is one of the
frame's. A zone is a part of the picture of one camera. Zones to ignore are for what every detector takes for people:
shop-window dummies, posters, screens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

LEFT, RIGHT, TOWARDS, AWAY = "to the left", "to the right", "towards the camera", "away from the camera"
STAYS, RETURNS = "stays", "there and back"
DIRECTIONS = (LEFT, RIGHT, TOWARDS, AWAY, RETURNS, STAYS)
EDGES = ("left edge", "right edge", "top edge", "bottom edge")
INSIDE, IN_VIEW = "inside the picture", "in view already"
STILL_IN_VIEW = "in view at the end"
ENTRIES = (*EDGES, INSIDE, IN_VIEW)
EXITS = (*EDGES, INSIDE, STILL_IN_VIEW)
LEAST_WAY = 0.5  # heights of the box that somebody gets away, or from the first foot point to the last: less is no way
SIDES, ENDS = 0.6, 0.25  # widths and heights of the box that it may be away from an edge where somebody comes or goes
STANDING = 0.5  # heights of the box that a foot point may be from where somebody stands
_WITHIN = 1e-6  # share of the picture
_BETWEEN = 0.25  # heights of the box between two places where a walk is asked for its zones


@dataclass(frozen=True)
class Zone:
    """A polygon on the picture of a camera: corners as shares of its width and height, from the top left.

    A tracklet is in it while its foot point is. With `ignored`, tracklets that are never outside of such zones are left
    out of searches and counts.
    """

    name: str
    corners: tuple[tuple[float, float], ...]
    ignored: bool = False


@dataclass(frozen=True)
class Walk:
    """`direction` is one of `DIRECTIONS`, `entered` of `ENTRIES`, `left` of `EXITS`.

    `standing` is the longest time in seconds in one place, NaN where the size of the person is not known. `zones` are
    names of those that the foot point was in, but for those to ignore; `ignored` says that it never left these.
    """

    direction: str
    entered: str
    left: str
    standing: float
    zones: tuple[str, ...] = ()
    ignored: bool = False


def walk_of(
    path: NDArray[np.floating],
    moved: float,
    size: tuple[int, int],
    zones: Sequence[Zone] = (),
    *,
    open_at_start: bool = False,
    open_at_end: bool = False,
) -> Walk:
    """Of a path (N, 5): moment, x and y of the foot point, width and height of the box, NaN where not known.

    `moved` is the farthest that the foot point got from where it was first, in heights of the box; `size` is the
    frame's width and height in pixels.
    """
    steps: NDArray[np.float64] = np.asarray(path, np.float64)
    names, ignored = zones_along(path, size, zones)
    return Walk(
        direction=_direction(steps, moved),
        entered=IN_VIEW if open_at_start else _edge(steps[0], size),
        left=STILL_IN_VIEW if open_at_end else _edge(steps[-1], size),
        standing=_standing(steps),
        zones=names,
        ignored=ignored,
    )


def zones_along(
    path: NDArray[np.floating], size: tuple[int, int], zones: Sequence[Zone]
) -> tuple[tuple[str, ...], bool]:
    """`Walk.zones` and `Walk.ignored` of a path, as for `walk_of`."""
    if not zones:
        return (), False
    # Whoever is cut off by an edge of the picture has the foot point on it, or beyond.
    places = np.clip(_places(np.asarray(path, np.float64)) / np.array(size, np.float64), _WITHIN, 1 - _WITHIN)
    inside = [(zone, _inside(places, zone.corners)) for zone in zones]
    ignored = [within for zone, within in inside if zone.ignored]
    names = tuple(sorted(zone.name for zone, within in inside if not zone.ignored and within.any()))
    return names, bool(ignored) and bool(np.logical_or.reduce(ignored).all())


def _direction(path: NDArray[np.float64], moved: float) -> str:
    if moved < LEAST_WAY:
        return STAYS
    across, down = path[-1, 1:3] - path[0, 1:3]
    height = np.nanmean(path[:, 4]) if np.isfinite(path[:, 4]).any() else float("nan")
    if math.hypot(across, down) < LEAST_WAY * height:
        return RETURNS
    if abs(across) >= abs(down):
        return LEFT if across < 0 else RIGHT
    return TOWARDS if down > 0 else AWAY


def _edge(point: NDArray[np.float64], size: tuple[int, int]) -> str:
    """The edge of the picture at which the box was, the nearest by what it may be away; or that it was at none."""
    x, y, width, height = point[1:]
    width, height = (0.0 if math.isnan(side) else side for side in (width, height))
    beside, above = max(SIDES * width, 0.01 * size[0]), max(ENDS * height, 0.01 * size[1])
    away = (
        (x - width / 2) / beside,
        (size[0] - x - width / 2) / beside,
        (y - height) / above,
        (size[1] - y) / above,
    )
    nearest = int(np.argmin(away))
    return EDGES[nearest] if away[nearest] <= 1 else INSIDE


def _standing(path: NDArray[np.float64]) -> float:
    """The longest time for which the foot point stays near the first point of that time."""
    if np.isnan(path[:, 4]).all():
        return float("nan")
    longest = 0.0
    for place, (moment, x, y, _, height) in enumerate(path):
        rest = path[place:]
        if math.isnan(height) or rest[-1, 0] - moment <= longest:
            continue
        away = np.hypot(rest[:, 1] - x, rest[:, 2] - y) > STANDING * height
        last = rest[int(np.argmax(away)) - 1] if away.any() else rest[-1]
        longest = max(longest, float(last[0] - moment))
    return longest


def _places(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M, 2) foot points along the path, so near to each other that no zone is stepped over."""
    height = np.nanmin(path[:, 4]) if np.isfinite(path[:, 4]).any() else float("nan")
    step = max(_BETWEEN * height, 2.0) if np.isfinite(height) else 20.0
    feet = path[:, 1:3]
    parts = [feet[:1]]
    for before, after in pairwise(feet):
        count = min(max(1, math.ceil(math.dist(before, after) / step)), 1_000)
        parts.append(before + (after - before) * np.linspace(0, 1, count + 1)[1:, None])
    return np.concatenate(parts)


def _inside(points: NDArray[np.float64], corners: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Which of the (M, 2) points lie in the polygon: a ray to the right crosses it an odd number of times."""
    inside = np.zeros(len(points), np.bool_)
    for (x, y), (next_x, next_y) in zip(corners, [*corners[1:], corners[0]], strict=True):
        crosses = (y > points[:, 1]) != (next_y > points[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x + (points[:, 1] - y) / (next_y - y) * (next_x - x)
        inside ^= crosses & (points[:, 0] < at)
    return inside
