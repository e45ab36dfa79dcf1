"""The nearest neighbours of every vector, on which maps, clusters and suggestions are all built."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.signals import StopRequest

if TYPE_CHECKING:
    import faiss

EXACT = 60_000  # vectors up to which each is compared with each other
_BLOCK = 2_048  # vectors that are compared with as many, between two looks at whether to stop
_PROBED = 32  # cells of the inverted file that a query visits
_CHECKED = 200  # queries that are also searched exactly, to say what the inverted file missed

Vectors = NDArray[np.float32]
Rows = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Of each of N vectors the k nearest others, nearest first: their rows and cosine similarities, (N, k) each.

    `recall` is the share of true neighbours among them: 1 where each was compared with each, else measured on a sample.
    """

    rows: Rows
    similarities: NDArray[np.float32]
    recall: float = 1.0

    def nearest(self, k: int) -> Neighbours:
        """Only the first k. Raises ReidError when there are fewer."""
        if k > self.rows.shape[1]:
            raise ReidError(f"{k} neighbours of each are asked for; {self.rows.shape[1]} are known.")
        return Neighbours(self.rows[:, :k], self.similarities[:, :k], self.recall)


def find_neighbours(
    vectors: Vectors,
    k: int,
    *,
    exact_up_to: int = EXACT,
    stop: StopRequest | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Neighbours:
    """The k nearest others of each unit vector (N, D); at most N - 1.

    Above `exact_up_to` vectors an inverted file is searched (Jegou et al., PAMI 2011), which sees only the cells near
    each vector. Raises ReidError when there are fewer than two vectors, and Stopped on a request to stop.
    """
    count = len(vectors)
    if count < 2:
        raise ReidError(f"There is {count} vector; a neighbour needs a second one.")
    k = min(k, count - 1)
    vectors = np.ascontiguousarray(vectors, np.float32)
    rows = np.zeros((count, k), np.int32)
    similarities = np.full((count, k), -np.inf, np.float32)
    blocks = [slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]
    if count <= exact_up_to:
        # Each block with itself, so that there is something to beat; then each pair of blocks once, for both.
        from reid_core.projection.nearest import keep_nearest  # here, as Numba takes half a second to import

        pairs = [(block, block) for block in blocks] + list(itertools.combinations(blocks, 2))
        # One product serves both blocks, where FAISS's flat index would multiply each pair twice; and it is always
        # written to the same memory, for new pages cost time as well.
        memory = np.empty(_BLOCK * _BLOCK, np.float32)
        for done, (one, other) in enumerate(pairs):
            _look(stop)
            size = (one.stop - one.start, other.stop - other.start)
            product = memory[: size[0] * size[1]].reshape(size)
            np.matmul(vectors[one], vectors[other].T, out=product)
            keep_nearest(
                product, one.start, rows[one], similarities[one], other.start, rows[other], similarities[other]
            )
            on_progress(done + 1, len(pairs))
        return Neighbours(rows, similarities)
    index = _inverted_file(vectors)
    for block in blocks:
        _look(stop)
        rows[block], similarities[block] = _without_self(*index.search(vectors[block], k + 1), block.start)
        on_progress(block.stop, count)
    return Neighbours(rows, similarities, _recall(vectors, rows))


class Stopped(Exception):
    """Somebody asked for an end; nothing was kept."""


def _look(stop: StopRequest | None) -> None:
    if stop is not None and stop.requested:
        raise Stopped


def _inverted_file(vectors: Vectors) -> faiss.Index:
    import faiss  # here, as every command imports this file, for `Vectors`

    cells = int(4 * np.sqrt(len(vectors)))
    quantiser = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFFlat(quantiser, vectors.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid = 64
    sample = np.random.default_rng(0).choice(len(vectors), min(len(vectors), 64 * cells), replace=False)
    index.train(vectors[np.sort(sample)])
    index.add(vectors)
    index.nprobe = _PROBED
    return index


def _without_self(
    similarities: NDArray[np.float32], rows: NDArray[np.int64], first: int
) -> tuple[Rows, NDArray[np.float32]]:
    """Drop each query's own row, or its last where many equal ones pushed it out. A row that was not found is the
    nearest once more, as happens in thin cells of an inverted file."""
    own = rows == np.arange(first, first + len(rows))[:, None]
    own[~own.any(axis=1), -1] = True
    kept = ~own
    rows = rows[kept].reshape(len(rows), -1)
    similarities = similarities[kept].reshape(len(rows), -1)
    lost = rows < 0
    rows = np.where(lost, rows[:, :1], rows)
    return rows.astype(np.int32), np.where(lost, similarities[:, :1], similarities)


def _recall(vectors: Vectors, rows: Rows) -> float:
    sample = np.random.default_rng(1).choice(len(vectors), _CHECKED, replace=False)
    k = min(15, rows.shape[1])
    best: NDArray[np.float32] = np.full((_CHECKED, k), -np.inf, np.float32)
    found = np.zeros((_CHECKED, k), np.int64)
    for start in range(0, len(vectors), 50_000):
        block = vectors[sample] @ vectors[start : start + 50_000].T
        columns = np.arange(start, start + block.shape[1])
        block[sample[:, None] == columns] = -np.inf
        joined = np.concatenate([best, block], axis=1)
        order = np.argpartition(-joined, k - 1, axis=1)[:, :k]
        names = np.concatenate([found, np.broadcast_to(columns, block.shape)], axis=1)
        best, found = np.take_along_axis(joined, order, 1), np.take_along_axis(names, order, 1)
    hits = [len(np.intersect1d(true, given)) for true, given in zip(found, rows[sample, :k], strict=True)]
    return float(np.sum(hits)) / (k * _CHECKED)
