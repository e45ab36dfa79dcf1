"""How far a map can be believed: what it keeps of true neighbourhoods, and what it makes up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.projection.layout import Points
from reid_core.projection.neighbours import Rows, Vectors

_SAMPLE = 1_000  # crops that are looked at
_BLOCK = 100


@dataclass(frozen=True)
class Faithfulness:
    """Of a map, over `sample` crops and their `k` nearest.

    `trustworthiness` (Venna and Kaski, 2001) is 1 where all who are near on the map are near in truth, and about 0.5 on
    a map drawn by chance; `kept` is the share of true neighbours that are neighbours on the map too.
    """

    trustworthiness: float
    kept: float
    k: int
    sample: int


def measure(vectors: Vectors, points: Points, neighbours: Rows, *, k: int = 15, sample: int = _SAMPLE) -> Faithfulness:
    """Compare the map's `points` (N, 2 or 3) with the unit `vectors` (N, D) and their true `neighbours` (N, >= k).

    Ranks are exact: each crop of the sample is compared with all N. Where there are fewer than 2 * k + 2 crops, k is
    smaller.
    """
    count = len(points)
    k = max(1, min(k, neighbours.shape[1], (count - 2) // 2))
    chosen = np.arange(count)
    if count > sample:
        chosen = np.sort(np.random.default_rng(0).choice(count, sample, replace=False))
    near = _nearest_on_map(points, chosen, k)
    kept = [len(np.intersect1d(a, b)) for a, b in zip(near, neighbours[chosen, :k], strict=True)]
    excess = 0.0
    for start in range(0, len(chosen), _BLOCK):
        block = chosen[start : start + _BLOCK]
        excess += _ranks_beyond(vectors, block, near[start : start + _BLOCK], k)
    scale = 2 / (len(chosen) * k * (2 * count - 3 * k - 1))
    return Faithfulness(1 - scale * excess, float(np.sum(kept)) / (k * len(chosen)), k, len(chosen))


def _nearest_on_map(points: Points, chosen: NDArray[np.intp], k: int) -> NDArray[np.intp]:
    from scipy.spatial import cKDTree  # here, as every command imports this file, for `Faithfulness`

    _, found = cKDTree(points).query(points[chosen], k + 1)
    own = found == chosen[:, None]
    own[~own.any(axis=1), -1] = True
    return found[~own].reshape(len(chosen), k)


def _ranks_beyond(vectors: Vectors, block: NDArray[np.intp], near: NDArray[np.intp], k: int) -> float:
    """Sum over the block of how far beyond the k-th the map's neighbours are in truth."""
    similarities = vectors[block] @ vectors.T
    similarities[np.arange(len(block)), block] = np.inf  # itself is before all, at rank 0
    total = 0.0
    for row, neighbours in zip(similarities, near, strict=True):
        ranks = (row[None, :] > row[neighbours][:, None]).sum(axis=1)
        total += float(np.maximum(ranks - k, 0).sum())
    return total
