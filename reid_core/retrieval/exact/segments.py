"""The two parts that an index is made of: a base that is only read, and rows that came since.

Both hold ids, float16 vectors and filter columns row by row, and which rows are alive: a crop that goes is marked, so
that removing a few costs nothing of the size of the index. FAISS scans the arrays where they lie, without a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.retrieval.exact.columns import CodedColumns, GrowingArray
from reid_core.retrieval.filters import Columns, Filter

ABSENT = -1  # row of an id that is not there


class Segment:
    """Rows with what they share; `find` is up to the two kinds below."""

    def __init__(self, ids: NDArray[np.int64], vectors: NDArray[np.float16], columns: CodedColumns) -> None:
        self._ids, self._vectors = GrowingArray(ids), GrowingArray(vectors)
        self._alive = GrowingArray(np.ones(len(ids), dtype=np.bool_))
        self.columns = columns
        self.dead = 0

    @property
    def ids(self) -> NDArray[np.int64]:
        return self._ids.values

    @property
    def vectors(self) -> NDArray[np.float16]:
        """(rows, D), dead rows included."""
        return self._vectors.values

    @property
    def alive(self) -> NDArray[np.bool_]:
        return self._alive.values

    def __len__(self) -> int:
        """Number of rows that are alive."""
        return len(self.ids) - self.dead

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Living row of each id, `ABSENT` where there is none."""
        raise NotImplementedError

    def kill(self, rows: NDArray[np.int64]) -> None:
        """Mark living rows, each named once."""
        self.alive[rows] = False
        self.dead += len(rows)

    def allowed(self, where: Filter) -> NDArray[np.bool_] | None:
        """Living rows that pass; None when those are all rows."""
        mask = self.columns.passing(where)
        if self.dead:
            mask = self.alive.copy() if mask is None else mask & self.alive
        if where.only_ids is not None:
            rows = self.find(np.fromiter(where.only_ids, dtype=np.int64))
            listed = np.zeros(len(self.ids), dtype=np.bool_)
            listed[rows[rows != ABSENT]] = True
            mask = listed if mask is None else mask & listed
        if where.exclude_ids:
            rows = self.find(np.fromiter(where.exclude_ids, dtype=np.int64))
            mask = np.ones(len(self.ids), dtype=np.bool_) if mask is None else mask
            mask[rows[rows != ABSENT]] = False
        return mask


class BaseSegment(Segment):
    """Rows in the order of their ids, whose ids and vectors are never written to: they may be a mapped file.

    `ids` (n,) int64, `vectors` (n, D) float16, `columns` of n crops. Raises ReidError when ids do not rise, or the
    lengths differ.
    """

    def __init__(self, ids: NDArray[np.int64], vectors: NDArray[np.float16], columns: CodedColumns) -> None:
        if {len(ids), len(vectors)} | {len(array) for array in columns.arrays.values()} != {len(ids)}:
            raise ReidError(f"The base of an index has {len(ids)} ids, {len(vectors)} vectors or columns that differ.")
        if (ids[1:] <= ids[:-1]).any():
            raise ReidError("The base of an index needs its ids in rising order, each once; sort its rows by id.")
        super().__init__(ids, vectors, columns)

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(self.ids):
            return np.full(len(ids), ABSENT, dtype=np.int64)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where((self.ids[rows] == ids) & self.alive[rows], rows, ABSENT)


class GrowingSegment(Segment):
    """Rows in memory, in the order in which they came."""

    def __init__(self, dimension: int) -> None:
        super().__init__(np.empty(0, np.int64), np.empty((0, dimension), np.float16), CodedColumns())
        self._row_of: dict[int, int] = {}

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        row_of = self._row_of
        return np.fromiter((row_of.get(crop, ABSENT) for crop in ids.tolist()), dtype=np.int64, count=len(ids))

    def append(self, ids: NDArray[np.int64], vectors: NDArray[Any], columns: Columns) -> None:
        """Rows of ids that have no living row."""
        first = len(self.ids)
        self._ids.append(ids)
        self._vectors.append(vectors)
        self._alive.append(np.ones(len(ids), dtype=np.bool_))
        self.columns.append(columns)
        self._row_of.update(zip(ids.tolist(), range(first, first + len(ids)), strict=True))

    def kill(self, rows: NDArray[np.int64]) -> None:
        super().kill(rows)
        for crop in self.ids[rows].tolist():
            del self._row_of[crop]
        if 2 * self.dead > len(self.ids):
            self._compact()

    def _compact(self) -> None:
        """Into new arrays, so that whoever reads the old ones is not disturbed."""
        rows = np.flatnonzero(self.alive)
        self._ids, self._vectors = GrowingArray(self.ids[rows]), GrowingArray(self.vectors[rows])
        self._alive = GrowingArray(np.ones(len(rows), dtype=np.bool_))
        self.columns = CodedColumns.joined([(self.columns, rows)])
        self._row_of = {crop: row for row, crop in enumerate(self.ids.tolist())}
        self.dead = 0


@dataclass(frozen=True, eq=False)
class Contents:
    """The living rows of an index at one moment, in the order of their ids; later changes of the index do not show.

    `ids` (n,) int64 rising, `columns` of the n crops; `blocks` gives their vectors.
    """

    model: str
    dimension: int
    ids: NDArray[np.int64]
    columns: CodedColumns
    _base: NDArray[np.float16]
    _grown: NDArray[np.float16]
    _rows: NDArray[np.int64]  # of each crop; those of the base come first

    @staticmethod
    def of(model: str, dimension: int, base: Segment, grown: Segment) -> Contents:
        living = [np.flatnonzero(segment.alive) for segment in (base, grown)]
        ids = np.concatenate([base.ids[living[0]], grown.ids[living[1]]])
        rows = np.concatenate([living[0], living[1] + len(base.ids)])
        order = np.argsort(ids)
        columns = CodedColumns.joined([(base.columns, living[0]), (grown.columns, living[1])])
        arrays = {name: array[order] for name, array in columns.arrays.items()}
        sorted_columns = CodedColumns(arrays, dict(columns.names))
        return Contents(model, dimension, ids[order], sorted_columns, base.vectors, grown.vectors, rows[order])

    def blocks(self, size: int) -> Iterator[NDArray[np.float16]]:
        """Vectors (size, D), the last block shorter."""
        for start in range(0, len(self._rows), size):
            rows = self._rows[start : start + size]
            in_base = rows < len(self._base)
            block = np.empty((len(rows), self.dimension), dtype=np.float16)
            block[in_base] = self._base[rows[in_base]]
            block[~in_base] = self._grown[rows[~in_base] - len(self._base)]
            yield block


def scan(
    vectors: NDArray[np.float16], queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Inner products and rows, (Q, k) each, of the k best allowed rows, of which there are at least k."""
    index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    # FAISS's fp16 codes are the vectors as they lie. The view has no owner (an empty vector's): `vectors` outlives it.
    codes = vectors.view(np.uint8).reshape(-1)
    view: Any = faiss.MaybeOwnedVectorUInt8  # FAISS's stubs know neither `owner` nor `create_view`
    index.codes = view.create_view(faiss.swig_ptr(codes), codes.size, view().owner)
    index.ntotal = len(vectors)
    threads = faiss.omp_get_max_threads()
    if len(queries) == 1:  # FAISS divides queries, not rows: the other threads would only be woken and waited for
        faiss.omp_set_num_threads(1)  # of this Python thread alone
    try:
        similarities, rows = index.search(queries, k, params=None if allowed is None else _selecting(allowed))
    finally:
        faiss.omp_set_num_threads(threads)
    return similarities, rows


def _selecting(rows: NDArray[np.bool_]) -> Any:
    # FAISS's stubs describe its C++ signatures; the Python wrappers take arrays and keyword arguments.
    selector = faiss.IDSelectorBitmap(np.packbits(rows, bitorder="little"))  # type: ignore[arg-type, call-arg]
    return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
