"""Trustworthiness against scikit-learn's, the share of neighbours kept against a plain count."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from reid_core.projection.faithfulness import measure
from reid_core.projection.layout import principal_components
from reid_core.projection.neighbours import find_neighbours
from tests.projection.test_neighbours import unit


@pytest.mark.parametrize("k", [3, 10])
def test_trustworthiness_is_scikit_learns(k: int) -> None:
    vectors = unit(150, 12, 3)
    points = principal_components(vectors, 2)
    found = measure(vectors, points, find_neighbours(vectors, 20).rows, k=k)
    assert found.trustworthiness == pytest.approx(trustworthiness(vectors, points, n_neighbors=k, metric="cosine"))
    assert (found.k, found.sample) == (k, 150)


def test_a_map_that_keeps_all_is_wholly_faithful() -> None:
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = measure(circle, circle * 3, find_neighbours(circle, 10).rows, k=4)
    assert found.trustworthiness == pytest.approx(1)
    assert found.kept == pytest.approx(1)


def test_a_map_by_chance_is_not() -> None:
    vectors = unit(400, 12, 3)
    points = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
    found = measure(vectors, points, find_neighbours(vectors, 15).rows)
    assert found.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert found.kept < 0.1


def test_a_sample_says_about_the_same_as_all() -> None:
    vectors = unit(600, 12, 3)
    points, rows = principal_components(vectors, 2), find_neighbours(vectors, 15).rows
    whole, part = measure(vectors, points, rows), measure(vectors, points, rows, sample=300)
    assert part.sample == 300
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.02)
    assert part.kept == pytest.approx(whole.kept, abs=0.03)
