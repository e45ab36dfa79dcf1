"""Doubts about labels: planted mistakes are found, and good labels are left alone."""

from __future__ import annotations

import numpy as np

from reid_core.projection.neighbours import find_neighbours
from reid_core.projection.suggestions import suggested_merges, suspected_mislabels
from tests.projection.test_clusters import people


def test_a_crop_under_somebody_elses_label_is_suspected_and_nobody_else() -> None:
    vectors, labels = people(6, 10, 0.05)
    wrong = labels.copy()
    wrong[3] = "p4"  # a crop of p0
    found = suspected_mislabels(vectors, wrong, find_neighbours(vectors, 15))
    assert [(one.row, one.label, one.other) for one in found] == [(3, "p4", "p0")]
    assert found[0].others > 0.8 > found[0].own
    assert labels[found[0].witness] == "p0"


def test_the_most_doubtful_comes_first() -> None:
    vectors, labels = people(6, 10, 0.05)
    labels[3], labels[14] = "p4", "p5"
    vectors[14] = vectors[10] + vectors[50] * 0.6  # half like the label that it wrongly has
    vectors[14] /= np.linalg.norm(vectors[14])
    found = suspected_mislabels(vectors, labels, find_neighbours(vectors, 15))
    assert [one.row for one in found] == [3, 14]


def test_right_labels_raise_no_doubt() -> None:
    vectors, labels = people(8, 10, 0.08)
    near = find_neighbours(vectors, 20)
    assert suspected_mislabels(vectors, labels, near) == []
    assert suggested_merges(vectors, labels, near) == []


def test_one_person_under_two_labels_is_suggested_as_one() -> None:
    vectors, labels = people(6, 12, 0.08)
    labels[:6] = "twin"
    found = suggested_merges(vectors, labels, find_neighbours(vectors, 20))
    assert [(one.one, one.other) for one in found] == [("p0", "twin")]
    for one, other in found[0].pairs:
        assert {labels[one], labels[other]} == {"p0", "twin"}
    shown = [row for pair in found[0].pairs for row in pair]
    assert len(shown) == len(set(shown)) == 6


def test_crops_without_a_label_are_never_suspected_nor_merged() -> None:
    vectors, labels = people(4, 8, 0.05)
    labels[:8] = None
    labels[10] = None
    near = find_neighbours(vectors, 12)
    assert suspected_mislabels(vectors, labels, near) == []
    assert suggested_merges(vectors, labels, near) == []
