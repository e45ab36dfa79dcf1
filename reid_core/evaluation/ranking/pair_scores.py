"""What pairs of the same and of different people score, gathered while a gallery is ranked.

Every pair of a query and a valid gallery crop counts. Scores of the same person are kept, as they are few. Those of
different people are counted in `FINE_BINS` bins. Every threshold is an edge of a bin: how many pairs stand at or above
it is then exact but for the rounding of float32, and no matrix is held.

The last bin takes in 1 and what rounding puts beyond it, so the highest edge is not 1: it is above all similarities.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FINE_BINS = 65536
FINE_WIDTH = 2.0 / FINE_BINS
_SCALE = np.float32(FINE_BINS / 2)
_ROWS = 32  # counted at a time


class PairScores:
    """Filled by one call of `match_ranks`, to be read afterwards; for Q queries with R true matches in all:

    - `match_rows`, `match_similarities`: (R,) gallery row and similarity of each true match, in the order of its ranks.
    - `other_rows`, `other_similarities`: (Q,) the most similar crop of somebody else; -1 and -inf where there is none.
    - `others`: (FINE_BINS,) numbers of pairs of different people, by similarity from -1 on; 0 without `count_others`.
    """

    def __init__(self, *, count_others: bool = True) -> None:
        self.count_others = count_others
        self.others = np.zeros(FINE_BINS, dtype=np.int64)
        self._matches: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
        self._best: list[tuple[int, float]] = []

    def add_query(
        self, matches: NDArray[np.float32], rows: NDArray[np.int64], others: NDArray[np.float32], original: NDArray
    ) -> None:
        """Of the next query: similarities and rows of its true matches, and a row of the others', -inf where none."""
        order = np.argsort(-matches, kind="stable")
        self._matches.append((rows[order], matches[order]))
        best = int(others.argmax()) if len(others) else -1
        similarity = float(others[best]) if best >= 0 else -np.inf
        self._best.append((int(original[best]), similarity) if similarity > -np.inf else (-1, -np.inf))

    def add_others(self, rows: NDArray[np.float32], masked: int) -> None:
        """Count a block of rows, of which `masked` entries are -inf."""
        if not self.count_others:
            return
        for first in range(0, len(rows), _ROWS):
            self.others += np.bincount(fine_bins(rows[first : first + _ROWS]).ravel(), minlength=FINE_BINS)
        self.others[0] -= masked

    def extend(self, later: PairScores) -> None:
        """Take over what was found of the queries that follow."""
        self.others += later.others
        self._matches += later._matches
        self._best += later._best

    @cached_property
    def match_rows(self) -> NDArray[np.int64]:
        return _joined([rows for rows, _ in self._matches], np.int64)

    @cached_property
    def match_similarities(self) -> NDArray[np.float32]:
        return _joined([similarities for _, similarities in self._matches], np.float32)

    @cached_property
    def other_rows(self) -> NDArray[np.int64]:
        return np.array([row for row, _ in self._best], dtype=np.int64)

    @cached_property
    def other_similarities(self) -> NDArray[np.float32]:
        return np.array([similarity for _, similarity in self._best], dtype=np.float32)


def fine_bins(similarities: NDArray[np.float32]) -> NDArray[np.intp]:
    """The bin of each similarity; what lies beyond -1 or 1 counts in the first or last."""
    scaled = similarities * _SCALE
    scaled += _SCALE
    np.clip(scaled, 0, FINE_BINS - 1, out=scaled)
    return scaled.astype(np.intp)


def first_bin(threshold: float) -> int:
    """The first fine bin at or above the threshold, rounded to the nearest edge; `FINE_BINS`: none is.

    A threshold up to 1 takes in the last bin, where a similarity of 1 lies; only a higher one leaves it out.
    """
    if threshold > 1:
        return FINE_BINS
    return min(max(0, round((threshold + 1) / FINE_WIDTH)), FINE_BINS - 1)


def edge_of(bin: int) -> float:
    """The threshold at which a bin begins; for `FINE_BINS` one that is above every similarity."""
    return 1 + FINE_WIDTH if bin >= FINE_BINS else bin * FINE_WIDTH - 1


def _joined(parts: list[NDArray], kind: type) -> NDArray:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)
