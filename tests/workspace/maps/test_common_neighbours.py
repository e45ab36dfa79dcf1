from __future__ import annotations

import numpy as np
import pytest

from reid_core.workspace.maps import common_neighbours
from reid_core.workspace.maps.common_neighbours import on_one_only, shared_neighbours
from tests.workspace.maps.test_colours import a_map


def test_neighbours_in_common_are_counted_by_hand() -> None:
    one = a_map([10, 11, 12, 13], neighbours=[[1, 2], [0, 2], [0, 1], [0, 1]])
    other = a_map([10, 11, 12, 14], neighbours=[[1, 3], [2, 3], [0, 1], [0, 1]])
    # 10: {11, 12} and {11, 14}, one of two. 11: {10, 12} and {12, 14}, one. 12: {10, 11} twice, two.
    crops, share = shared_neighbours(one, other)
    assert crops == 3
    assert share == pytest.approx(4 / 6)
    assert shared_neighbours(one, other, np.array([12, 13])) == (1, 1.0)
    assert shared_neighbours(one, other, np.array([13])) == (0, 0.0)
    assert on_one_only(one, other) == 2  # 13 and 14


def test_of_many_crops_a_sample_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_neighbours, "MOST", 2)
    one = a_map([10, 11, 12, 13], neighbours=[[1, 2], [0, 2], [0, 1], [0, 1]])
    assert shared_neighbours(one, one) == (2, 1.0)
