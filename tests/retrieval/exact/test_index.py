"""Exact search against a brute-force scan in plain Python."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.errors import ReidError
from reid_core.retrieval.exact.index import Columns, ExactIndex, Filter
from reid_core.retrieval.exact.segments import BaseSegment
from reid_core.retrieval.results import RankedResults

DIMENSION = 4


class Crop(NamedTuple):
    """A row of the reference index; coordinates are halves, so that float16 and every product are exact."""

    vector: tuple[float, ...]
    camera: str | None
    identity: str | None
    split: str
    time: float
    height: int
    sharpness: float


halves = st.tuples(*[st.sampled_from([-0.5, 0.0, 0.5])] * DIMENSION)
crops = st.builds(
    Crop,
    halves,
    st.sampled_from(["a", "b", "c", None]),
    st.sampled_from(["p", "q", "0", None]),
    st.sampled_from(["query", "gallery"]),
    st.sampled_from([0.0, 1.0, 2.0, 3.0, math.nan]),
    st.sampled_from([0, 1, 128]),
    st.sampled_from([0.0, 0.5, math.nan]),
)
batches = st.lists(st.tuples(st.integers(0, 30), crops), max_size=25)
filters = st.builds(
    Filter,
    cameras=st.none() | st.frozensets(st.sampled_from(["a", "b", "elsewhere"])),
    exclude_cameras=st.frozensets(st.sampled_from(["a", "c", "elsewhere"])),
    identities=st.none() | st.frozensets(st.sampled_from(["p", "q", "0", "nobody"])),
    splits=st.none() | st.frozensets(st.sampled_from(["query", "gallery"])),
    after=st.none() | st.sampled_from([0.0, 1.0, 2.0]),
    before=st.none() | st.sampled_from([0.0, 1.0, 2.0]),
    exclude_ids=st.frozensets(st.integers(0, 35), max_size=6),
    min_height=st.none() | st.sampled_from([0, 1, 100]),
    min_sharpness=st.none() | st.sampled_from([0.0, 0.25]),
)
changes = st.one_of(
    st.tuples(st.just("add"), batches),
    st.tuples(st.just("relabel"), batches),
    st.tuples(st.just("remove"), st.lists(st.integers(0, 35), max_size=20)),
    st.tuples(st.just("rebase"), st.none()),
)


def passes(where: Filter, crop_id: int, crop: Crop) -> bool:
    return (
        (where.cameras is None or crop.camera in where.cameras)
        and crop.camera not in where.exclude_cameras
        and (where.identities is None or crop.identity in where.identities)
        and (where.splits is None or crop.split in where.splits)
        and (where.after is None or crop.time >= where.after)
        and (where.before is None or crop.time <= where.before)
        and crop_id not in where.exclude_ids
        and (where.min_height is None or (crop.height != 0 and crop.height >= where.min_height))
        and (where.min_sharpness is None or crop.sharpness >= where.min_sharpness)
    )


def brute_force(rows: dict[int, Crop], query: tuple[float, ...], k: int, where: Filter) -> list[tuple[int, float]]:
    scored = [
        (sum(a * b for a, b in zip(crop.vector, query, strict=True)), crop_id)
        for crop_id, crop in rows.items()
        if passes(where, crop_id, crop)
    ]
    return [(crop_id, similarity) for similarity, crop_id in sorted(scored, key=lambda pair: (-pair[0], pair[1]))[:k]]


def columns_of(cells: list[Crop]) -> Columns:
    return Columns(
        camera=np.array([crop.camera for crop in cells], dtype=object),
        identity=np.array([crop.identity for crop in cells], dtype=object),
        split=np.array([crop.split for crop in cells], dtype=object),
        time=np.array([crop.time for crop in cells], dtype=np.float64),
        height=np.array([crop.height for crop in cells], dtype=np.int32),
        sharpness=np.array([crop.sharpness for crop in cells], dtype=np.float32),
    )


def ids_of(batch: list[tuple[int, Crop]]) -> np.ndarray:
    return np.array([crop_id for crop_id, _ in batch], dtype=np.int64)


def add(index: ExactIndex, batch: list[tuple[int, Crop]]) -> None:
    cells = [crop for _, crop in batch]
    vectors = np.array([crop.vector for crop in cells], dtype=np.float32).reshape(-1, DIMENSION)
    index.add(ids_of(batch), vectors, columns_of(cells))


def rebased(index: ExactIndex) -> ExactIndex:
    """The same rows as a base that cannot be written to."""
    contents = index.contents()
    vectors = np.concatenate([np.empty((0, index.dimension), np.float16), *contents.blocks(7)])
    ids = contents.ids.copy()
    ids.flags.writeable = vectors.flags.writeable = False
    return ExactIndex(index.model, index.dimension, BaseSegment(ids, vectors, contents.columns))


def found(results: RankedResults, query: int) -> list[tuple[int, float]]:
    return [(hit.id, hit.similarity) for hit in results.row(query)]


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(changes, min_size=1, max_size=6),
    queries=st.lists(halves, min_size=1, max_size=3),
    k=st.integers(1, 40),
    where=filters,
)
def test_every_search_equals_a_scan_after_any_adds_replacements_relabels_and_removals(steps, queries, k, where):
    index = ExactIndex("model", DIMENSION)
    rows: dict[int, Crop] = {}
    for kind, given_rows in steps:
        if kind == "add":
            add(index, given_rows)
            rows.update(given_rows)
        elif kind == "relabel":
            there = {crop_id: crop for crop_id, crop in given_rows if crop_id in rows}
            assert index.relabel(ids_of(given_rows), columns_of([crop for _, crop in given_rows])) == len(there)
            rows.update({crop_id: crop._replace(vector=rows[crop_id].vector) for crop_id, crop in there.items()})
        elif kind == "remove":
            assert index.remove(given_rows) == len(rows.keys() & set(given_rows))
            rows = {crop_id: crop for crop_id, crop in rows.items() if crop_id not in given_rows}
        else:
            index = rebased(index)
        assert len(index) == index.stats().rows == len(rows)
        for asked in (where, Filter()):
            results = index.search(np.array(queries, dtype=np.float32), k, asked)
            assert results.model == "model"
            assert results.ids.shape == (len(queries), k)
            for place, query in enumerate(queries):
                assert found(results, place) == brute_force(rows, query, k, asked)
    stored = index.vectors(np.array(sorted(rows), dtype=np.int64))
    assert stored.tolist() == [list(rows[crop_id].vector) for crop_id in sorted(rows)]


def unit_vectors(count: int, dimension: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_vectors_that_float16_holds_are_compared_exactly_and_others_closely():
    queries, vectors = unit_vectors(9, 64, seed=1), unit_vectors(500, 64)
    for stored, tolerance in ((vectors.astype(np.float16).astype(np.float32), 1e-6), (vectors, 5e-4)):
        index = ExactIndex("model", 64)
        index.add(np.arange(500), stored, Columns.unknown(500))
        results = index.search(queries, 500)
        cosines = queries.astype(np.float64) @ stored.astype(np.float64).T
        expected = np.take_along_axis(cosines, results.ids, axis=1)
        np.testing.assert_allclose(results.similarities, expected, rtol=0, atol=tolerance)
        assert (np.diff(results.similarities, axis=1) <= 0).all()
        assert np.array_equal(np.sort(results.ids, axis=1), np.tile(np.arange(500), (9, 1)))


def test_identical_vectors_are_listed_by_id_whatever_the_order_of_adding():
    vector = unit_vectors(1, 32)
    for order in (np.arange(1000), np.arange(1000)[::-1], np.random.default_rng(0).permutation(1000)):
        index = ExactIndex("model", 32)
        for part in np.array_split(order, 7):
            index.add(part, np.repeat(vector, len(part), axis=0), Columns.unknown(len(part)))
        assert index.search(vector, 5).ids.tolist() == [[0, 1, 2, 3, 4]]
        kept = Filter(exclude_ids=frozenset({0, 2, 4}))
        assert index.search(vector, 5, kept).ids.tolist() == [[1, 3, 5, 6, 7]]


def test_an_empty_index_returns_only_empty_places():
    results = ExactIndex("model", 8).search(unit_vectors(2, 8), 3)
    assert results.ids.tolist() == [[-1, -1, -1]] * 2
    assert np.isnan(results.similarities).all()
    assert results.row(0) == []


def test_no_queries_return_no_rows():
    index = ExactIndex("model", 8)
    index.add(np.arange(3), unit_vectors(3, 8), Columns.unknown(3))
    assert len(index.search(np.empty((0, 8), dtype=np.float32), 3)) == 0


def test_a_wrong_dimension_is_refused_naming_both():
    index = ExactIndex("model", 8)
    with pytest.raises(ReidError, match=r"\(2, 6\).*8 numbers"):
        index.search(unit_vectors(2, 6), 3)
    with pytest.raises(ReidError, match=r"\(1, 9\).*8 numbers"):
        index.add(np.array([1]), unit_vectors(1, 9), Columns.unknown(1))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e6])
def test_a_number_that_cannot_be_compared_is_refused_naming_the_row_and_changes_nothing(value):
    index = ExactIndex("model", 8)
    index.add(np.arange(3), unit_vectors(3, 8), Columns.unknown(3))
    vectors = unit_vectors(4, 8)
    vectors[2, 5] = value
    with pytest.raises(ReidError, match="Row 2 of the query"):
        index.search(vectors, 1)
    with pytest.raises(ReidError, match="Row 2 of the added"):
        index.add(np.arange(4), vectors, Columns.unknown(4))
    assert len(index) == 3


def test_the_other_mistakes_of_a_caller_are_refused():
    index = ExactIndex("model", 8)
    with pytest.raises(ReidError, match="negative"):
        index.add(np.array([-1]), unit_vectors(1, 8), Columns.unknown(1))
    with pytest.raises(ReidError, match="2 ids, 1 vectors and 1 rows"):
        index.add(np.array([1, 2]), unit_vectors(1, 8), Columns.unknown(1))
    with pytest.raises(ReidError, match="differ in length"):
        Columns(np.array(["a"]), np.array(["p"]), np.array(["query", "query"]), np.array([0.0]))
    with pytest.raises(ReidError, match="at least 1"):
        index.search(unit_vectors(1, 8), 0)
    with pytest.raises(ReidError, match="Crop 7 is not in the index"):
        index.vectors(np.array([7]))
    with pytest.raises(ReidError, match="2 ids and 1 rows"):
        index.relabel(np.array([1, 2]), Columns.unknown(1))


def test_stats_count_two_bytes_per_number():
    index = ExactIndex("model", 8)
    index.add(np.arange(3), unit_vectors(3, 8), Columns.unknown(3))
    assert index.stats().vector_bytes == 3 * 8 * 2
