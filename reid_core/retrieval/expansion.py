"""Vectors mixed with those of their nearest neighbours, which steadies them before they are ranked.

- Average query expansion (AQE): a query and its k nearest gallery crops are averaged (Chum et al., "Total Recall", ICCV
  2007). With `alpha` above 0 a crop weighs its similarity to that power (αQE; Radenović et al., "Fine-tuning CNN Image
  Retrieval with No Human Annotation", TPAMI 2018).
- Database-side augmentation (DBA): the same done to each gallery crop with its k nearest others (Arandjelović &
  Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.blocks import in_blocks
from reid_core.errors import ReidError

Vectors = NDArray[np.float32]


def expand_queries(queries: Vectors, gallery: Vectors, k: int, *, alpha: float = 0.0) -> Vectors:
    """(Q, D) unit vectors: each query mixed with its k nearest of the (N, D) gallery.

    Raises ReidError for k below 1 or a negative alpha.
    """
    return _mixed(queries, gallery, k, alpha, own=False)


def augment_gallery(gallery: Vectors, k: int, *, alpha: float = 0.0) -> Vectors:
    """(N, D) unit vectors: each gallery crop mixed with its k nearest others. Raises as `expand_queries` does."""
    return _mixed(gallery, gallery, k, alpha, own=True)


def _mixed(vectors: Vectors, gallery: Vectors, k: int, alpha: float, *, own: bool) -> Vectors:
    """`own`: the vectors are the gallery's, and none is its own neighbour."""
    if k < 1 or alpha < 0:
        raise ReidError(f"Expansion needs at least 1 neighbour and alpha of at least 0, not {k} and {alpha}.")
    if vectors.shape[1] != gallery.shape[1]:
        raise ReidError(
            f"Vectors of {vectors.shape[1]} and of {gallery.shape[1]} numbers cannot be mixed; embed both with one "
            "model."
        )
    k = min(k, len(gallery) - own)
    if k < 1:
        return vectors.copy()
    transposed = np.ascontiguousarray(gallery).T

    def mix(first: int, last: int) -> Vectors:
        similarities = vectors[first:last] @ transposed
        if own:
            similarities[np.arange(last - first), np.arange(first, last)] = -np.inf
        mixed = vectors[first:last].copy()
        for row, scores in enumerate(similarities):
            near = np.argpartition(-scores, k - 1)[:k]
            weights = np.maximum(scores[near], 0) ** np.float32(alpha)  # 0 ** 0 is 1: plain averages
            mixed[row] += weights @ gallery[near]
        mixed /= np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return mixed

    return np.concatenate(list(in_blocks(len(vectors), len(gallery), mix)))
