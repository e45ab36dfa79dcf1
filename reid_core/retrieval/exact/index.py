"""Exact nearest-neighbour search over unit vectors, with filters on what is known of each crop.

Vectors are kept as float16 and compared by inner product, which scans half the bytes of float32 and is faster for it.
A filter becomes a bitmap over the rows, computed from integer columns, so the scan skips what it leaves out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from reid_core.errors import NotThere, ReidError
from reid_core.retrieval.exact.columns import CodedColumns
from reid_core.retrieval.exact.counting import Counts, count_choices
from reid_core.retrieval.exact.segments import ABSENT, BaseSegment, Contents, GrowingSegment, Segment, scan
from reid_core.retrieval.exact.snapshot import read_snapshot, remove_snapshots, snapshot_seq, write_snapshot
from reid_core.retrieval.filters import Columns, Filter
from reid_core.retrieval.protocol import Changes, IndexStats, Vectors
from reid_core.retrieval.results import NO_HIT, RankedResults

_FLOAT16_MAX = float(np.finfo(np.float16).max)
_ROWS_PER_THREAD = 100_000  # fewer to compare take a few milliseconds: not worth waking a thread


@dataclass(frozen=True, eq=False)
class _Part:
    """Rows that one scan takes: their ids, vectors, which may be returned (None: all) and how many those are."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float16]
    allowed: NDArray[np.bool_] | None
    available: int


class ExactIndex:
    """`VectorIndex` that compares a query with every row that its filter lets through. Safe to share by threads.

    Vectors of `dimension` numbers are stored as float16, so a similarity is within about 0.0005 of the float32 one. A
    `base` is taken as it is, without a copy and never written to; what is added goes beside it. The rows of a camera
    whose vectors all change are added anew: until the next start the old ones take room, too.
    """

    def __init__(
        self, model: str, dimension: int, base: BaseSegment | None = None, *, seq: int = -1, folder: Path | None = None
    ) -> None:
        """It is kept in `folder`, if anywhere. Raises ReidError when the base has vectors of another dimension."""
        self.model = model
        self.dimension = dimension
        self.seq = seq
        self._folder = folder
        self._lock = threading.Lock()
        self._hold(base)
        if self._base.vectors.shape[1:] != (dimension,):
            raise ReidError(f"The base has vectors of {self._base.vectors.shape[1:]} numbers, the index {dimension}.")

    @classmethod
    def open(cls, folder: Path, model: str, dimension: int) -> Self:
        """What was kept in the folder, else an empty index."""
        base, seq = read_snapshot(folder, model) or (None, -1)
        return cls(model, dimension, base, seq=seq, folder=folder)

    def _hold(self, base: BaseSegment | None) -> None:
        """Hold the rows of the base, and no others."""
        nothing = np.empty((0, self.dimension), np.float16)
        self._base = base or BaseSegment(np.empty(0, np.int64), nothing, CodedColumns())
        self._grown = GrowingSegment(self.dimension)
        self._segments: tuple[Segment, Segment] = (self._base, self._grown)

    def __len__(self) -> int:
        return sum(len(segment) for segment in self._segments)

    def stats(self) -> IndexStats:
        kept = None if self._folder is None else snapshot_seq(self._folder)
        with self._lock:
            dead = sum(segment.dead for segment in self._segments)
            return IndexStats(
                self.model, self.dimension, len(self), 2 * len(self) * self.dimension, kept, dead, len(self._grown.ids)
            )

    def keep(self) -> None:
        if self._folder is not None:
            write_snapshot(self._folder, self.contents(), self.seq)

    def forget(self) -> None:
        if self._folder is not None:
            remove_snapshots(self._folder)

    def contents(self) -> Contents:
        """What the index holds now, for a snapshot. Copies ids and columns, not vectors."""
        with self._lock:
            return Contents.of(self.model, self.dimension, *self._segments)

    def add(self, ids: NDArray[np.int64], vectors: Vectors, columns: Columns) -> None:
        vectors = self._checked(vectors, "added")
        ids = np.asarray(ids, dtype=np.int64)
        if not len(ids) == len(vectors) == len(columns):
            raise ReidError(f"Added {len(ids)} ids, {len(vectors)} vectors and {len(columns)} rows of columns differ.")
        if len(ids) and ids.min() < 0:
            raise ReidError(f"The crop id {ids.min()} is negative; ids of crops start at 0.")
        last = _last_of_each(ids)
        if len(last) < len(ids):
            ids, vectors, columns = ids[last], vectors[last], columns.take(last)
        with self._lock:
            self._remove(ids)
            self._grown.append(ids, vectors, columns)

    def remove(self, ids: Iterable[int]) -> int:
        """Costs no pass over the index: the rows are marked."""
        with self._lock:
            return self._remove(np.unique(np.fromiter(ids, dtype=np.int64)))

    def _remove(self, ids: NDArray[np.int64]) -> int:
        gone = 0
        for segment in self._segments:
            rows = segment.find(ids)
            rows = rows[rows != ABSENT]
            segment.kill(rows)
            gone += len(rows)
        return gone

    def relabel(self, ids: NDArray[np.int64], columns: Columns) -> int:
        ids = np.asarray(ids, dtype=np.int64)
        if len(ids) != len(columns):
            raise ReidError(f"Relabelled {len(ids)} ids and {len(columns)} rows of columns differ.")
        last = _last_of_each(ids)
        changed = 0
        with self._lock:
            for segment in self._segments:
                rows = segment.find(ids[last])
                there = rows != ABSENT
                segment.columns.replace(rows[there], columns.take(last[there]))
                changed += int(there.sum())
        return changed

    def sync(self, changes: Iterable[Changes]) -> int:
        if self.seq < 0:
            with self._lock:
                self._hold(None)
        removed, seq = 0, self.seq
        for piece in changes:
            removed += self.remove(piece.removed.tolist())
            self.relabel(piece.relabelled, piece.labels)
            self.add(piece.ids, piece.vectors, piece.columns)
            seq = piece.seq
        self.seq = seq
        return removed

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        ids = np.asarray(ids, dtype=np.int64)
        stored = np.empty((len(ids), self.dimension), dtype=np.float32)
        missing = np.ones(len(ids), dtype=np.bool_)
        with self._lock:
            for segment in self._segments:
                rows = segment.find(ids)
                there = rows != ABSENT
                stored[there] = segment.vectors[rows[there]]
                missing &= ~there
        if missing.any():
            raise NotThere(f"Crop {ids[missing][0]} is not in the index; search again, it may have been deleted.")
        return stored

    def count(self, where: Filter) -> int:
        with self._lock:
            return sum(part.available for part in self._parts(where, 1))

    def choices(self, where: Filter, names: Sequence[str]) -> Counts:
        with self._lock:
            return count_choices(self._segments, where, names)

    def search(self, vectors: NDArray[np.float32], k: int, where: Filter = Filter()) -> RankedResults:
        queries = self._checked(vectors, "query").astype(np.float32, copy=False)
        if k < 1:
            raise ReidError(f"The number of results to return is {k}; ask for at least 1.")
        ids = np.full((len(queries), k), NO_HIT, dtype=np.int64)
        similarities = np.full((len(queries), k), np.nan, dtype=np.float32)
        with self._lock:
            parts = self._parts(where, len(queries))
            found = min(k, sum(part.available for part in parts))
            if found and len(queries):
                ids[:, :found], similarities[:, :found] = _best(parts, queries, found)
        return RankedResults(self.model, ids, similarities)

    def _parts(self, where: Filter, queries: int) -> list[_Part]:
        """FAISS divides queries among its threads, but not rows: a lone query's rows are divided here."""
        masks = [segment.allowed(where) for segment in self._segments]
        filtered = any(mask is not None for mask in masks)
        threads = faiss.omp_get_max_threads() if queries == 1 else 1
        parts = []
        for segment, mask in zip(self._segments, masks, strict=True):
            if filtered and mask is None:
                mask = segment.alive  # FAISS may round differently without a selector; ties must stay ties
            rows = len(segment.ids)
            compared = rows if mask is None else int(np.count_nonzero(mask))
            pieces = max(1, min(threads, compared // _ROWS_PER_THREAD))
            edges = [rows * piece // pieces for piece in range(pieces + 1)]
            for start, stop in pairwise(edges):
                allowed = None if mask is None else mask[start:stop]
                available = stop - start if allowed is None else int(np.count_nonzero(allowed))
                if available:
                    parts.append(_Part(segment.ids[start:stop], segment.vectors[start:stop], allowed, available))
        return parts

    def _checked(self, given: Vectors, role: str) -> Vectors:
        kind = np.float16 if np.asarray(given).dtype == np.float16 else np.float32
        vectors: Any = np.ascontiguousarray(given, dtype=kind)
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise ReidError(
                f"The {role} vectors have shape {vectors.shape}, but model {self.model} gives vectors of "
                f"{self.dimension} numbers; embed the crops with that model."
            )
        good = (vectors.max(axis=1) <= _FLOAT16_MAX) & (vectors.min(axis=1) >= -_FLOAT16_MAX)  # NaN fails both
        if not good.all():
            raise ReidError(
                f"Row {np.flatnonzero(~good)[0]} of the {role} vectors is not finite, or huge; embed that crop again."
            )
        return vectors


def _last_of_each(ids: NDArray[np.int64]) -> NDArray[np.intp]:
    """Rising places of the last occurrence of each id."""
    _, from_the_end = np.unique(ids[::-1], return_index=True)
    return np.sort(len(ids) - 1 - from_the_end)


def _best(parts: list[_Part], queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """FAISS keeps an arbitrary part of a tie that crosses place k, so look further until every tie has ended."""
    ids = np.empty((len(queries), k), dtype=np.int64)
    similarities = np.empty((len(queries), k), dtype=np.float32)
    pending = np.arange(len(queries))
    depth = k + 1
    while len(pending):
        depths = [min(depth, part.available) for part in parts]
        results = _scan_all(parts, queries[pending], depths)
        crops = np.concatenate([part.ids[rows] for part, (_, rows) in zip(parts, results, strict=True)], axis=1)
        found = np.concatenate([result for result, _ in results], axis=1)
        order = np.lexsort((crops, -found), axis=-1)[:, :k]
        ids[pending] = np.take_along_axis(crops, order, axis=1)
        similarities[pending] = np.take_along_axis(found, order, axis=1)
        open_ended = np.zeros(len(pending), dtype=np.bool_)
        for part, reached, (result, _) in zip(parts, depths, results, strict=True):
            if reached < part.available:
                open_ended |= result[:, -1] >= similarities[pending, -1]
        pending = pending[open_ended]
        depth *= 8
    return ids, similarities


def _scan_all(
    parts: list[_Part], queries: NDArray[np.float32], depths: list[int]
) -> list[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """What `scan` finds in each part; side by side for a lone query, as FAISS does with several."""

    def scanned(part: _Part, depth: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        return scan(part.vectors, queries, depth, part.allowed)

    if len(parts) == 1 or len(queries) > 1:
        return [scanned(part, depth) for part, depth in zip(parts, depths, strict=True)]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(scanned, parts, depths))
