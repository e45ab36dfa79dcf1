"""Lines that tools for MOTChallenge read."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import Damaged
from reid_core.video.boxes import Detections
from reid_core.video.motchallenge import TrackLine, read_tracks, track_lines
from reid_core.video.tracking import Update

TWO = Detections(np.array([[10, 20, 40, 100], [-5.5, 0, 15, 60]]), np.array([0.5, 0.75]))


def test_a_box_is_a_line_with_its_size_and_score() -> None:
    update = Update(np.array([-1, 3]))
    assert [str(line) for line in track_lines(7, TWO, update)] == ["7,3,-5.50,0.00,20.50,60.00,0.7500,-1,-1,-1"]


def test_the_first_box_of_a_track_is_written_when_the_second_confirms_it() -> None:
    lines = list(track_lines(13, TWO, Update(np.array([1, -1]), earlier=((1, 1),)), before=(7, TWO)))
    assert [(line.frame, line.track, line.left) for line in lines] == [(7, 1, -5.5), (13, 1, 10)]


def test_what_was_written_is_read() -> None:
    lines = [TrackLine(1, 1, 10, 20, 30, 80, 0.5), TrackLine(2, 4, -5.5, 0, 20.5, 60, 1.0)]
    assert list(read_tracks(map(str, lines), "tracks.txt")) == lines


def test_the_truth_of_mot17_is_read_too_and_empty_lines_are_passed_over() -> None:
    assert list(read_tracks(["1,1,912,484,97,109,0,7,1\n", "\n"], "gt.txt")) == [TrackLine(1, 1, 912, 484, 97, 109, 0)]


@pytest.mark.parametrize(
    "line", ["1,1,2,3,4", "frame,track,left,top,width,height", "1.5,1,0,0,1,1", "0,1,0,0,1,1", "1,1,nan,0,1,1"]
)
def test_another_line_is_named(line: str) -> None:
    with pytest.raises(Damaged, match="Line 2 of tracks.txt is not one of MOTChallenge"):
        list(read_tracks(["1,1,0,0,1,1", line], "tracks.txt"))
