"""Query expansion and database-side augmentation against their definitions, one vector at a time."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.expansion import augment_gallery, expand_queries


def unit(rows: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, 12)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_hand(vector: np.ndarray, others: np.ndarray, k: int, alpha: float) -> np.ndarray:
    similarities = others.astype(np.float64) @ vector
    total = vector.astype(np.float64)
    for place in np.argsort(-similarities)[:k]:
        weight = 1.0 if alpha == 0 else max(similarities[place], 0.0) ** alpha
        total = total + weight * others[place]
    return total / np.linalg.norm(total)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("k", [1, 5, 40, 99])
def test_a_query_is_mixed_with_its_nearest(k: int, alpha: float) -> None:
    queries, gallery = unit(300, 0), unit(40, 1)
    expected = np.stack([by_hand(query, gallery, k, alpha) for query in queries])
    np.testing.assert_allclose(expand_queries(queries, gallery, k, alpha=alpha), expected, atol=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 2.0])
def test_a_gallery_crop_is_mixed_with_its_nearest_others(alpha: float) -> None:
    gallery = unit(50, 2)
    expected = np.stack([by_hand(gallery[row], np.delete(gallery, row, axis=0), 4, alpha) for row in range(50)])
    before = gallery.copy()
    np.testing.assert_allclose(augment_gallery(gallery, 4, alpha=alpha), expected, atol=1e-5)
    assert np.array_equal(gallery, before)


def test_one_crop_alone_stays_as_it_is() -> None:
    gallery = unit(1, 3)
    assert np.array_equal(augment_gallery(gallery, 5), gallery)
    assert np.array_equal(expand_queries(gallery, gallery[:0], 5), gallery)


def test_what_cannot_be_mixed_is_refused() -> None:
    with pytest.raises(ReidError, match="at least 1 neighbour"):
        expand_queries(unit(2, 0), unit(3, 1), 0)
    with pytest.raises(ReidError, match="one model"):
        expand_queries(unit(2, 0), unit(3, 1)[:, :5], 2)
