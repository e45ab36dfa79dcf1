"""Neighbours against a plain sort of all similarities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from reid_core.errors import ReidError
from reid_core.projection import neighbours
from reid_core.projection.neighbours import Stopped, find_neighbours
from reid_core.signals import StopRequest


def unit(count: int, size: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@given(count=some.integers(2, 40), k=some.integers(1, 10), seed=some.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_neighbours_are_those_of_a_sort(count: int, k: int, seed: int) -> None:
    vectors = unit(count, 6, seed)
    found = find_neighbours(vectors, k)
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -np.inf)
    k = min(k, count - 1)
    best = np.argsort(-similarities, axis=1)[:, :k]
    assert found.rows.tolist() == best.tolist()
    np.testing.assert_allclose(found.similarities, np.take_along_axis(similarities, best, 1), atol=1e-5)
    assert found.recall == 1


@given(count=some.integers(2, 60), k=some.integers(1, 12), copies=some.booleans(), seed=some.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_blocks_find_what_one_sort_finds(count: int, k: int, copies: bool, seed: int) -> None:
    vectors = unit(count, 6, seed)
    if copies:
        vectors[count // 2 :] = vectors[: count - count // 2]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(neighbours, "_BLOCK", 7)
        found = find_neighbours(vectors, k)
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -np.inf)
    k = min(k, count - 1)
    best = -np.sort(-similarities, axis=1)[:, :k]
    np.testing.assert_allclose(found.similarities, best, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(similarities, found.rows, 1), best, atol=1e-5)
    assert all(len(set(row)) == k for row in found.rows.tolist())


def test_a_crop_is_not_its_own_neighbour_among_copies() -> None:
    vectors = np.repeat(unit(2, 8, 0), 6, axis=0)
    found = find_neighbours(vectors, 5)
    assert not (found.rows == np.arange(12)[:, None]).any()
    assert (found.rows < 12).all()
    np.testing.assert_allclose(found.similarities, 1, atol=1e-5)


def test_of_many_an_inverted_file_finds_most_and_says_how_many() -> None:
    middles = unit(40, 16, 1)
    noise = np.random.default_rng(2).normal(scale=0.1, size=(3_000, 16)).astype(np.float32)
    vectors = np.repeat(middles, 75, axis=0) + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    exact, approximate = find_neighbours(vectors, 15), find_neighbours(vectors, 15, exact_up_to=100)
    hits = [len(np.intersect1d(a, b)) for a, b in zip(exact.rows, approximate.rows, strict=True)]
    assert approximate.recall == pytest.approx(np.mean(hits) / 15, abs=0.05)
    assert approximate.recall > 0.8


def test_a_request_to_stop_is_heard() -> None:
    stop = StopRequest()
    stop.requested = True
    with pytest.raises(Stopped):
        find_neighbours(unit(10, 4, 0), 3, stop=stop)


def test_one_vector_has_no_neighbour() -> None:
    with pytest.raises(ReidError, match="needs a second"):
        find_neighbours(unit(1, 4, 0), 3)
