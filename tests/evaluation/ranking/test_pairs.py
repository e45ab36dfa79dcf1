"""Pairs are counted as a plain double loop over crops would count them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.evaluation.ranking import pairs
from reid_core.evaluation.ranking.pairs import STEPS, count_pairs, counts_of, pair_matrix, similarity_histogram
from reid_core.evaluation.ranking.ranking import UNKNOWN_CAMERA, Labels
from tests.evaluation.simulated_people import draw

THRESHOLDS = np.array([-0.25, 0.125, 0.5, 0.75])  # steps begin exactly there


@pytest.fixture(params=[False, True], ids=["across cameras", "same camera too"])
def same_camera(request: pytest.FixtureRequest) -> bool:
    return request.param


def loop(features: np.ndarray, labels: Labels, same_camera: bool) -> tuple[Counter, Counter]:
    """Of each two people, and of each person: pairs at any similarity (place 0) and at or above each threshold."""
    two: Counter[tuple[int, int, int]] = Counter()
    one: Counter[tuple[int, int]] = Counter()
    for first in range(len(labels)):
        for second in range(first + 1, len(labels)):
            cameras = labels.camera[first], labels.camera[second]
            if not same_camera and cameras[0] == cameras[1] != UNKNOWN_CAMERA:
                continue
            similarity = float(features[first] @ features[second])
            people = sorted((int(labels.identity[first]), int(labels.identity[second])))
            for place, threshold in enumerate([-2.0, *THRESHOLDS]):
                if similarity >= threshold:
                    if people[0] == people[1]:
                        one[people[0], place] += 1
                    else:
                        two[people[0], people[1], place] += 1
    return two, one


def with_unknown_cameras(seed: int, people: int = 9) -> tuple[np.ndarray, Labels]:
    features, labels = draw(np.random.default_rng(seed), people)
    camera = labels.camera.copy()
    camera[::5] = UNKNOWN_CAMERA
    order = np.random.default_rng(seed).permutation(len(camera))  # people need not lie together
    return features[order], Labels(labels.identity[order], camera[order])


@pytest.mark.parametrize("rows", [3, 256])
def test_each_pair_is_counted_once_for_each_of_its_people(
    rows: int, same_camera: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "_ROWS", rows)
    features, labels = with_unknown_cameras(0)
    two, one = loop(features, labels, same_camera)
    counts = count_pairs(features, labels, THRESHOLDS, same_camera=same_camera)
    matrix = pair_matrix(features, labels, THRESHOLDS, same_camera=same_camera)
    assert counts.people == 9
    for person in range(1, 10):
        of_person = [sum(n for (a, b, t), n in two.items() if person in (a, b) and t == place) for place in range(5)]
        assert counts.different_all[person - 1] == of_person[0]
        assert counts.different[:, person - 1].tolist() == of_person[1:]
        assert [counts.same_all[person - 1], *counts.same[:, person - 1]] == [one[person, place] for place in range(5)]
        for other in range(person + 1, 10):
            expected = [two[person, other, place] for place in range(5)]
            assert matrix[:, person - 1, other - 1].tolist() == matrix[:, other - 1, person - 1].tolist() == expected
    for place in range(1, 5):
        cells = [(two[a, b, place], two[a, b, 0]) for a in range(1, 10) for b in range(a + 1, 10)]
        assert counts.squares[place - 1] == sum(some**2 for some, _ in cells)
        assert counts.products[place - 1] == sum(some * every for some, every in cells)
        assert counts.squares_all == sum(every**2 for _, every in cells)


def test_the_histogram_holds_every_pair(same_camera: bool) -> None:
    features, labels = with_unknown_cameras(1)
    two, one = loop(features, labels, same_camera)
    different, same = similarity_histogram(features, labels, same_camera=same_camera)
    for place, threshold in enumerate([-1.0, *THRESHOLDS]):
        step = round((threshold + 1) * STEPS / 2)
        assert different[step:].sum() == sum(n for (_, _, t), n in two.items() if t == place)
        assert same[step:].sum() == sum(n for (_, t), n in one.items() if t == place)


def test_counts_among_some_people_are_those_of_their_crops_alone() -> None:
    features, labels = with_unknown_cameras(2)
    chosen = np.array([1, 3, 4, 7])
    ours = counts_of(pair_matrix(features, labels, THRESHOLDS), THRESHOLDS, chosen)
    kept = np.isin(labels.identity, chosen + 1)
    theirs = count_pairs(features[kept], Labels(labels.identity[kept], labels.camera[kept]), THRESHOLDS)
    for name in ("different", "different_all", "squares", "products", "same", "same_all"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), name)
    assert ours.squares_all == theirs.squares_all


def test_a_vector_that_is_not_finite_is_named() -> None:
    features, labels = draw(np.random.default_rng(0), 3)
    features[4, 2] = np.nan
    with pytest.raises(ReidError, match="Row 4 of the features"):
        count_pairs(features, labels, THRESHOLDS)


def test_thresholds_must_rise() -> None:
    features, labels = draw(np.random.default_rng(0), 3)
    with pytest.raises(ReidError, match="must rise"):
        count_pairs(features, labels, [0.5, 0.5])
