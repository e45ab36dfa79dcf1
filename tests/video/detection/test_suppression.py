"""One box stays of several about a person: alone in a picture, and where tiles meet."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.video.boxes import Detections
from reid_core.video.detection.suppression import join_cut, suppress


def plain_loop(boxes: list[list[float]], scores: list[float], most: float) -> list[int]:
    """Non-maximum suppression as the books write it, one pair after another."""
    kept: list[int] = []
    for row in sorted(range(len(scores)), key=lambda one: -scores[one]):
        left, top, right, bottom = boxes[row]
        for other in kept:
            o_left, o_top, o_right, o_bottom = boxes[other]
            width = min(right, o_right) - max(left, o_left)
            height = min(bottom, o_bottom) - max(top, o_top)
            shared = max(width, 0) * max(height, 0)
            union = (right - left) * (bottom - top) + (o_right - o_left) * (o_bottom - o_top) - shared
            if shared / union > most:
                break
        else:
            kept.append(row)
    return kept


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("most", [0.2, 0.5, 0.8])
def test_the_same_boxes_stay_as_by_a_plain_loop(seed: int, most: float) -> None:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 25, (80, 2)).astype(np.float32)
    boxes = np.concatenate([corner, corner + random.uniform(20, 60, (80, 2)).astype(np.float32)], axis=1)
    scores = np.asarray(random.permutation(80) / 80, np.float32)
    kept = plain_loop(boxes.tolist(), scores.tolist(), most)
    assert suppress(Detections(boxes, scores), most).scores.tolist() == scores[kept].tolist()
    assert 1 < len(kept) < 80


def test_a_network_that_gives_one_box_each_keeps_them_all_best_first() -> None:
    boxes = np.tile(np.array([0, 0, 10, 20], np.float32), (3, 1))
    assert suppress(Detections(boxes, np.array([0.5, 0.875, 0.75])), 1.0).scores.tolist() == [0.875, 0.75, 0.5]


def test_the_cut_part_of_a_person_gives_its_score_to_the_whole_person() -> None:
    whole, upper, other = [0, 0, 40, 100], [2, 0, 38, 55], [200, 0, 240, 50]
    found = Detections(np.array([whole, upper, other], np.float32), np.array([0.5, 0.75, 0.625]))
    joined = join_cut(found, np.array([False, True, True]))
    assert joined.boxes.tolist() == [whole, other]
    assert joined.scores.tolist() == [0.75, 0.625]


def test_a_small_person_before_a_larger_one_stays_when_no_tile_cut_it() -> None:
    found = Detections(np.array([[0, 0, 40, 100], [2, 0, 38, 55]], np.float32), np.array([0.5, 0.8]))
    assert len(join_cut(found, np.array([False, False]))) == 2
