"""How far the models of two maps of a gallery see the same neighbours; the maps need not show the same crops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.workspace.maps.files import CropMap

MOST = 5_000  # crops that are compared; of more a sample


def shared_neighbours(one: CropMap, other: CropMap, ids: NDArray[np.int64] | None = None) -> tuple[int, float]:
    """How many crops were compared (of these ids, else of all), and the share of their nearest crops that the two
    maps' models have in common. Only crops that both maps show are compared, 5,000 at most."""
    both = np.intersect1d(one.ids, other.ids)
    if ids is not None:
        both = np.intersect1d(both, ids)
    if len(both) > MOST:
        both = np.sort(np.random.default_rng(0).choice(both, MOST, replace=False))
    if not len(both):
        return 0, 0.0
    k = min(one.neighbours.shape[1], other.neighbours.shape[1])
    near = [made.ids[made.neighbours[np.searchsorted(made.ids, both)][:, :k]] for made in (one, other)]
    same = (near[0][:, :, None] == near[1][:, None, :]).any(axis=2)
    return len(both), float(same.mean())


def on_one_only(one: CropMap, other: CropMap) -> int:
    """How many crops are on one of the two maps and not on the other."""
    return len(np.setxor1d(one.ids, other.ids))
