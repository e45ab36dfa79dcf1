"""Ranks and metrics against a plain-Python reference that sorts whole lists."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.errors import ReidError
from reid_core.evaluation.metrics import average_precision, cumulative_matches, retrieval_metrics
from reid_core.evaluation.ranking.ranking import Labels, encode_labels, match_ranks, match_ranks_from_distances

Crop = tuple[tuple[float, ...], str, str | None]  # vector, identity, camera


def reference_hits(query: Crop, gallery: list[Crop]) -> list[bool]:
    """The query's ranked list, True for a true match; somebody else of equal similarity goes first."""
    listed = []
    for vector, identity, camera in gallery:
        if identity == "junk":
            continue
        same_person = identity == query[1] and identity != "distractor"
        if same_person and camera is not None and camera == query[2]:
            continue
        similarity = sum(a * b for a, b in zip(query[0], vector, strict=True))
        listed.append((-similarity, same_person))
    return [same_person for _, same_person in sorted(listed)]


def reference_metrics(queries: list[Crop], gallery: list[Crop]) -> dict[str, float] | None:
    precisions, firsts, inverse_penalties, r_precisions = [], [], [], []
    for query in queries:
        hits = reference_hits(query, gallery)
        if True not in hits:
            continue
        seen, steps, last = 0, 0.0, 0
        for rank, hit in enumerate(hits, start=1):
            if hit:
                seen += 1
                steps += seen / rank
                last = rank
        precisions.append(steps / seen)
        firsts.append(hits.index(True) + 1)
        inverse_penalties.append(seen / last)
        r_precisions.append(sum(hits[:seen]) / seen)
    if not precisions:
        return None
    counted = len(precisions)
    return {
        "mAP": sum(precisions) / counted,
        "mINP": sum(inverse_penalties) / counted,
        "r_precision": sum(r_precisions) / counted,
        **{f"rank{k}": sum(first <= k for first in firsts) / counted for k in (1, 5, 10, 20)},
        "queries": counted,
        "gallery": sum(identity != "junk" for _, identity, _ in gallery),
        "queries_without_match": len(queries) - counted,
    }


def arrays(queries: list[Crop], gallery: list[Crop]) -> tuple[np.ndarray, np.ndarray, Labels, Labels]:
    query_labels, gallery_labels = encode_labels(
        [crop[1] for crop in queries],
        [crop[2] for crop in queries],
        [crop[1] for crop in gallery],
        [crop[2] for crop in gallery],
    )
    features = [np.array([crop[0] for crop in part], dtype=np.float32).reshape(-1, 2) for part in (queries, gallery)]
    return features[0], features[1], query_labels, gallery_labels


quarters = st.sampled_from([-1.0, -0.25, 0.0, 0.25, 0.5, 1.0])  # exact in float32, so ties are exact
crops = st.tuples(
    st.tuples(quarters, quarters),
    st.sampled_from(["ann", "bob", "eve", "distractor", "junk"]),
    st.sampled_from(["a", "b", None]),
)
query_lists = st.lists(crops, min_size=1, max_size=6)
galleries = st.lists(crops, max_size=30)


@settings(max_examples=200, deadline=None)
@given(queries=query_lists, gallery=galleries)
def test_metrics_equal_a_reference_that_sorts(queries, gallery):
    query_features, gallery_features, query_labels, gallery_labels = arrays(queries, gallery)
    ranks = match_ranks(query_features, gallery_features, query_labels, gallery_labels)
    for place, query in enumerate(queries):
        hits = reference_hits(query, gallery)
        assert ranks.of_query(place).tolist() == [rank for rank, hit in enumerate(hits, start=1) if hit]
        assert ranks.valid_gallery[place] == len(hits)
    expected = reference_metrics(queries, gallery)
    if expected is None:
        with pytest.raises(ReidError, match="same camera does not count"):
            retrieval_metrics(ranks)
    else:
        assert retrieval_metrics(ranks).to_dict() == pytest.approx(expected, abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(queries=query_lists, gallery=galleries, block=st.integers(1, 7), data=st.data())
def test_ranks_depend_on_neither_gallery_order_nor_block_size(queries, gallery, block, data):
    query_features, gallery_features, query_labels, gallery_labels = arrays(queries, gallery)
    expected = match_ranks(query_features, gallery_features, query_labels, gallery_labels)
    order = np.array(data.draw(st.permutations(range(len(gallery)))), dtype=np.int64)
    shuffled = Labels(gallery_labels.identity[order], gallery_labels.camera[order])
    ranks = match_ranks(query_features, gallery_features[order], query_labels, shuffled, block=block)
    distances = -(query_features @ gallery_features[order].T)
    before = distances.copy()
    from_distances = match_ranks_from_distances(distances, query_labels, shuffled, block=block)
    for other in (ranks, from_distances):
        assert other.ranks.tolist() == expected.ranks.tolist()
        assert other.offsets.tolist() == expected.offsets.tolist()
        assert other.valid_gallery.tolist() == expected.valid_gallery.tolist()
        assert other.gallery == expected.gallery
    assert np.array_equal(distances, before)


def on_a_line(positions: list[tuple[float, str, str | None]]) -> list[Crop]:
    return [((similarity, 0.0), identity, camera) for similarity, identity, camera in positions]


QUERY: list[Crop] = [((1.0, 0.0), "ann", "a")]


def test_a_hand_worked_list():
    # Ranked: bob, ANN, 0, ANN, bob: AP = (1/2 + 2/4) / 2, INP = 2/4. ann in camera a and the junk crop are left out.
    gallery = on_a_line(
        [
            (0.9, "ann", "a"),
            (0.8, "junk", "b"),
            (0.7, "bob", "b"),
            (0.6, "ann", "b"),
            (0.5, "distractor", "b"),
            (0.4, "ann", None),
            (0.3, "bob", "a"),
        ]
    )
    ranks = match_ranks(*arrays(QUERY, gallery))
    assert ranks.of_query(0).tolist() == [2, 4]
    assert ranks.valid_gallery.tolist() == [5]
    metrics = retrieval_metrics(ranks)
    assert (metrics.mAP, metrics.mINP, metrics.rank1, metrics.rank5) == (0.5, 0.5, 0.0, 1.0)
    assert (metrics.queries, metrics.gallery, metrics.queries_without_match) == (1, 6, 0)


def test_same_camera_hits_are_junk():
    gallery = on_a_line([(0.9, "ann", "a"), (0.5, "ann", "b"), (0.7, "bob", "a")])
    assert match_ranks(*arrays(QUERY, gallery)).of_query(0).tolist() == [2]


def test_an_unknown_camera_on_either_side_is_not_junk():
    gallery = on_a_line([(0.9, "ann", None), (0.5, "ann", "a")])
    assert match_ranks(*arrays(QUERY, gallery)).of_query(0).tolist() == [1]
    unknown: list[Crop] = [((1.0, 0.0), "ann", None)]
    assert match_ranks(*arrays(unknown, gallery)).of_query(0).tolist() == [1, 2]


def test_a_distractor_matches_nobody_not_even_a_distractor():
    query: list[Crop] = [((1.0, 0.0), "distractor", "a")]
    ranks = match_ranks(*arrays(query, on_a_line([(0.9, "distractor", "b"), (0.5, "ann", "b")])))
    assert ranks.of_query(0).tolist() == []
    assert ranks.valid_gallery.tolist() == [2]


def test_a_crop_of_unknown_identity_is_dropped_like_junk():
    query, gallery = encode_labels(["ann"], ["a"], [None, "ann", "bob"], ["b", "b", "b"])
    ranks = match_ranks_from_distances(np.array([[0.1, 0.2, 0.3]], dtype=np.float32), query, gallery)
    assert ranks.of_query(0).tolist() == [1]
    assert ranks.gallery == 2


def test_a_query_without_a_match_is_counted_beside_the_means():
    queries: list[Crop] = [*QUERY, ((1.0, 0.0), "bob", "a")]
    ranks = match_ranks(*arrays(queries, on_a_line([(0.9, "eve", "b"), (0.5, "ann", "b")])))
    metrics = retrieval_metrics(ranks)
    assert (metrics.mAP, metrics.queries, metrics.queries_without_match) == (0.5, 1, 1)
    precisions = average_precision(ranks)
    assert precisions[0] == 0.5
    assert math.isnan(precisions[1])


def test_rank_k_holds_where_the_gallery_is_shorter_than_k():
    metrics = retrieval_metrics(match_ranks(*arrays(QUERY, on_a_line([(0.9, "bob", "b"), (0.5, "ann", "b")]))))
    assert (metrics.rank1, metrics.rank5, metrics.rank10, metrics.rank20) == (0.0, 1.0, 1.0, 1.0)


def test_the_curve_rises_where_first_matches_are_found():
    queries: list[Crop] = [*QUERY, ((-1.0, 0.0), "ann", "a")]
    ranks = match_ranks(*arrays(queries, on_a_line([(0.9, "ann", "b"), (0.5, "bob", "b"), (0.3, "eve", "b")])))
    assert cumulative_matches(ranks, 4).tolist() == [0.5, 0.5, 1.0, 1.0]
    assert cumulative_matches(ranks, 2).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("dimension", [2, 37, 512])
@pytest.mark.parametrize("queries", [1, 3, 257])
def test_a_constant_embedder_earns_nothing(dimension, queries):
    vector = np.random.default_rng(dimension).standard_normal(dimension)
    constant = (vector / np.linalg.norm(vector)).astype(np.float32)
    gallery = 1003
    identity = np.arange(gallery) % 10 + 1
    ranks = match_ranks(
        np.tile(constant, (queries, 1)),
        np.tile(constant, (gallery, 1)),
        Labels(np.arange(queries) % 10 + 1, np.zeros(queries, dtype=int)),
        Labels(identity, np.ones(gallery, dtype=int)),
    )
    for query in range(queries):
        matches = int((identity == query % 10 + 1).sum())
        assert ranks.of_query(query).tolist() == list(range(gallery - matches + 1, gallery + 1))


def test_what_cannot_be_compared_is_refused():
    labels = Labels(np.array([1]), np.array([0]))
    good, long, bad = (np.array([row], dtype=np.float32) for row in ([1, 0], [1, 0, 0], [np.nan, 0]))
    with pytest.raises(ReidError, match="2 numbers and gallery features 3"):
        match_ranks(good, long, labels, labels)
    with pytest.raises(ReidError, match="Row 0 of the gallery"):
        match_ranks(good, bad, labels, labels)
    with pytest.raises(ReidError, match="2 gallery crops"):
        match_ranks(good, np.repeat(good, 2, axis=0), labels, labels)
    with pytest.raises(ReidError, match="Row 0 of the distance matrix"):
        match_ranks_from_distances(bad[:, :1], labels, labels)
    with pytest.raises(ReidError, match="integer identity codes"):
        Labels(np.array(["ann"]), np.array([0]))
    with pytest.raises(ReidError, match="1 identities but 2 cameras"):
        Labels(np.array([1]), np.array([0, 1]))
