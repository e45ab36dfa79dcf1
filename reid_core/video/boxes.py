"""Boxes about people in one frame, as detectors give them and trackers take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Detections:
    """What a detector found in one frame: `boxes` (N, 4) and `scores` (N,), float32.

    A box is left, top, right, bottom in pixels of the upright frame with square pixels, the origin at its top left
    corner; it may reach beyond the frame. A score is 0 to 1 on the detector's own scale, which its card explains.
    """

    boxes: Array
    scores: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", np.asarray(self.boxes, np.float32).reshape(-1, 4))
        object.__setattr__(self, "scores", np.asarray(self.scores, np.float32).reshape(-1))
        assert len(self.boxes) == len(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, rows: NDArray) -> Detections:
        """Only the named rows: indices or a mask."""
        return Detections(self.boxes[rows], self.scores[rows])


def overlaps(boxes: Array, others: Array) -> Array:
    """Intersection over union (N, M) of each of `boxes` (N, 4) with each of `others` (M, 4); 0 where both are empty.

    >>> overlaps(np.array([[0, 0, 2, 2]], np.float32), np.array([[1, 0, 3, 2], [5, 5, 6, 6]], np.float32)).round(2)
    array([[0.33, 0.  ]], dtype=float32)
    """
    shared = shared_areas(boxes, others)
    union = areas(boxes)[:, None] + areas(others)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared, dtype=np.float32), where=union > 0)


def areas(boxes: Array) -> Array:
    """(N,) square pixels of boxes (N, 4)."""
    area: Array = np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)
    return area


def shared_areas(boxes: Array, others: Array) -> Array:
    """(N, M) square pixels that each of `boxes` (N, 4) has in common with each of `others` (M, 4)."""
    width = np.minimum(boxes[:, None, 2], others[None, :, 2]) - np.maximum(boxes[:, None, 0], others[None, :, 0])
    height = np.minimum(boxes[:, None, 3], others[None, :, 3]) - np.maximum(boxes[:, None, 1], others[None, :, 1])
    area: Array = np.maximum(width, 0) * np.maximum(height, 0)
    return area
