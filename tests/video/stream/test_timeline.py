"""A monotonic timeline from stamps that repeat, jump back, leap or are missing: each case worked by hand."""

from __future__ import annotations

import pytest

from reid_core.video.stream.problems import Problems
from reid_core.video.stream.timeline import Timeline


def placed(stamps: list[float | None], step: float = 0.04) -> tuple[list[float], Problems]:
    problems = Problems(stated_rate=1 / step)
    timeline = Timeline(step, problems)
    found = list(timeline.along((stamp, place) for place, stamp in enumerate(stamps)))
    assert [place for _, place in found] == list(range(len(stamps))), "no frame is lost or swapped"
    return [seconds for seconds, _ in found], problems


def test_times_count_from_the_first_stamp() -> None:
    seconds, problems = placed([7.2, 7.24, 7.28])
    assert seconds == [0, 0.04, 0.08]
    assert problems.sentences() == []


def test_a_changing_rate_is_followed_by_the_stamps() -> None:
    slow, fast = [0, 0.5, 1.0], [1.0 + place / 30 for place in range(1, 31)]
    seconds, problems = placed([*slow, *fast, 2.5, 3.0])
    assert seconds == pytest.approx([*slow, *fast, 2.5, 3.0], abs=1e-6)
    assert problems.gaps == []


def test_repeated_stamps_still_rise_and_err_by_less_than_a_frame() -> None:
    seconds, problems = placed([0, 0, 0.08, 0.08, 0.16])
    assert seconds == [0, 0.001, 0.08, 0.081, 0.16]
    assert problems.repeated_stamps == 2


def test_a_small_step_back_is_held_until_the_clock_catches_up() -> None:
    seconds, problems = placed([0, 0.04, 0.08, 0.06, 0.12])
    assert seconds == [0, 0.04, 0.08, 0.081, 0.12]
    assert problems.backward_stamps == 1


def test_a_clock_that_is_set_back_counts_on() -> None:
    seconds, problems = placed([10, 10.04, 10.08, 0, 0.04, 0.08])
    assert seconds == pytest.approx([0, 0.04, 0.08, 0.12, 0.16, 0.20])
    assert problems.backward_jumps == 1
    assert "jumps back 1 time;" in problems.sentences()[0]


def test_missing_stamps_are_estimated_from_the_stated_rate() -> None:
    seconds, problems = placed([None, None, 5.0, None, 5.08])
    assert seconds == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    assert problems.missing_stamps == 3


def test_one_stamp_far_ahead_of_both_its_neighbours_is_not_believed() -> None:
    seconds, problems = placed([0, 0.04, 5000, 0.12, 0.16])
    assert seconds == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    assert problems.wrong_stamps == 1
    assert problems.gaps == []


def test_a_pause_of_the_recorder_is_a_gap_that_is_kept() -> None:
    seconds, problems = placed([0, 0.04, 60.04, 60.08])
    assert seconds == [0, 0.04, 60.04, 60.08]
    assert problems.gaps == [(0.04, 60.04)]
    assert problems.wrong_stamps == 0


def test_a_film_of_one_frame_a_minute_has_no_gaps_but_the_first() -> None:
    _, problems = placed([60.0 * place for place in range(20)])
    assert len(problems.gaps) <= 1


def test_the_last_frame_far_ahead_is_still_given() -> None:
    seconds, _ = placed([0, 0.04, 100.0])
    assert seconds == [0, 0.04, 100.0]


def test_a_rate_that_is_not_the_stated_one_is_said() -> None:
    _, problems = placed([place / 21 for place in range(100)])
    assert problems.measured_rate == pytest.approx(21, rel=1e-3)
    assert problems.sentences() == ["The file states 25 frames a second but has 21; times follow its stamps."]


def test_a_picture_size_that_changes_all_the_time_tells_of_mixed_cameras() -> None:
    assert "mixed" not in Problems(resized=2).sentences()[0]
    assert "The file may mix views of several cameras" in Problems(resized=40).sentences()[0]


def test_counts_go_on_where_a_stopped_job_left_them() -> None:
    _, problems = placed([0, 0, 10, 10.04])
    problems.damaged_packet()
    again = Problems.from_state(problems.state())
    assert again == problems
    assert again.gaps == [(0.001, 10)]
