"""Lines that tools for MOTChallenge read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import Damaged, Refused, ReidError
from reid_core.video.boxes import Detections
from reid_core.video.motchallenge import TrackFile, TrackLine, read_tracks, track_lines
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


def test_a_file_goes_on_behind_the_frames_that_count(tmp_path: Path) -> None:
    """A process was killed while it wrote: a line of a frame that does not count yet, and a part of another."""
    path = tmp_path / "tracks.txt"
    path.write_text(f"{TrackLine(1, 1, 0, 0, 9, 20)}\n{TrackLine(7, 1, 1, 0, 9, 20)}\n8,1,2.0")
    file = TrackFile(path, frames=6)
    assert path.read_text() == f"{TrackLine(1, 1, 0, 0, 9, 20)}\n", "nothing is lost if this process is killed, too"
    file.add(TrackLine(7, 1, 1, 0, 9, 20))
    file.close()
    with path.open() as lines:
        assert [line.frame for line in read_tracks(lines, "tracks.txt")] == [1, 7]


def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    for name, data in (("film.mp4", bytes(range(256)) * 40), ("notes.txt", b"call the shop at 8\n")):
        (tmp_path / name).write_bytes(data)
        for frames in (0, 100):
            with pytest.raises(Refused, match=f"{name} is there and holds something else than tracks"):
                TrackFile(tmp_path / name, frames)
        assert (tmp_path / name).read_bytes() == data
    TrackFile(tmp_path / "tracks.txt").close()
    TrackFile(tmp_path / "tracks.txt").close()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere" / "tracks.txt"):
        with pytest.raises(ReidError, match=r"Tracks cannot be written to .* Name another file"):
            TrackFile(path)
