"""What every index of vectors offers, and the pieces of a change log by which it follows the catalogue.

An index is a disposable cache of vectors and of what filters read. Its rows are known by ids, not negative, that
whoever fills it gives. Today a row is a crop and its id the crop's; an index of one vector per tracklet has a row for
each tracklet instead. An index never asks what a row stands for: that is known to `workspace.search.gallery_index`,
which compares an index with the catalogue, and to `searching`, which takes ids for those of crops.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reid_core.retrieval.filters import Columns, Filter
from reid_core.retrieval.results import RankedResults

Vectors: TypeAlias = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Changes:
    """A piece of the catalogue's change log, to be applied in this order.

    Ids that are gone; ids with new labels and their columns; ids with new vectors (N, D) and their columns. `seq` is
    the number up to which an index is complete once it has applied all pieces; `total` counts the vectors of all.
    """

    removed: NDArray[np.int64]
    relabelled: NDArray[np.int64]
    labels: Columns
    ids: NDArray[np.int64]
    vectors: NDArray[np.float16]
    columns: Columns
    seq: int
    total: int


@dataclass(frozen=True)
class IndexStats:
    """Size of an index: `rows` vectors of `dimension` numbers from `model`, which are `vector_bytes` bytes.

    `kept` is the change-log number of the index that is saved on disk; None if none is saved. The index carries `dead`
    rows of crops that are gone, until they are compacted, and `grown` rows,
    dead or alive, came after it was opened.
    """

    model: str
    dimension: int
    rows: int
    vector_bytes: int
    kept: int | None = None
    dead: int = 0
    grown: int = 0


class VectorIndex(Protocol):
    """One index of one model's vectors; each backend of `backends.py` has its own. Safe to share by threads.

    All vectors are of unit length, so that an inner product is the cosine similarity, and are held in half precision.
    `tests/retrieval/test_contract.py` says in full what an index must do.
    """

    @property
    def model(self) -> str:
        """Id of the model whose vectors these are."""
        ...

    @property
    def seq(self) -> int:
        """Number of the change log up to which the index is complete; -1 before its first `sync`."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def search(self, vectors: NDArray[np.float32], k: int, where: Filter = ...) -> RankedResults:
        """The k most similar rows to each of the (Q, D) queries among those that `where` lets through.

        Each backend compiles the filter for itself. Equal similarities are ordered by the lower id. Raises ReidError
        when k is below 1, or the queries are not finite or of another dimension.
        """
        ...

    def count(self, where: Filter) -> int:
        """Number of rows that `where` lets through."""
        ...

    def choices(self, where: Filter, names: Sequence[str]) -> dict[str, dict[Any, int]]:
        """Of each of these filters, how many walks (rows, where they are of no walk) have each value of its column,
        among those that pass the rest of `where`; a value that none has is left out.

        A filter takes labels, one of them or several, or is `UNMARKED`: then the value True counts those marked.
        """
        ...

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, D) vectors of these rows, in their order. Raises ReidError for an id that is not there."""
        ...

    def add(self, ids: NDArray[np.int64], vectors: Vectors, columns: Columns) -> None:
        """Add rows; an id that is there already, or comes twice, keeps what comes last: its vector and its columns.

        So a row whose vector changes with its columns is added again, whole. Raises ReidError when lengths or
        dimension do not fit, an id is negative, or a vector holds a number that half precision cannot.
        """
        ...

    def remove(self, ids: Iterable[int]) -> int:
        """Forget these rows; returns how many were there."""
        ...

    def relabel(self, ids: NDArray[np.int64], columns: Columns) -> int:
        """Replace what filters read of these rows, which keep their vectors; returns how many were there.

        Where a vector depends on its columns, as one that is taken from its camera's mean does, a relabelled row comes
        through `add` instead, and so do all rows of a camera whose mean has a new version. Raises ReidError when the
        lengths differ.
        """
        ...

    def sync(self, changes: Iterable[Changes]) -> int:
        """Apply all pieces of the change log after `seq`; returns how many rows were removed. `seq` is then the last's.

        A row may be relabelled and added by one piece: what was added stands. Where the pieces break off with an error,
        `seq` stays, and the next `sync` brings the same changes again. At -1 they are the whole log, and the index
        first forgets all rows, for the log no longer names what a broken sync brought and a deletion took since.
        """
        ...

    def keep(self) -> None:
        """Leave what the index holds to the next process, which is then quicker to open it.

        Nothing where each `sync` does so, or where there is no place to keep it. Raises ReidError when it cannot be
        written; the index goes on.
        """
        ...

    def forget(self) -> None:
        """Remove what was kept; the index itself goes on. Raises ReidError when it cannot be removed."""
        ...

    def stats(self) -> IndexStats: ...
