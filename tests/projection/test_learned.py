"""What a model learnt, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.projection.learned import camera_grouping, similarities
from tests.projection.test_clusters import people
from tests.projection.test_neighbours import unit


def test_pairs_of_one_person_are_of_two_cameras() -> None:
    vectors = np.eye(4, dtype=np.float32)
    vectors[1] = vectors[0]  # the same person in the same camera, wholly alike
    labels, cameras = np.array(["a", "a", "a", "b"], object), np.array(["1", "1", "2", "2"], object)
    found = similarities(vectors, labels, cameras)
    assert found is not None
    assert found.same_mean == 0  # 0-2 and 1-2, not 0-1
    assert found.pairs[0] == 2
    assert found.across


def test_a_crop_that_names_no_camera_is_not_of_another_one() -> None:
    vectors = np.eye(4, dtype=np.float32)
    vectors[1] = vectors[0]
    labels, cameras = np.array(["a", "a", "a", "b"], object), np.array(["1", None, "2", "2"], object)
    found = similarities(vectors, labels, cameras)
    assert found is not None
    assert (found.across, found.pairs[0], found.same_mean) == (True, 1, 0)  # 0-2 alone
    found = similarities(vectors, labels, np.array(["1", None, "1", "2"], object))
    assert found is not None
    assert (found.across, found.pairs[0]) == (False, 3)


def test_shares_add_up_and_do_not_overlap_where_people_are_apart() -> None:
    vectors, labels = people(8, 10, 0.05)
    found = similarities(vectors, labels, np.full(80, None, object))
    assert found is not None
    assert sum(found.same) == pytest.approx(1)
    assert sum(found.different) == pytest.approx(1)
    assert found.overlap < 0.01
    assert found.same_mean > 0.8 > 0.3 > found.different_mean


@pytest.mark.parametrize("labels", [[None] * 6, ["a"] * 6, ["a", "b", "c", "d", "e", "f"]])
def test_without_two_people_and_two_crops_there_is_nothing_to_say(labels: list) -> None:
    assert similarities(unit(6, 4, 0), np.array(labels, object), np.full(6, "1", object)) is None


def test_vectors_that_do_not_know_the_camera_group_by_none() -> None:
    rng = np.random.default_rng(0)
    vectors, cameras = unit(900, 8, 1), rng.choice(["1", "2", "3"], 900).astype(object)
    labels = np.array([str(number) for number in range(900)], object)
    found = camera_grouping(vectors, labels, cameras)
    assert found is not None
    assert found.ratio == pytest.approx(1, abs=0.1)
    assert found.chance == pytest.approx(1 / 3, abs=0.02)


def test_vectors_that_are_the_camera_group_by_it() -> None:
    vectors, cameras = people(3, 40, 0.05)
    labels = np.array([str(number) for number in range(120)], object)
    found = camera_grouping(vectors, labels, cameras)
    assert found is not None
    assert found.same == 1
    assert found.chance == pytest.approx(39 / 119)
    assert set(found.cameras) == {"p0", "p1", "p2"}


def test_a_persons_own_crops_do_not_count() -> None:
    vectors, labels = people(10, 6, 0.02)
    cameras = np.array(["1", "2"] * 30, object)
    for row in range(60):
        cameras[row] = "1" if row // 6 % 2 else "2"  # each person was seen by one camera only
    found = camera_grouping(vectors, labels, cameras)
    assert found is not None
    assert found.chance == pytest.approx(24 / 54)
    assert found.ratio < 1.5


def test_one_camera_says_nothing() -> None:
    assert camera_grouping(unit(9, 4, 0), np.full(9, None, object), np.full(9, "1", object)) is None
