"""Sparse k-reciprocal re-ranking against the paper's definition written out with dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.exact.index import ExactIndex
from reid_core.retrieval.filters import Columns
from reid_core.retrieval.rerank import KReciprocal, k_reciprocal_distances, rerank
from reid_core.retrieval.results import RankedResults


def dense_distances(queries: np.ndarray, gallery: np.ndarray, k1: int, k2: int, lambda_value: float) -> np.ndarray:
    """Zhong et al. step by step, in float64, with sets and (Q + N)² matrices."""
    crops = np.concatenate([queries, gallery]).astype(np.float64)
    total = len(crops)
    distance = ((crops[:, None] - crops[None]) ** 2).sum(axis=2)
    distance = distance / distance.max(axis=1, keepdims=True)
    order = np.argsort(distance, axis=1, kind="stable")

    def reciprocal(crop: int, k: int) -> set[int]:
        return {other for other in order[crop, : k + 1].tolist() if crop in order[other, : k + 1]}

    encoded = np.zeros((total, total))
    for crop in range(total):
        own = reciprocal(crop, k1)
        expanded = set(own)
        for candidate in own:
            others = reciprocal(candidate, int(np.around(k1 / 2)))
            if len(others & own) > 2 / 3 * len(others):
                expanded |= others
        members = sorted(expanded)
        weights = np.exp(-distance[crop, members])
        encoded[crop, members] = weights / weights.sum()
    encoded = np.stack([encoded[order[crop, :k2]].mean(axis=0) for crop in range(total)])
    final = np.empty((len(queries), len(gallery)))
    for query in range(len(queries)):
        for place in range(len(gallery)):
            other = len(queries) + place
            minima = np.minimum(encoded[query], encoded[other]).sum()
            maxima = np.maximum(encoded[query], encoded[other]).sum()
            final[query, place] = (1 - lambda_value) * (1 - minima / maxima) + lambda_value * distance[query, other]
    return final


def clustered(people: int, crops: int, dimension: int = 24, noise: float = 0.7, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((people, dimension))
    vectors = np.repeat(centres, crops, axis=0) + noise * generator.standard_normal((people * crops, dimension))
    shuffled = generator.permutation(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    return shuffled.astype(np.float32)


@pytest.mark.parametrize(
    ("people", "crops", "queries", "k1", "k2", "lambda_value"),
    [
        (12, 12, 20, 20, 6, 0.3),  # the paper's parameters
        (12, 12, 20, 20, 1, 0.3),  # no averaging over neighbours
        (30, 4, 33, 5, 3, 0.0),  # k1 / 2 is rounded to even; Jaccard only
        (30, 4, 33, 7, 2, 1.0),  # original distance only
        (3, 4, 5, 20, 6, 0.3),  # k1 exceeds the number of crops
        (3, 4, 5, 40, 30, 0.3),  # both exceed it
        (1, 2, 1, 20, 6, 0.3),  # one query, one candidate
        (1, 3, 2, 1, 1, 0.3),
        (40, 10, 300, 10, 4, 0.3),  # more queries than one block, and enough for the sampled bound
    ],
)
def test_distances_equal_the_papers_dense_definition(people, crops, queries, k1, k2, lambda_value):
    for seed in range(3):
        vectors = clustered(people, crops, seed=seed)
        distances = k_reciprocal_distances(
            vectors[:queries], vectors[queries:], k1=k1, k2=k2, lambda_value=lambda_value
        )
        expected = dense_distances(vectors[:queries], vectors[queries:], k1, k2, lambda_value)
        assert distances.dtype == np.float32
        np.testing.assert_allclose(distances, expected, rtol=0, atol=1e-5)


def test_distances_are_the_same_some_queries_at_a_time():
    vectors = clustered(40, 10)
    whole = k_reciprocal_distances(vectors[:300], vectors[300:])
    ranking = KReciprocal(vectors[:300], vectors[300:])
    parts = np.concatenate([ranking.distances(first, min(first + 70, 300)) for first in range(0, 300, 70)])
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-6)
    assert ranking.distances(5, 5).shape == (0, 100)


def test_vectors_need_not_be_of_unit_length():
    vectors = 3 * clustered(10, 8) + 1
    distances = k_reciprocal_distances(vectors[:10], vectors[10:])
    np.testing.assert_allclose(distances, dense_distances(vectors[:10], vectors[10:], 20, 6, 0.3), rtol=0, atol=1e-5)


def test_identical_crops_are_all_at_distance_zero():
    vectors = np.tile(np.array([[0.5, 0.5, 0.5, 0.5]], dtype=np.float32), (6, 1))
    np.testing.assert_allclose(k_reciprocal_distances(vectors[:1], vectors[1:]), 0, atol=1e-6)


def test_nothing_to_compare_gives_empty_distances():
    vectors = clustered(2, 3)
    assert k_reciprocal_distances(vectors, vectors[:0]).shape == (6, 0)
    assert k_reciprocal_distances(vectors[:0], vectors).shape == (0, 6)


def listed(ids: np.ndarray, queries: np.ndarray, vectors: np.ndarray) -> RankedResults:
    similarities = np.einsum("qd,qkd->qk", queries, vectors[ids]).astype(np.float32)
    order = np.argsort(-similarities, axis=1)
    return RankedResults(
        "model", np.take_along_axis(ids, order, axis=1), np.take_along_axis(similarities, order, axis=1)
    )


def test_each_list_is_reordered_by_the_distances_among_its_own_candidates():
    vectors = clustered(8, 10, noise=1.0)
    queries = clustered(8, 10, noise=1.0, seed=1)[:6]
    results = listed(
        np.random.default_rng(2).permuted(np.tile(np.arange(80), (6, 1)), axis=1)[:, :30], queries, vectors
    )
    changed = 0
    for given in (vectors[results.ids], lambda ids: vectors[ids]):
        reranked = rerank(results, queries, given, k1=6, k2=3)
        for query in range(6):
            ids = results.ids[query]
            distances = dense_distances(queries[query : query + 1], vectors[ids], 6, 3, 0.3)[0]
            assert reranked.ids[query].tolist() == ids[np.argsort(distances)].tolist()
            before = {hit.id: hit.similarity for hit in results.row(query)}
            assert before == {hit.id: hit.similarity for hit in reranked.row(query)}
            changed += reranked.ids[query].tolist() != ids.tolist()
    assert changed > 0


def test_empty_places_stay_at_the_end():
    vectors = clustered(4, 5)
    index = ExactIndex("model", 24)
    index.add(np.arange(100, 120), vectors, Columns.unknown(20))
    results = index.search(vectors[:2], 25)
    reranked = rerank(results, vectors[:2], index.vectors)
    assert reranked.model == "model"
    assert reranked.ids[:, 20:].tolist() == [[-1] * 5] * 2
    assert np.isnan(reranked.similarities[:, 20:]).all()
    assert sorted(reranked.ids[0, :20].tolist()) == list(range(100, 120))
    nothing = ExactIndex("model", 24).search(vectors[:2], 3)
    assert rerank(nothing, vectors[:2], index.vectors).ids.tolist() == [[-1] * 3] * 2


def test_what_cannot_be_reranked_is_refused():
    vectors = clustered(2, 3)
    with pytest.raises(ReidError, match="k1 and k2"):
        k_reciprocal_distances(vectors, vectors, k1=0)
    with pytest.raises(ReidError, match="lambda"):
        k_reciprocal_distances(vectors, vectors, lambda_value=1.5)
    with pytest.raises(ReidError, match="cannot be compared"):
        k_reciprocal_distances(vectors, vectors[:, :5])
    bad = vectors.copy()
    bad[4, 0] = np.nan
    with pytest.raises(ReidError, match="Row 4 of the gallery"):
        k_reciprocal_distances(vectors, bad)
    results = listed(np.arange(6).reshape(2, 3), vectors[:2], vectors)
    with pytest.raises(ReidError, match="2 result lists but vectors of 3"):
        rerank(results, vectors[:3], vectors[results.ids])
    with pytest.raises(ReidError, match="do not fit"):
        rerank(results, vectors[:2], vectors[results.ids][:, :2])
