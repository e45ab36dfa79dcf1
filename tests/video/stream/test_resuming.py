"""A stopped job goes on with exactly the frames, times and numbers that an unbroken reading gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.errors import NotThere
from reid_core.video.stream import Frame, Problems, Reading, open_recording
from reid_core.video.stream.source import Source
from tests.support.films import film, number_in, numbered

LENGTH = 700
FILMS: dict[str, dict[str, Any]] = {
    "ten.mp4": {"b_frames": 2}, "ten.mkv": {}, "ten.ts": {"b_frames": 2}, "ten.avi": {"codec": "mpeg4"},
    "ten.264": {"container": "h264"}, "b.264": {"container": "h264", "b_frames": 2},
    "hevc.mkv": {"codec": "libx265"}, "live.mkv": {"muxer": {"live": "1"}},
    "fragments.mp4": {"muxer": {"movflags": "frag_keyframe+empty_moov"}},
}  # fmt: skip


def told(frames: list[Frame]) -> list[tuple[int, float, int]]:
    return [(frame.number, frame.seconds, number_in(frame.rgb(96, 64))) for frame in frames]


@pytest.mark.parametrize("name", FILMS)
def test_reading_goes_on_behind_any_frame_with_key_frames_ten_seconds_apart(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, LENGTH, key_every=250, **FILMS[name])
    recording = open_recording(path)
    whole = told(list(recording.frames(rate=5.0)))
    assert [shown for _, _, shown in whole] == list(range(1, LENGTH + 1, 5))
    places = np.random.default_rng(16).choice(len(whole) - 1, 8, replace=False)
    for place in sorted({0, 49, 50, 51, *map(int, places)}):
        number, seconds, _ = whole[place]
        behind = []
        for frame in recording.frames(rate=5.0, after=seconds, after_number=number):
            behind.append(frame)
            if len(behind) == 8:
                break
        assert told(behind) == whole[place + 1 : place + 9]


def test_fifty_offsets_arrive_at_their_frame(tmp_path: Path) -> None:
    recording = open_recording(film(tmp_path / "ten.mp4", LENGTH, key_every=250, b_frames=2))
    for number in np.random.default_rng(3).choice(np.arange(1, LENGTH), 50, replace=False):
        seconds = round((int(number) - 1) / 25, 6)
        frame = next(recording.frames(rate=None, after=seconds, after_number=int(number)))
        assert (frame.number, number_in(frame.rgb())) == (number + 1, number + 1)


def test_without_a_number_the_frames_are_counted_from_the_start(tmp_path: Path) -> None:
    recording = open_recording(film(tmp_path / "ten.mkv", 100))
    assert told(list(recording.frames(rate=None, after=3.0)))[0] == (77, 3.04, 77)
    # between two frames, too, and with the frames of an unbroken reading at this rate
    assert [frame.number for frame in recording.frames(rate=5.0, after=3.3)] == [86, 91, 96]


def test_a_seek_reads_little_of_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = open_recording(film(tmp_path / "ten.mp4", LENGTH, key_every=50))
    decoded = []
    of = Source.reading_from

    def counted(self, problems, stamp=None):
        decoded.append(problems)
        return of(self, problems, stamp)

    monkeypatch.setattr(Source, "reading_from", counted)
    left = list(recording.frames(rate=None, after=24.0, after_number=601))
    assert [frame.number for frame in left] == list(range(602, LENGTH + 1))
    assert len(decoded) == 1
    assert recording.problems.frames == len(left)


def test_a_file_that_went_since_it_was_opened_is_told_in_words(tmp_path: Path) -> None:
    recording = open_recording(film(tmp_path / "ten.mp4", 20))
    recording.path.unlink()
    with pytest.raises(NotThere, match="ten.mp4 is not there any more. Put it back to read on."):
        next(recording.frames())


def test_joined_recordings_go_on_right_though_their_stamps_repeat(tmp_path: Path) -> None:
    first = film(tmp_path / "first.ts", 250)
    second = film(tmp_path / "second.ts", [numbered(number) for number in range(251, 501)])
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    recording = open_recording(joined)
    whole = told(list(recording.frames(rate=5.0)))
    for place in (10, 30, 49, 50, 60, 90):
        number, seconds, _ = whole[place]
        again = told(list(recording.frames(rate=5.0, after=seconds, after_number=number)))
        assert again == whole[place + 1 :]


def test_a_clock_that_jumped_back_by_less_than_it_ran_since_goes_on_right(tmp_path: Path) -> None:
    """The stamps of the second part reach beyond where the first one ended."""
    first = film(tmp_path / "first.ts", 50)
    second = film(tmp_path / "second.ts", [numbered(number) for number in range(51, 251)])
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    recording = open_recording(joined)
    whole = told(list(recording.frames(rate=5.0)))
    for place in (5, 12, 14, 20, 30):
        number, seconds, _ = whole[place]
        resumed = open_recording(joined)
        earlier = list(zip(whole, resumed.frames(rate=5.0), strict=False))[: place + 1]
        assert len(earlier) == place + 1
        resumed.problems = Problems.from_state(recording.problems.state())
        assert told(list(resumed.frames(rate=5.0, after=seconds, after_number=number))) == whole[place + 1 :]


def test_a_damaged_bitstream_goes_on_with_the_same_numbers(tmp_path: Path) -> None:
    path = film(tmp_path / "bare.264", 200, container="h264", key_every=25)
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 4000] = bytes(4000)
    path.write_bytes(data)
    recording = open_recording(path)
    whole = told(list(recording.frames(rate=None)))
    assert len(whole) < 200
    number, seconds, _ = whole[-20]
    assert told(list(recording.frames(rate=None, after=seconds, after_number=number))) == whole[-19:]


def test_problems_are_counted_once_over_two_readings(tmp_path: Path) -> None:
    stamps = [0.08 * (place // 2) for place in range(100)]
    path = film(tmp_path / "doubled.mkv", 100, stamps=stamps)
    unbroken = open_recording(path)
    whole = list(unbroken.frames(rate=None))
    for cut in (1, 30, 60):
        stopped = open_recording(path)
        frames = stopped.frames(rate=None)
        last = [next(frames) for _ in range(cut)][-1]
        state = json.loads(json.dumps(stopped.problems.state()))
        resumed = open_recording(path)
        resumed.problems = Problems.from_state(state)
        rest = list(resumed.frames(rate=None, after=last.seconds, after_number=last.number))
        assert [frame.number for frame in rest] == [frame.number for frame in whole[cut:]]
        assert [frame.seconds for frame in rest] == [frame.seconds for frame in whole[cut:]]
        assert resumed.problems == unbroken.problems


def test_interlaced_frames_are_the_same_after_going_on(tmp_path: Path) -> None:
    path = film(tmp_path / "fields.mkv", 60, interlaced="tff", key_every=20)
    recording = open_recording(path, Reading(interlaced=True))
    whole = list(recording.frames(rate=None))
    at = whole[30]
    rest = list(recording.frames(rate=None, after=at.seconds, after_number=at.number))
    assert [frame.number for frame in rest] == [frame.number for frame in whole[31:]]
    assert all((one.rgb() == other.rgb()).all() for one, other in zip(rest, whole[31:], strict=True))
