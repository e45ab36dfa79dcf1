"""What an index is made of: a base that is only read, rows that grow beside it, rows that are dead, and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.exact.index import ExactIndex
from reid_core.retrieval.exact.segments import BaseSegment
from reid_core.retrieval.filters import Columns, Filter
from reid_core.retrieval.results import RankedResults


def unit_vectors(count: int, dimension: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def rebased(index: ExactIndex) -> ExactIndex:
    """The same rows as a base."""
    contents = index.contents()
    return ExactIndex(
        index.model,
        index.dimension,
        BaseSegment(contents.ids, np.concatenate(list(contents.blocks(999))), contents.columns),
    )


def found(results: RankedResults, query: int) -> list[tuple[int, float]]:
    return [(hit.id, hit.similarity) for hit in results.row(query)]


def test_stats_say_what_is_dead_and_what_is_not_in_the_base():
    index = ExactIndex("model", 8)
    index.add(np.arange(10), unit_vectors(10, 8), Columns.unknown(10))
    index = rebased(index)
    index.add(np.arange(8, 12), unit_vectors(4, 8), Columns.unknown(4))
    index.remove([0, 11])
    stats = index.stats()
    assert (stats.rows, stats.vector_bytes, stats.dead, stats.grown) == (10, 10 * 8 * 2, 4, 4)


def test_vectors_given_as_float16_are_held_as_they_are():
    index = ExactIndex("model", 8)
    vectors = unit_vectors(5, 8).astype(np.float16)
    index.add(np.arange(5), vectors, Columns.unknown(5))
    assert np.array_equal(index.vectors(np.arange(5)), vectors.astype(np.float32))
    vectors[3, 1] = np.inf
    with pytest.raises(ReidError, match="Row 3 of the added"):
        index.add(np.arange(5), vectors, Columns.unknown(5))


def test_a_base_is_neither_copied_nor_written_to():
    index = ExactIndex("model", 8)
    index.add(np.arange(1000), unit_vectors(1000, 8), Columns.unknown(1000))
    contents = index.contents()
    ids, vectors = contents.ids.copy(), np.concatenate(list(contents.blocks(300)))
    before = vectors.copy()
    base = BaseSegment(ids, vectors, contents.columns)
    index = ExactIndex("model", 8, base)
    index.add(np.arange(500, 1500), unit_vectors(1000, 8, seed=1), Columns.unknown(1000))
    index.remove(range(100))
    index.relabel(np.arange(2000), Columns.unknown(2000))
    index.search(unit_vectors(2, 8), 5)
    assert np.shares_memory(base.vectors, vectors)
    assert np.shares_memory(base.ids, ids)
    assert np.array_equal(vectors, before)
    assert np.array_equal(ids, np.arange(1000))
    assert np.array_equal(index.vectors(np.arange(500, 1500)), unit_vectors(1000, 8, seed=1).astype(np.float16))


def test_a_base_that_does_not_fit_is_refused():
    columns = ExactIndex("model", 8).contents().columns
    with pytest.raises(ReidError, match="differ"):
        BaseSegment(np.arange(2), np.zeros((2, 8), np.float16), columns)
    index = ExactIndex("model", 8)
    index.add(np.array([3, 5]), unit_vectors(2, 8), Columns.unknown(2))
    two = index.contents().columns
    for ids in ([5, 3], [3, 3]):
        with pytest.raises(ReidError, match="rising order"):
            BaseSegment(np.array(ids), np.zeros((2, 8), np.float16), two)
    with pytest.raises(ReidError, match="8.*4"):
        ExactIndex("model", 4, BaseSegment(np.array([3, 5]), np.zeros((2, 8), np.float16), two))


def test_contents_do_not_change_with_the_index():
    index = ExactIndex("model", 8)
    first = unit_vectors(20, 8).astype(np.float16)
    named = np.array(["a", "b"] * 10, dtype=object)
    index.add(np.arange(20)[::-1], first, Columns(named, named, named, np.arange(20.0)))
    contents = index.contents()
    index.relabel(np.arange(20), Columns.unknown(20))
    index.add(np.arange(5), unit_vectors(5, 8, seed=1), Columns.unknown(5))
    index.remove(range(4, 20))  # more than half: compacted
    index.add(np.arange(40, 80), unit_vectors(40, 8, seed=2), Columns.unknown(40))
    assert contents.ids.tolist() == list(range(20))
    assert np.array_equal(np.concatenate(list(contents.blocks(3))), first[::-1])
    assert contents.columns.arrays["time"].tolist() == list(range(19, -1, -1))
    names = contents.columns.names["camera"]
    assert [names[code] for code in contents.columns.arrays["camera"]] == ["b", "a"] * 10


def test_contents_name_only_the_labels_still_used():
    index = ExactIndex("model", 8)
    labels = np.array(["gone", "kept", "replaced", None], dtype=object)
    index.add(np.arange(4), unit_vectors(4, 8), Columns(labels, labels, labels, np.zeros(4)))
    index.remove([0])
    fixed = np.array(["new"], dtype=object)
    index.relabel(np.array([2]), Columns(fixed, fixed, fixed, np.zeros(1)))
    columns = index.contents().columns
    assert columns.names["identity"] == ["kept", "new"]
    assert columns.arrays["identity"].tolist() == [0, 1, -1]


def test_removing_most_of_what_was_added_frees_its_rows():
    index = ExactIndex("model", 8)
    index.add(np.arange(100), unit_vectors(100, 8), Columns.unknown(100))
    index.remove(range(51))
    assert (index.stats().rows, index.stats().dead, index.stats().grown) == (49, 0, 49)
    assert np.array_equal(
        index.vectors(np.arange(51, 100)), unit_vectors(100, 8)[51:].astype(np.float16).astype(np.float32)
    )


def test_rows_divided_among_threads_give_the_same_list_as_a_plain_product():
    rows = 210_000
    values = np.random.default_rng(0).integers(-2, 3, (rows, 4)) / 2  # few distinct vectors: ties everywhere
    vectors = values.astype(np.float32)
    ids = np.random.default_rng(1).permutation(rows)
    camera = np.where(np.arange(rows) % 7 < 6, "in", "out")
    added = ExactIndex("model", 4)
    added.add(ids, vectors, Columns(camera, camera, camera, np.zeros(rows)))
    threads = faiss.omp_get_max_threads()
    query = np.array([[0.5, -0.25, 1.0, 0.0]], dtype=np.float32)
    expected = sorted(zip((-(vectors @ query[0])).tolist(), ids.tolist(), strict=True))
    inside = set(ids[camera == "in"].tolist())
    for index in (added, rebased(added)):
        for count in (1, 2, 3):
            faiss.omp_set_num_threads(count)
            try:
                results = index.search(query, 500)
                kept = index.search(query, 500, Filter(cameras=frozenset({"in"})))
            finally:
                faiss.omp_set_num_threads(threads)
            assert found(results, 0) == [(crop, -negative) for negative, crop in expected[:500]]
            left = [(crop, -negative) for negative, crop in expected if crop in inside]
            assert found(kept, 0) == left[:500]


def test_threads_that_search_while_others_change_see_no_row_that_was_gone_before():
    index = ExactIndex("model", 16)
    index.add(np.arange(3000), unit_vectors(3000, 16), Columns.unknown(3000))
    index = rebased(index)
    gone = set(range(0, 3000, 3))
    index.remove(gone)

    def search(_: int) -> bool:
        results = index.search(unit_vectors(1, 16), 2500)
        listed = results.ids[results.ids >= 0]
        return len(set(listed.tolist())) == len(listed) and not gone & set(listed.tolist())

    def change(number: int) -> bool:
        first = 3000 + 50 * number
        index.add(np.arange(first, first + 50), unit_vectors(50, 16, seed=number), Columns.unknown(50))
        index.relabel(np.arange(first), Columns.unknown(first))
        return index.remove(range(first, first + 30)) == 30

    with ThreadPoolExecutor(4) as pool:
        outcomes = [pool.submit(action, number) for number in range(40) for action in (search, change)]
        assert all(outcome.result() for outcome in outcomes)
    assert len(index) == 2000 + 40 * 20
