"""Of several boxes about one person, one stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.video.boxes import Detections, areas, overlaps, shared_areas

MOST_CANDIDATES = 1_000  # boxes that are compared with each other: the best ones
COVERED = 0.6  # share of a cut box within another from which both are of one person


def suppress(found: Detections, most: float) -> Detections:
    """Non-maximum suppression: best first, each box that overlaps a better one that stays by more than `most` goes.

    >>> rows = np.array([[0, 0, 10, 20], [0, 1, 10, 21], [50, 0, 60, 20]])
    >>> suppress(Detections(rows, np.array([0.6, 0.9, 0.7])), 0.5).scores.tolist()
    [0.8999999761581421, 0.699999988079071]
    """
    found = found.of(np.argsort(-found.scores, kind="stable")[:MOST_CANDIDATES])
    if most >= 1:
        return found
    collides = overlaps(found.boxes, found.boxes) > most
    kept = np.ones(len(found), bool)
    for row in range(len(found)):
        if kept[row]:
            kept[row + 1 :] &= ~collides[row, row + 1 :]
    return found.of(kept)


def join_cut(found: Detections, cut: NDArray[np.bool_]) -> Detections:
    """Each box that a tile's inner edge `cut` (N,) goes where a larger one holds most of it; that one takes its score.

    A person who stands across a seam is seen in part by one tile, and whole by its neighbour or in the whole picture.
    """
    area = areas(found.boxes)
    inside = shared_areas(found.boxes[cut], found.boxes) >= COVERED * area[cut][:, None]
    covers = inside & (area[None, :] > area[cut][:, None])
    scores, dropped = found.scores.copy(), np.zeros(len(found), bool)
    for row, larger in zip(np.flatnonzero(cut), covers, strict=True):
        if larger.any():
            best = np.flatnonzero(larger)[np.argmax(found.scores[larger])]
            scores[best] = max(scores[best], found.scores[row])
            dropped[row] = True
    return Detections(found.boxes, scores).of(~dropped)
