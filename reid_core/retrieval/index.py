"""Exact nearest-neighbour search over unit vectors, with filters on what is known of each crop.

The index is a disposable cache of the catalogue's vectors: it holds no truth and is rebuilt when missing or stale.
Vectors are kept as float16 and compared by inner product, which scans half the bytes of float32 and is faster for it.
A filter becomes a bitmap over the rows, computed from integer columns, so the scan skips what it leaves out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.retrieval.results import NO_HIT, RankedResults

_LABELS = ("camera", "identity", "split")
_UNKNOWN = -1  # code of a label that is not known
_FLOAT16_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Filter:
    """Which crops a search may return. The default lets every crop through.

    A crop whose camera, identity or split is not known fails a filter that lists cameras, identities or splits, and
    passes `exclude_cameras`. `after` and `before` are seconds on the scale of `Columns.time`, both inclusive; a crop
    of unknown time fails either.
    """

    cameras: frozenset[str] | None = None
    exclude_cameras: frozenset[str] = frozenset()
    identities: frozenset[str] | None = None
    splits: frozenset[str] | None = None
    after: float | None = None
    before: float | None = None
    exclude_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Columns:
    """What filters read, one entry per crop: labels (None where unknown) and time in seconds (NaN where unknown).

    Raises ReidError when the columns differ in length.
    """

    camera: NDArray[Any]
    identity: NDArray[Any]
    split: NDArray[Any]
    time: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in _LABELS:
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=object))
        object.__setattr__(self, "time", np.asarray(self.time, dtype=np.float64))
        lengths = {name: len(getattr(self, name)) for name in (*_LABELS, "time")}
        if len(set(lengths.values())) > 1:
            raise ReidError(f"The columns of one set of crops differ in length: {lengths}.")

    def __len__(self) -> int:
        return len(self.time)

    @staticmethod
    def unknown(count: int) -> Columns:
        """Columns of crops of which nothing is known."""
        labels = np.full(count, None, dtype=object)
        return Columns(labels, labels, labels, np.full(count, np.nan))

    def take(self, rows: NDArray[np.intp]) -> Columns:
        return Columns(self.camera[rows], self.identity[rows], self.split[rows], self.time[rows])


@dataclass(frozen=True)
class IndexStats:
    """Size of an index: `rows` vectors of `dimension` numbers from `model`, held in `vector_bytes` bytes."""

    model: str
    dimension: int
    rows: int
    vector_bytes: int


class VectorIndex(Protocol):
    """What every backend offers; `Filter` is data that each one compiles for itself."""

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float32], columns: Columns) -> None: ...

    def remove(self, ids: Iterable[int]) -> int: ...

    def search(self, vectors: NDArray[np.float32], k: int, where: Filter = ...) -> RankedResults: ...

    def stats(self) -> IndexStats: ...


class _Column:
    """A numpy array that grows at its end in amortised constant time."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._buffer: NDArray[Any] = np.empty(0, dtype)
        self._length = 0

    @property
    def values(self) -> NDArray[Any]:
        return self._buffer[: self._length]

    def append(self, values: NDArray[Any]) -> None:
        end = self._length + len(values)
        if end > len(self._buffer):
            grown = np.empty(max(end, 2 * self._length), self._buffer.dtype)
            grown[: self._length] = self.values
            self._buffer = grown
        self._buffer[self._length : end] = values
        self._length = end

    def keep(self, kept: NDArray[np.bool_]) -> None:
        self._buffer = self.values[kept]
        self._length = len(self._buffer)


class _LabelColumn(_Column):
    """Labels held as int32 codes, `_UNKNOWN` for None."""

    def __init__(self) -> None:
        super().__init__(np.int32)
        self._codes: dict[str, int] = {}

    def append(self, values: NDArray[Any]) -> None:
        codes = [_UNKNOWN if label is None else self._codes.setdefault(label, len(self._codes)) for label in values]
        super().append(np.array(codes, dtype=np.int32))

    def is_any_of(self, labels: frozenset[str]) -> NDArray[np.bool_]:
        wanted = np.zeros(len(self._codes) + 1, dtype=np.bool_)  # the last entry answers for _UNKNOWN
        wanted[[self._codes[label] for label in labels if label in self._codes]] = True
        passed: NDArray[np.bool_] = wanted[self.values]
        return passed


class ExactIndex:
    """`VectorIndex` that compares a query with every row that its filter lets through. Safe to share by threads.

    All vectors come from `model` and have `dimension` numbers of unit length (an inner product is then the cosine
    similarity); they are stored as float16, so a similarity is within about 0.0005 of the float32 one.
    """

    def __init__(self, model: str, dimension: int) -> None:
        self.model = model
        self.dimension = dimension
        self._vectors = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        self._ids = _Column(np.int64)
        self._row_of: dict[int, int] = {}
        self._labels = {name: _LabelColumn() for name in _LABELS}
        self._time = _Column(np.float64)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._row_of)

    def stats(self) -> IndexStats:
        return IndexStats(self.model, self.dimension, len(self), len(self) * self._vectors.code_size)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float32], columns: Columns) -> None:
        """Add crops; an id that is there already, or comes twice, keeps what comes last.

        `ids` (n,) not negative, `vectors` (n, D). Raises ReidError when lengths or dimension do not fit, an id is
        negative, or a vector holds a number that float16 cannot.
        """
        ids = np.asarray(ids, dtype=np.int64)
        vectors = self._checked(vectors, "added")
        if not len(ids) == len(vectors) == len(columns):
            raise ReidError(f"Added {len(ids)} ids, {len(vectors)} vectors and {len(columns)} rows of columns differ.")
        if len(ids) and ids.min() < 0:
            raise ReidError(f"The crop id {ids.min()} is negative; ids of crops start at 0.")
        unique, from_the_end = np.unique(ids[::-1], return_index=True)
        if len(unique) < len(ids):
            last = np.sort(len(ids) - 1 - from_the_end)
            ids, vectors, columns = ids[last], vectors[last], columns.take(last)
        with self._lock:
            self._remove(ids.tolist())
            first = len(self._row_of)
            self._vectors.add(vectors)
            self._ids.append(ids)
            for name, labels in self._labels.items():
                labels.append(getattr(columns, name))
            self._time.append(columns.time)
            self._row_of.update(zip(ids.tolist(), range(first, first + len(ids)), strict=True))

    def remove(self, ids: Iterable[int]) -> int:
        """Forget these crops; returns how many were there. Costs one pass over the index, however many they are."""
        with self._lock:
            return self._remove(ids)

    def _remove(self, ids: Iterable[int]) -> int:
        rows = self._rows(ids)
        if not len(rows):
            return 0
        gone = np.zeros(len(self._row_of), dtype=np.bool_)
        gone[rows] = True
        self._vectors.remove_ids(_selector(gone))
        for column in (self._ids, self._time, *self._labels.values()):
            column.keep(~gone)
        self._row_of = {crop: row for row, crop in enumerate(self._ids.values.tolist())}
        return int(gone.sum())

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Stored vectors (n, D) of these crops, in their order. Raises ReidError for an id that is not there."""
        with self._lock:
            wanted = np.asarray(ids, dtype=np.int64).tolist()
            missing = [crop for crop in wanted if crop not in self._row_of]
            if missing:
                raise ReidError(f"Crop {missing[0]} is not in the index; search again, it may have been deleted.")
            rows = np.array([self._row_of[crop] for crop in wanted], dtype=np.int64)
            stored: NDArray[np.float32] = self._vectors.reconstruct_batch(rows)
            return stored

    def search(self, vectors: NDArray[np.float32], k: int, where: Filter = Filter()) -> RankedResults:
        """The k most similar crops to each of the (Q, D) queries among those that `where` lets through.

        Equal similarities are ordered by the lower id, whatever the order in which the crops were added. Raises
        ReidError when k is below 1, or the queries are not finite or not of `dimension` numbers.
        """
        queries = self._checked(vectors, "query")
        if k < 1:
            raise ReidError(f"The number of results to return is {k}; ask for at least 1.")
        ids = np.full((len(queries), k), NO_HIT, dtype=np.int64)
        similarities = np.full((len(queries), k), np.nan, dtype=np.float32)
        with self._lock:
            allowed = self._allowed(where)
            available = len(self) if allowed is None else int(np.count_nonzero(allowed))
            found = min(k, available)
            if found and len(queries):
                ids[:, :found], similarities[:, :found] = self._best(queries, found, available, allowed)
        return RankedResults(self.model, ids, similarities)

    def _best(
        self, queries: NDArray[np.float32], k: int, available: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """FAISS keeps an arbitrary part of a tie that crosses place k, so look further until every tie has ended."""
        parameters = None if allowed is None else _search_parameters(allowed)
        ids = np.empty((len(queries), k), dtype=np.int64)
        similarities = np.empty((len(queries), k), dtype=np.float32)
        pending = np.arange(len(queries))
        depth = min(k + 1, available)
        while len(pending):
            found, rows = self._vectors.search(queries[pending], depth, params=parameters)
            crops = self._ids.values[rows]
            order = np.lexsort((crops, -found), axis=-1)[:, :k]
            ids[pending] = np.take_along_axis(crops, order, axis=1)
            similarities[pending] = np.take_along_axis(found, order, axis=1)
            open_ended = found[:, k - 1] == found[:, -1] if depth < available else np.zeros(len(pending), np.bool_)
            pending = pending[open_ended]
            depth = min(8 * depth, available)
        return ids, similarities

    def _allowed(self, where: Filter) -> NDArray[np.bool_] | None:
        """Rows that pass, or None for all of them."""
        tests: list[NDArray[np.bool_]] = []
        for name, labels in (("camera", where.cameras), ("identity", where.identities), ("split", where.splits)):
            if labels is not None:
                tests.append(self._labels[name].is_any_of(labels))
        if where.exclude_cameras:
            tests.append(~self._labels["camera"].is_any_of(where.exclude_cameras))
        if where.after is not None:
            tests.append(self._time.values >= where.after)
        if where.before is not None:
            tests.append(self._time.values <= where.before)
        if where.exclude_ids:
            others = np.ones(len(self), dtype=np.bool_)
            others[self._rows(where.exclude_ids)] = False
            tests.append(others)
        return np.logical_and.reduce(tests) if tests else None

    def _rows(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """Rows of those ids that are there."""
        return np.array([self._row_of[crop] for crop in ids if crop in self._row_of], dtype=np.int64)

    def _checked(self, vectors: NDArray[np.float32], role: str) -> NDArray[np.float32]:
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise ReidError(
                f"The {role} vectors have shape {vectors.shape}, but model {self.model} gives vectors of "
                f"{self.dimension} numbers; embed the crops with that model."
            )
        bad = np.flatnonzero(~(np.abs(vectors) <= _FLOAT16_MAX).all(axis=1))  # NaN fails the comparison too
        if len(bad):
            raise ReidError(f"Row {bad[0]} of the {role} vectors is not finite, or huge; embed that crop again.")
        return vectors


# FAISS's stubs describe its C++ signatures; the Python wrappers take arrays and keyword arguments.
def _selector(rows: NDArray[np.bool_]) -> Any:
    return faiss.IDSelectorBitmap(np.packbits(rows, bitorder="little"))  # type: ignore[arg-type, call-arg]


def _search_parameters(rows: NDArray[np.bool_]) -> Any:
    return faiss.SearchParameters(sel=_selector(rows))  # type: ignore[call-arg]
