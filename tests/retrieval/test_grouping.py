"""Hits that belong together take one place."""

from __future__ import annotations

import pytest

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR
from reid_core.retrieval.grouping import Labels, grouped
from reid_core.retrieval.results import Hit

HITS = [Hit(rank, crop, similarity) for rank, crop, similarity in [
    (1, 10, 0.9), (2, 20, 0.8), (3, 11, 0.7), (4, 30, 0.65), (5, 21, 0.6), (6, 40, 0.5), (7, 41, 0.4),
]]  # fmt: skip
LABELS = {
    10: Labels("t1", "door", "anna"), 11: Labels("t1", "door", "anna"), 20: Labels("t1", "hall", "anna"),
    21: Labels("t2", "hall", "ben"), 30: Labels(None, "hall", None), 40: Labels(None, None, DISTRACTOR),
    41: Labels(None, None, DISTRACTOR),
}  # fmt: skip


def members(level: str) -> list[list[int]]:
    return [[hit.id for hit in group.hits] for group in grouped(HITS, LABELS, level)]


def test_a_tracklet_is_one_place_and_belongs_to_its_camera() -> None:
    assert members("tracklet") == [[10, 11], [20], [30], [21], [40], [41]]


def test_groups_by_camera_and_by_identity() -> None:
    assert members("camera") == [[10, 11], [20, 30, 21], [40], [41]]
    assert members("identity") == [[10, 20, 11], [30], [21], [40], [41]]


def test_the_best_hit_stands_in_front_and_the_gap_is_to_the_next_group() -> None:
    first, *_, last = grouped(HITS, LABELS, "identity")
    assert (first.rank, first.label, first.best.id, [hit.id for hit in first.strip]) == (1, "anna", 10, [20, 11])
    assert first.gap == pytest.approx(0.25)
    assert (last.label, last.gap) == (None, None)


def test_no_hits_are_no_groups_and_an_unknown_level_is_refused() -> None:
    assert grouped([], {}, "camera") == []
    with pytest.raises(ReidError, match="tracklet, camera, identity"):
        grouped(HITS, LABELS, "city")
