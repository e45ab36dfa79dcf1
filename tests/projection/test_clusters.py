"""Clusters of people who are apart, beside scikit-learn's HDBSCAN on all distances."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_rand_score

from reid_core.projection.clusters import NOISE, agreement, find_clusters
from reid_core.projection.neighbours import find_neighbours
from tests.projection.test_neighbours import unit


def people(count: int, crops: int, spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    noise = np.random.default_rng(seed).normal(scale=spread, size=(count * crops, 32)).astype(np.float32)
    vectors = np.repeat(unit(count, 32, seed), crops, axis=0) + noise
    labels = np.array([f"p{row // crops}" for row in range(count * crops)], object)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels


def test_people_who_are_far_apart_are_the_clusters() -> None:
    vectors, labels = people(8, 12, 0.05)
    found = find_clusters(find_neighbours(vectors, 11))  # no neighbourhood reaches from one person to another
    agreed = agreement(found, labels)
    assert agreed is not None
    assert agreed.adjusted_rand == pytest.approx(1)
    assert agreed.crops == 96


@pytest.mark.parametrize("spread", [0.1, 0.15, 0.2])
def test_clusters_are_about_those_of_all_distances(spread: float) -> None:
    vectors, _ = people(10, 25, spread, 3)
    distances = np.maximum(1 - vectors.astype(np.float64) @ vectors.T, 0)
    np.fill_diagonal(distances, 0)
    # scikit-learn counts a crop among its own neighbours where it is given all distances.
    whole = HDBSCAN(min_cluster_size=4, min_samples=5, metric="precomputed", copy=True).fit(distances).labels_
    found = find_clusters(find_neighbours(vectors, 60))
    assert adjusted_rand_score(whole, found) > 0.95


def test_clusters_are_numbered_by_size_and_noise_is_no_cluster() -> None:
    vectors, _ = people(3, 30, 0.02)
    vectors = np.concatenate([vectors[:5], vectors[30:50], vectors[60:], unit(6, 32, 9)])
    found = find_clusters(find_neighbours(vectors, 20))
    sizes = np.bincount(found[found != NOISE])
    assert (np.diff(sizes) <= 0).all()
    assert sizes[0] == 30
    assert set(found[:5]) == {2}


def test_a_handful_has_no_clusters() -> None:
    assert set(find_clusters(find_neighbours(unit(4, 8, 0), 3))) == {NOISE}


def test_agreement_needs_labels() -> None:
    assert agreement(np.array([0, 0, 1], np.int32), np.array([None, None, "a"], object)) is None
