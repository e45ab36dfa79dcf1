"""Clusters of crops by their vectors, never by the picture, and how they agree with labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from reid_core.projection.neighbours import Neighbours

NOISE = -1  # cluster of crops that belong to none
_FARTHEST = 4.0  # beyond every cosine distance: two parts of the graph that no neighbourhood joins


@dataclass(frozen=True)
class Agreement:
    """Of clusters with labels, each 1 where they are the same and about 0 by chance (homogeneity: 1 where no cluster
    has two labels). Only crops with both count."""

    adjusted_rand: float
    mutual_information: float
    homogeneity: float
    crops: int


def find_clusters(neighbours: Neighbours, smallest: int = 4, core: int = 4) -> NDArray[np.int32]:
    """Cluster of each of N crops, from 0 with the largest first; `NOISE` for none.

    HDBSCAN (Campello, Moulavi and Sander, 2013) on the graph of mutual neighbours, which is what it would keep of all
    N x N distances but for pairs that are far apart. A cluster has at least `smallest` crops; a crop's density is the
    distance to its `core`-th nearest.
    """
    from sklearn.cluster import HDBSCAN

    count, k = neighbours.rows.shape
    if count <= smallest:
        return np.full(count, NOISE, np.int32)
    distances = np.maximum(1 - neighbours.similarities.astype(np.float64), 1e-9)
    sources = np.repeat(np.arange(count), k)
    graph = coo_array((distances.ravel(), (sources, neighbours.rows.ravel())), (count, count)).tocsr()
    graph = _joined(graph.maximum(graph.T))
    core = min(core, k)
    found = HDBSCAN(
        min_cluster_size=smallest, min_samples=core, metric="precomputed", allow_single_cluster=False, copy=False
    ).fit(graph)
    return _by_size(found.labels_)


def _joined(graph: csr_array) -> csr_array:
    """One piece: parts that no neighbourhood joins are chained by edges longer than any distance."""
    parts, part = connected_components(graph, directed=False)
    if parts == 1:
        return graph
    first = np.unique(part, return_index=True)[1]
    ends = np.concatenate([first[:-1], first[1:]]), np.concatenate([first[1:], first[:-1]])
    bridges = coo_array((np.full(len(ends[0]), _FARTHEST), ends), graph.shape).tocsr()
    return graph + bridges


def _by_size(labels: NDArray[np.int64]) -> NDArray[np.int32]:
    names, counts = np.unique(labels[labels >= 0], return_counts=True)
    place = np.full(len(names) + 1, NOISE, np.int32)  # the last one is of noise, -1
    place[names[np.argsort(-counts, kind="stable")]] = np.arange(len(names))
    return place[labels]


def agreement(clusters: NDArray[np.int32], labels: NDArray[np.object_]) -> Agreement | None:
    """How clusters agree with labels (None: unknown); None where fewer than two crops have both."""
    from sklearn.metrics import adjusted_rand_score, homogeneity_score, normalized_mutual_info_score

    both = (clusters != NOISE) & np.array([label is not None for label in labels], np.bool_)
    if both.sum() < 2:
        return None
    given, found = labels[both].astype(str), clusters[both]
    return Agreement(
        float(adjusted_rand_score(given, found)),
        float(normalized_mutual_info_score(given, found)),
        float(homogeneity_score(given, found)),
        int(both.sum()),
    )
