"""The one object that a search returns and that re-ranking, grouping, calibration, pages and exports take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError

NO_HIT = -1  # id in the places of a row that no crop fills


class Hit(NamedTuple):
    """One crop in one query's list: its place (from 1), its id and its cosine similarity to the query."""

    rank: int
    id: int
    similarity: float


@dataclass(frozen=True, eq=False)
class RankedResults:
    """Crops found for each query, best first. Read-only.

    - `model`: id of the model whose vectors were compared.
    - `ids`: (Q, k) int64 crop ids, best first; `NO_HIT` where a query has fewer than k hits, always at the end.
    - `similarities`: (Q, k) float32 cosine similarities, NaN where there is no hit. A re-ranked list keeps them, so
      they need not fall along a row: the order of `ids` is the ranking.

    Raises ReidError when the arrays do not have these shapes and types, or a place without a hit precedes a hit.
    """

    model: str
    ids: NDArray[np.int64]
    similarities: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.ids.dtype != np.int64 or self.similarities.dtype != np.float32:
            raise ReidError(
                f"Ranked results need int64 ids and float32 similarities, not {self.ids.dtype} and "
                f"{self.similarities.dtype}; convert them first."
            )
        if self.ids.ndim != 2 or self.ids.shape != self.similarities.shape:
            raise ReidError(
                f"Ranked results need ids and similarities of one shape (queries, places), not {self.ids.shape} and "
                f"{self.similarities.shape}."
            )
        empty = self.ids == NO_HIT
        if not np.array_equal(empty, np.isnan(self.similarities)):
            raise ReidError("Ranked results need a NaN similarity exactly where the id is -1 (no hit).")
        if (empty[:, :-1] & ~empty[:, 1:]).any():
            raise ReidError("Ranked results need their empty places (id -1) at the end of each row.")
        for name in ("ids", "similarities"):
            frozen = getattr(self, name).view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)

    def __len__(self) -> int:
        """Number of queries."""
        return len(self.ids)

    def row(self, query: int) -> list[Hit]:
        """Hits of one query, best first, without the empty places."""
        found = self.ids[query] != NO_HIT
        pairs = zip(self.ids[query][found].tolist(), self.similarities[query][found].tolist(), strict=True)
        return [Hit(rank, crop, similarity) for rank, (crop, similarity) in enumerate(pairs, start=1)]

    def top(self, k: int) -> RankedResults:
        """The first k places of every row (all of them where there are fewer)."""
        if k < 1:
            raise ReidError(f"The number of results to keep is {k}; ask for at least 1.")
        return RankedResults(self.model, self.ids[:, :k], self.similarities[:, :k])
