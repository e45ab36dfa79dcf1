"""What the columns of crops hold when little is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.filters import Columns, Filter
from reid_core.retrieval.index import ExactIndex

LABELS = np.array(["a", "b", "c"], dtype=object)


def found(columns: Columns, where: Filter) -> list[int]:
    index = ExactIndex("model", 2)
    index.add(np.arange(len(columns)), np.tile(np.array([1, 0], np.float32), (len(columns), 1)), columns)
    ids = index.search(np.array([[1, 0]], dtype=np.float32), 10, where).ids[0]
    return ids[ids >= 0].tolist()


def test_height_and_sharpness_are_unknown_unless_given():
    columns = Columns(LABELS, LABELS, LABELS, np.zeros(3))
    assert columns.height.tolist() == [0, 0, 0]
    assert np.isnan(columns.sharpness).tolist() == [True, True, True]
    unknown = Columns.unknown(2)
    assert unknown.height.tolist() == [0, 0]
    assert np.isnan(unknown.sharpness).all()
    assert len(Columns.unknown(0).height) == 0


def test_a_crop_of_unknown_quality_fails_every_bound_on_it():
    columns = Columns(LABELS, LABELS, LABELS, np.zeros(3), np.array([0, 64, 128]), np.array([np.nan, 0.25, 0.5]))
    assert found(columns, Filter()) == [0, 1, 2]
    assert found(columns, Filter(min_height=0)) == [1, 2]
    assert found(columns, Filter(min_height=64)) == [1, 2]
    assert found(columns, Filter(min_height=65)) == [2]
    assert found(columns, Filter(min_sharpness=-1.0)) == [1, 2]
    assert found(columns, Filter(min_sharpness=0.25)) == [1, 2]
    assert found(columns, Filter(min_sharpness=0.3)) == [2]


def test_taking_rows_takes_every_column():
    columns = Columns(LABELS, LABELS, LABELS, np.arange(3.0), np.array([1, 2, 3]), np.array([0.1, 0.2, 0.3]))
    taken = columns.take(np.array([2, 0]))
    assert taken.camera.tolist() == taken.identity.tolist() == taken.split.tolist() == ["c", "a"]
    assert taken.time.tolist() == [2, 0]
    assert taken.height.tolist() == [3, 1]
    assert taken.sharpness.tolist() == np.array([0.3, 0.1], np.float32).tolist()


def test_quality_of_another_length_is_refused():
    with pytest.raises(ReidError, match="differ in length"):
        Columns(LABELS, LABELS, LABELS, np.zeros(3), height=np.array([1, 2]))
