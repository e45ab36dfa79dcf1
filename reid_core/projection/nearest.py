"""One pass over a product of two blocks of vectors, compiled by Numba, which comes with umap-learn."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _take_in(rows: NDArray[np.int32], best: NDArray[np.float32], row: int, similarity: float) -> None:
    """Put `row` into its place among the best, nearest first; the last falls out."""
    place = len(best) - 1
    while place > 0 and best[place - 1] < similarity:
        best[place] = best[place - 1]
        rows[place] = rows[place - 1]
        place -= 1
    best[place] = similarity
    rows[place] = row


@njit(cache=True, nogil=True)
def keep_nearest(
    product: NDArray[np.float32],
    first: int,
    rows: NDArray[np.int32],
    best: NDArray[np.float32],
    other_first: int,
    other_rows: NDArray[np.int32],
    other_best: NDArray[np.float32],
) -> None:
    """Keep in `rows` and `best` (n, k), nearest first, what beats them in `product` (n, m), and in the others' (m, k).

    The blocks begin at rows `first` and `other_first` of all vectors. A block with itself is taken in once, without
    its diagonal.
    """
    k = best.shape[1]
    apart = first != other_first
    least = other_best[:, k - 1].copy()
    for one in range(product.shape[0]):
        own_least = best[one, k - 1]
        for other in range(product.shape[1]):
            similarity = product[one, other]
            if similarity > own_least and (apart or one != other):
                _take_in(rows[one], best[one], other_first + other, similarity)
                own_least = best[one, k - 1]
            if apart and similarity > least[other]:
                _take_in(other_rows[other], other_best[other], first + one, similarity)
                least[other] = other_best[other, k - 1]
