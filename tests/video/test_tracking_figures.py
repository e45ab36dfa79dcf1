"""The figures that tracking is judged by, on cases worked by hand."""

from __future__ import annotations

import pytest

from tests.support.tracking_figures import Row, figures


def walk(track: int, frames: range, left: float = 0) -> list[Row]:
    return [(frame, track, left, 0, left + 10, 20) for frame in frames]


TWO = walk(1, range(1, 11)) + walk(2, range(1, 11), left=100)


def test_the_truth_itself_is_perfect() -> None:
    result = figures(TWO, [(frame, 7 + track, *box) for frame, track, *box in TWO])
    assert (result.idf1, result.switches, result.pure, result.found) == (1, 0, 1, 1)
    assert result.hota == pytest.approx(1)


def test_nothing_found_is_nothing() -> None:
    result = figures(TWO, [])
    assert (result.idf1, result.hota, result.switches, result.found, result.tracks) == (0, 0, 0, 0, 0)


def test_a_walk_in_two_halves_has_one_switch_and_half_its_boxes_count() -> None:
    """IDTP 5 of 10 and 10. HOTA: all found, and each half is associated with 5 of 10 boxes: sqrt(1 × .5)."""
    result = figures(walk(1, range(1, 11)), walk(1, range(1, 6)) + walk(2, range(6, 11)))
    assert result.switches == 1
    assert result.idf1 == pytest.approx(0.5)
    assert result.hota == pytest.approx(0.5**0.5)
    assert (result.pure, result.found) == (1, 1)


def test_two_people_whose_numbers_are_exchanged_halfway() -> None:
    """Each track is half one person: neither is pure. A(c) is 5 / (10 + 10 - 5) = 1/3 for all boxes."""
    swapped = walk(1, range(1, 6)) + walk(1, range(6, 11), left=100)
    swapped += walk(2, range(1, 6), left=100) + walk(2, range(6, 11))
    result = figures(TWO, swapped)
    assert (result.switches, result.pure) == (2, 0)
    assert result.idf1 == pytest.approx(0.5)
    assert result.hota == pytest.approx(3**-0.5)


def test_false_boxes_cost_precision_and_missed_ones_recall() -> None:
    found = walk(1, range(1, 11)) + walk(3, range(1, 6), left=500)
    result = figures(TWO, found)
    assert result.id_precision == pytest.approx(10 / 15)
    assert result.id_recall == pytest.approx(10 / 20)
    assert result.idf1 == pytest.approx(20 / 35)
    assert (result.found, result.tracks, result.pure) == (0.5, 2, 1)


def test_a_pair_that_overlaps_less_than_asked_is_none() -> None:
    """Moved by 2 of 10: IoU 8 / 12."""
    moved = walk(1, range(1, 11), left=2)
    assert figures(walk(1, range(1, 11)), moved, overlap=0.6).idf1 == 1
    assert figures(walk(1, range(1, 11)), moved, overlap=0.7).idf1 == 0
    assert figures(walk(1, range(1, 11)), moved).hota == pytest.approx(13 / 19)  # right at .05 to .65 of 19 thresholds


def test_frames_that_the_truth_does_not_name_are_left_out() -> None:
    assert figures(walk(1, range(1, 6)), walk(1, range(1, 11))).idf1 == 1
