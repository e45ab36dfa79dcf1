"""Ranked results: what they accept and how they are read."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.results import Hit, RankedResults

IDS = np.array([[7, 3, 9], [5, -1, -1]], dtype=np.int64)
SIMILARITIES = np.array([[0.75, 0.5, 0.25], [0.5, np.nan, np.nan]], dtype=np.float32)


def test_a_row_lists_its_hits_from_rank_one_without_empty_places():
    results = RankedResults("model", IDS, SIMILARITIES)
    assert len(results) == 2
    assert results.row(0) == [Hit(1, 7, 0.75), Hit(2, 3, 0.5), Hit(3, 9, 0.25)]
    assert results.row(1) == [Hit(1, 5, 0.5)]


def test_top_keeps_the_first_places():
    results = RankedResults("model", IDS, SIMILARITIES)
    assert results.top(2).ids.tolist() == [[7, 3], [5, -1]]
    assert results.top(9).ids.tolist() == IDS.tolist()
    with pytest.raises(ReidError, match="at least 1"):
        results.top(0)


def test_results_cannot_be_written_to():
    results = RankedResults("model", IDS, SIMILARITIES)
    with pytest.raises(ValueError, match="read-only"):
        results.ids[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        results.similarities[0, 0] = 1


@pytest.mark.parametrize(
    ("ids", "similarities", "message"),
    [
        (IDS.astype(np.int32), SIMILARITIES, "int64"),
        (IDS, SIMILARITIES.astype(np.float64), "float32"),
        (IDS, SIMILARITIES[:, :2], "one shape"),
        (IDS[0], SIMILARITIES[0], "one shape"),
        (IDS[:, ::-1].copy(), SIMILARITIES[:, ::-1].copy(), "at the end"),
        (np.abs(IDS), SIMILARITIES, "NaN"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(ids, similarities, message):
    with pytest.raises(ReidError, match=message):
        RankedResults("model", ids, similarities)
