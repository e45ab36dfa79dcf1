"""Several examples as one query, after Rocchio; expected values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.feedback import Weights, query_vector, similarities_to_examples
from reid_core.retrieval.results import NO_HIT, RankedResults

NONE = np.empty((0, 2), np.float32)
EAST, NORTH, SOUTH = (np.array([v], np.float32) for v in ([1, 0], [0, 1], [0, -1]))


def test_one_photo_alone_is_the_query() -> None:
    assert query_vector(EAST, NONE, NONE).tolist() == [[1, 0]]


def test_several_photos_weigh_as_much_as_one() -> None:
    both = query_vector(np.concatenate([EAST, NORTH]), NONE, NONE)
    assert both == pytest.approx(np.array([[0.5**0.5, 0.5**0.5]]))
    moved = query_vector(np.concatenate([EAST] * 5), NORTH, NONE, Weights(confirmed=1, rejected=0))
    assert moved == pytest.approx(np.array([[0.5**0.5, 0.5**0.5]]))


def test_the_query_goes_towards_what_was_confirmed_and_away_from_what_was_rejected() -> None:
    """(1, 0) + 2 (0, 1) - 1 (0, -1) = (1, 3), of length sqrt 10."""
    moved = query_vector(EAST, NORTH, SOUTH, Weights(confirmed=2, rejected=1))
    assert moved == pytest.approx(np.array([[1, 3]]) / 10**0.5)


def test_a_query_without_a_positive_example_is_refused() -> None:
    with pytest.raises(ReidError, match="nothing to search for"):
        query_vector(NONE, NONE, EAST)
    assert query_vector(NONE, NORTH, NONE).tolist() == [[0, 1]]
    with pytest.raises(ReidError, match="the same as the examples"):
        query_vector(EAST, NONE, EAST, Weights(rejected=1))


def test_similarities_are_to_the_nearest_photo_and_the_order_stays() -> None:
    results = RankedResults("m", np.array([[7, 3, NO_HIT]]), np.array([[0.9, 0.8, np.nan]], np.float32))
    told = similarities_to_examples(
        results, np.concatenate([EAST, NORTH]), np.array([[0.6, 0.8], [1, 0]], np.float32)
    )  # fmt: skip
    assert told.ids.tolist() == [[7, 3, NO_HIT]]
    assert told.similarities[0, :2].tolist() == pytest.approx([0.8, 1.0])
    with pytest.raises(ReidError, match="2 hits"):
        similarities_to_examples(results, EAST, np.array([[1, 0]], np.float32))
