"""k-reciprocal re-ranking (Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017).

Two crops are likely one person when each is among the other's nearest neighbours and they share such neighbours. The
paper encodes every crop as a weighted set of its k-reciprocal neighbours and mixes the Jaccard distance of two sets
with the original distance. Its published code holds several dense (Q + N)² matrices; nearly all of their entries are
zero, so here neighbours are found block by block and everything after is sparse. The distances are the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reid_core.blocks import in_blocks
from reid_core.errors import ReidError
from reid_core.retrieval.results import NO_HIT, RankedResults

_BLOCK = 256  # queries compared with the gallery at a time
_PAIRS = 16384  # pairs of vectors gathered at a time
_SAMPLE_STEP = 8  # every 8th column bounds a row's k-th distance before the whole row is searched


def k_reciprocal_distances(
    query_features: NDArray[np.float32],
    gallery_features: NDArray[np.float32],
    *,
    k1: int = 20,
    k2: int = 6,
    lambda_value: float = 0.3,
) -> NDArray[np.float32]:
    """(Q, N) final distances between (Q, D) and (N, D) features, smallest first.

    `k1` neighbours make a crop's set, the sets of its `k2` nearest (itself included) are averaged, and the result is
    (1 - lambda_value) * Jaccard + lambda_value * squared Euclidean distance over the query's largest one. Defaults are
    the paper's. Raises ReidError for parameters out of range and features that do not fit or are not finite.
    """
    ranking = KReciprocal(query_features, gallery_features, k1=k1, k2=k2, lambda_value=lambda_value)
    return ranking.distances(0, len(query_features))


class KReciprocal:
    """The same distances, given for some queries at a time: what is held in between grows with Q + N, not with Q N.

    Arguments and errors are those of `k_reciprocal_distances`.
    """

    def __init__(
        self,
        query_features: NDArray[np.float32],
        gallery_features: NDArray[np.float32],
        *,
        k1: int = 20,
        k2: int = 6,
        lambda_value: float = 0.3,
    ) -> None:
        _check_parameters(k1, k2, lambda_value)
        self._lambda = np.float32(lambda_value)
        self._features = _stacked(query_features, gallery_features)
        self._queries = len(query_features)
        self._norms = np.einsum("nd,nd->n", self._features, self._features)
        if not self._queries or self._queries == len(self._features):
            return
        neighbours, self._largest = _neighbours(self._features, self._norms, k1 + 1)
        encoded = _encode(self._features, self._norms, self._largest, neighbours, k1)
        self._encoded = _averaging(neighbours[:, :k2]) @ encoded if k2 > 1 else encoded
        # Per crop: the gallery crops that hold it in their set, with weights.
        self._owners = self._encoded[self._queries :].T.tocsr()

    def distances(self, first: int, last: int) -> NDArray[np.float32]:
        """(last - first, N) distances of the queries `first` to `last` - 1."""
        gallery = len(self._features) - self._queries
        if first == last or not gallery:
            return np.zeros((last - first, gallery), dtype=np.float32)
        found = np.empty((last - first, gallery), dtype=np.float32)
        for start in range(first, last, _BLOCK):
            rows = slice(start, min(start + _BLOCK, last))
            part = found[start - first : rows.stop - first]
            np.matmul(self._features[rows], self._features[self._queries :].T, out=part)
            part *= -2
            part += self._norms[self._queries :]
            part += self._norms[rows, None]
            np.maximum(part, 0, out=part)
            part *= (self._lambda / self._largest[rows])[:, None]
            for query, row in enumerate(part, start=start):
                row += (1 - self._lambda) * self._jaccard(query)
        return found

    def _jaccard(self, query: int) -> NDArray[np.float32]:
        """(N,) Jaccard distances of a query's encoding (equation 10), through an inverted index of the gallery.

        Every encoding sums to 1, so the sum of maxima in the denominator is 2 minus the sum of minima.
        """
        span = slice(self._encoded.indptr[query], self._encoded.indptr[query + 1])
        held = self._owners[self._encoded.indices[span]]
        minima = np.minimum(np.repeat(self._encoded.data[span], np.diff(held.indptr)), held.data)
        overlap = np.bincount(held.indices, weights=minima, minlength=self._owners.shape[1])
        return (1 - overlap / (2 - overlap)).astype(np.float32)


def rerank(
    results: RankedResults,
    query_vectors: NDArray[np.float32],
    candidate_vectors: NDArray[np.float32] | Callable[[NDArray[np.int64]], NDArray[np.float32]],
    *,
    k1: int = 20,
    k2: int = 6,
    lambda_value: float = 0.3,
) -> RankedResults:
    """Each query's own list in the order of k-reciprocal distances among the query (Q, D) and its candidates.

    `candidate_vectors` is (Q, k, D), or a function from (n,) ids to (n, D) vectors, such as `VectorIndex.vectors`. No
    crop enters or leaves a list, and each keeps its cosine similarity: similarities no longer fall along a row. Equal
    distances keep their order. Raises ReidError as `k_reciprocal_distances` does, or when shapes do not fit.
    """
    if len(query_vectors) != len(results):
        raise ReidError(f"There are {len(results)} result lists but vectors of {len(query_vectors)} queries.")
    if not callable(candidate_vectors) and candidate_vectors.shape[:2] != results.ids.shape:
        raise ReidError(
            f"Candidate vectors of shape {candidate_vectors.shape} do not fit results of shape {results.ids.shape}."
        )
    ids, similarities = results.ids.copy(), results.similarities.copy()
    for query, listed in enumerate(results.ids):
        count = int(np.count_nonzero(listed != NO_HIT))
        if not count:
            continue
        vectors = candidate_vectors(listed[:count]) if callable(candidate_vectors) else candidate_vectors[query, :count]
        distances = k_reciprocal_distances(
            query_vectors[query : query + 1], vectors, k1=k1, k2=k2, lambda_value=lambda_value
        )
        order = np.argsort(distances[0], kind="stable")
        ids[query, :count] = listed[order]
        similarities[query, :count] = results.similarities[query, order]
    return RankedResults(results.model, ids, similarities)


def _neighbours(
    features: NDArray[np.float32], norms: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Nearest `count` crops of each crop, equal ones by row, and each row's largest distance."""
    total = len(features)
    count = min(count, total)
    transposed = features.T
    step = _SAMPLE_STEP if total >= 2 * _SAMPLE_STEP * count else 1

    def nearest(first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        distances = features[first:last] @ transposed
        distances *= -2
        distances += norms
        distances += norms[first:last, None]
        np.maximum(distances, 0, out=distances)
        neighbours = np.empty((last - first, count), dtype=np.int64)
        # The count-th distance of a sample is no smaller than that of the whole row: few columns need sorting.
        bounds = np.partition(distances[:, ::step], count - 1, axis=1)[:, count - 1]
        for row, (distance, bound) in enumerate(zip(distances, bounds, strict=True)):
            near = np.flatnonzero(distance <= bound)
            neighbours[row] = near[np.argsort(distance[near], kind="stable")[:count]]
        return neighbours, distances.max(axis=1)

    blocks = list(in_blocks(total, total, nearest))
    furthest = np.concatenate([largest for _, largest in blocks])
    return np.concatenate([rows for rows, _ in blocks]), np.where(furthest > 0, furthest, np.float32(1))


def _encode(
    features: NDArray[np.float32],
    norms: NDArray[np.float32],
    largest: NDArray[np.float32],
    neighbours: NDArray[np.int64],
    k1: int,
) -> sparse.csr_array:
    """Row i holds weights exp(-distance), of sum 1, over the expanded k-reciprocal set of crop i (equations 5, 7)."""
    sets = _reciprocal(neighbours)
    half_sets = _reciprocal(neighbours[:, : round(k1 / 2) + 1])
    shared = (sets @ half_sets.T).multiply(sets).tocoo()
    sizes = np.diff(half_sets.indptr)
    joins = 3 * shared.data > 2 * sizes[shared.col]  # more than 2/3 of the candidate's set is in this one
    joining = sparse.coo_array(
        (np.ones(int(joins.sum()), dtype=np.int32), (shared.row[joins], shared.col[joins])), shape=sets.shape
    ).tocsr()
    expanded = (sets + joining @ half_sets).tocoo()
    weights = np.empty(len(expanded.data), dtype=np.float32)
    for first in range(0, len(weights), _PAIRS):
        part = slice(first, first + _PAIRS)
        row, column = expanded.row[part], expanded.col[part]
        products = np.einsum("pd,pd->p", features[row], features[column])
        distances = np.maximum(norms[row] + norms[column] - 2 * products, 0) / largest[row]
        weights[part] = np.exp(-distances)
    sums = np.bincount(expanded.row, weights=weights, minlength=len(features))
    scaled = (weights / np.maximum(sums, np.finfo(np.float32).tiny)[expanded.row]).astype(np.float32)
    return sparse.coo_array((scaled, (expanded.row, expanded.col)), shape=sets.shape).tocsr()


def _reciprocal(neighbours: NDArray[np.int64]) -> sparse.csr_array:
    """1 where two crops are in each other's row of neighbours (equation 2)."""
    total, count = neighbours.shape
    ones = np.ones(neighbours.size, dtype=np.int32)
    forward = sparse.csr_array((ones, neighbours.ravel(), np.arange(total + 1) * count), shape=(total, total))
    return forward.multiply(forward.T.tocsr()).tocsr()


def _averaging(neighbours: NDArray[np.int64]) -> sparse.csr_array:
    """The matrix whose product with the encodings is their mean over each row's neighbours (equation 11)."""
    total, count = neighbours.shape
    shares = np.full(neighbours.size, 1 / count, dtype=np.float32)
    return sparse.csr_array((shares, neighbours.ravel(), np.arange(total + 1) * count), shape=(total, total))


def _stacked(query_features: NDArray[np.float32], gallery_features: NDArray[np.float32]) -> NDArray[np.float32]:
    queries, gallery = (np.asarray(part, dtype=np.float32) for part in (query_features, gallery_features))
    if queries.ndim != 2 or gallery.ndim != 2 or queries.shape[1] != gallery.shape[1]:
        raise ReidError(
            f"Query features of shape {queries.shape} and gallery features of shape {gallery.shape} cannot be "
            "compared; embed both with one model."
        )
    stacked = np.concatenate([queries, gallery])
    bad = np.flatnonzero(~np.isfinite(stacked).all(axis=1))
    if len(bad):
        side, row = ("query", bad[0]) if bad[0] < len(queries) else ("gallery", bad[0] - len(queries))
        raise ReidError(f"Row {row} of the {side} features is not finite; embed that crop again.")
    return stacked


def _check_parameters(k1: int, k2: int, lambda_value: float) -> None:
    if k1 < 1 or k2 < 1:
        raise ReidError(f"Re-ranking needs k1 and k2 of at least 1, not {k1} and {k2}.")
    if not 0 <= lambda_value <= 1:
        raise ReidError(f"Re-ranking needs lambda between 0 (Jaccard only) and 1 (original only), not {lambda_value}.")
