"""Which points of a map lie in what somebody drew around them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.projection.layout import Points

MOST_CORNERS = 500


def on_screen(points: Points, view: NDArray[np.float32] | None = None) -> Points:
    """(N, 2) of the map's points (N, 2 or 3) as they are looked at: `view` (2, 3) turns a map of three dimensions."""
    if points.shape[1] == 2:
        return points
    if view is None or view.shape != (2, 3) or not np.isfinite(view).all():
        raise ReidError("A map of three dimensions needs the view that the region was drawn in, two rows of three.")
    return points @ view.T.astype(np.float32)


def inside(points: Points, corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the points (N, 2) lie in the polygon with these corners (M, 2), by the even-odd rule.

    Raises ReidError for fewer than 3 or more than `MOST_CORNERS` corners, or one that is no number.
    """
    if corners.ndim != 2 or corners.shape[1] != 2 or not np.isfinite(corners).all():
        raise ReidError("The region's corners are no pairs of numbers. Draw it again.")
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise ReidError(f"A region has 3 to {MOST_CORNERS} corners, not {len(corners)}. Draw it again.")
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    x, y = points[near, 0].astype(np.float64), points[near, 1].astype(np.float64)
    odd = np.zeros(len(near), np.bool_)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            odd ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    found = np.zeros(len(points), np.bool_)
    found[near[odd]] = True
    return found
