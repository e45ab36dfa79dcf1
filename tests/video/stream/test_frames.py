"""Frames come in the recording's own time: films whose frames show their numbers tell which frame was given."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reid_core.video.stream import Frame, Reading, open_recording
from tests.support.films import film, number_in, numbered


def read(path: Path, rate: float | None = None, **how) -> list[Frame]:
    return list(open_recording(path, Reading(**how)).frames(rate=rate))


CODECS: dict[str, dict[str, Any]] = {
    "h264.mp4": {"b_frames": 2}, "h264.mkv": {}, "h264.ts": {"b_frames": 2},
    "mpeg4.avi": {"codec": "mpeg4", "b_frames": 2},
    "mjpeg.avi": {"codec": "mjpeg"}, "h265.mp4": {"codec": "libx265"}, "h265.ts": {"codec": "libx265"}, "h264.flv": {},
}  # fmt: skip
BARE: dict[str, dict[str, Any]] = {
    "bare.264": {"container": "h264"}, "bare.265": {"codec": "libx265", "container": "hevc"},
    "bare.m4v": {"codec": "mpeg4", "container": "m4v"},
}  # fmt: skip


@pytest.mark.parametrize("name", CODECS)
def test_every_codec_gives_every_frame_at_its_time(tmp_path: Path, name: str) -> None:
    frames = read(film(tmp_path / name, 30, **CODECS[name]))
    assert [number_in(frame.rgb()) for frame in frames] == list(range(1, 31))
    assert [frame.number for frame in frames] == list(range(1, 31))
    assert [frame.seconds for frame in frames] == pytest.approx([place / 25 for place in range(30)], abs=0.002)
    assert not any(frame.damaged for frame in frames)


@pytest.mark.parametrize("name", BARE)
def test_a_bare_bitstream_takes_the_rate_that_it_states_and_says_so(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, 30, rate=12, **BARE[name])
    recording = open_recording(path)
    frames = list(recording.frames(rate=None))
    assert [number_in(frame.rgb()) for frame in frames] == list(range(1, 31))
    assert [frame.seconds for frame in frames] == pytest.approx([place / 12 for place in range(30)], abs=1e-5)
    assert recording.facts.duration is None
    assert recording.problems.sentences() == [
        "The file has no time stamps: times count 12 frames a second, as it states."
    ]


def test_a_bare_bitstream_that_states_no_rate_counts_25_and_says_that_it_may_be_wrong(tmp_path: Path) -> None:
    path = film(tmp_path / "bare.mjpeg", 10, rate=10, codec="mjpeg", container="mjpeg")
    recording = open_recording(path)
    assert [frame.seconds for frame in recording.frames(rate=None)][:3] == [0, 0.04, 0.08]
    assert "may be wrong" in recording.problems.sentences()[0]
    assert [frame.seconds for frame in read(path, bare_rate=10)][:3] == [0, 0.1, 0.2]


def test_a_variable_rate_is_read_by_its_stamps(tmp_path: Path) -> None:
    stamps = [place / 2 for place in range(6)]  # 2 a second, then 30, then 2
    stamps += [2.5 + place / 30 for place in range(1, 61)]
    stamps += [4.5 + place / 2 for place in range(1, 6)]
    for name in ("variable.mkv", "variable.mp4"):
        frames = read(film(tmp_path / name, len(stamps), stamps=stamps))
        assert [frame.seconds for frame in frames] == pytest.approx(stamps, abs=0.002)
        assert [number_in(frame.rgb()) for frame in frames] == list(range(1, len(stamps) + 1))


def test_analysed_frames_are_at_least_as_far_apart_as_asked(tmp_path: Path) -> None:
    for rate, each in ((25, 5), (30, 6), (10, 2), (12, 3), (2, 1)):
        frames = read(film(tmp_path / f"{rate}.mkv", 5 * rate, rate=rate), rate=5.0)
        assert [frame.number for frame in frames] == list(range(1, 5 * rate + 1, each))


def test_500_frames_a_second_are_decoded_and_few_are_analysed(tmp_path: Path) -> None:
    recording = open_recording(film(tmp_path / "fast.mp4", 600, rate=500))
    frames = list(recording.frames(rate=5.0))
    apart = [later.seconds - earlier.seconds for earlier, later in pairwise(frames)]
    assert len(apart) == 6
    assert all(0.19 <= seconds <= 0.2 for seconds in apart)
    assert recording.problems.frames == 600


def test_repeated_stamps_in_a_file_give_rising_times_and_are_counted(tmp_path: Path) -> None:
    stamps = [0.08 * (place // 2) for place in range(20)]
    recording = open_recording(film(tmp_path / "doubled.mkv", 20, stamps=stamps))
    seconds = [frame.seconds for frame in recording.frames(rate=None)]
    assert seconds == sorted(set(seconds))
    assert seconds == pytest.approx(stamps, abs=0.0011)
    assert recording.problems.repeated_stamps == 10


def test_two_transport_streams_joined_are_one_recording_that_counts_on(tmp_path: Path) -> None:
    first = film(tmp_path / "first.ts", 50)
    second = film(tmp_path / "second.ts", [numbered(number) for number in range(51, 101)])
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    recording = open_recording(joined)
    frames = list(recording.frames(rate=None))
    assert [number_in(frame.rgb()) for frame in frames] == list(range(1, 101))
    assert [frame.seconds for frame in frames] == pytest.approx([place / 25 for place in range(100)], abs=0.002)
    assert recording.problems.backward_jumps == 1


def test_facts_say_what_the_file_says(tmp_path: Path) -> None:
    path = film(tmp_path / "facts.mp4", 50, rate=10, created="2026-03-02T07:00:00Z")
    facts = open_recording(path).facts
    assert (facts.codec, facts.width, facts.height, facts.rotation) == ("h264", 96, 64, 0)
    assert (facts.stated_rate, facts.duration, facts.interlaced) == (10, 5.0, False)
    assert facts.created == 1772434800.0  # date -u -d 2026-03-02T07:00:00Z +%s
    assert facts.container.startswith("mov,mp4")


def test_one_of_several_streams_can_be_chosen_and_all_are_listed(tmp_path: Path) -> None:
    path = film(tmp_path / "two.mkv", 10, views=2)
    recording = open_recording(path)
    assert [stream.index for stream in recording.facts.streams] == [0, 1]
    assert "2 video streams" in recording.problems.sentences()[0]
    assert [number_in(frame.rgb()) for frame in recording.frames(rate=None)] == list(range(1, 11))
    assert [number_in(frame.rgb()) for frame in read(path, stream=1)] == list(range(1001, 1011))


def test_a_recording_can_be_read_twice(tmp_path: Path) -> None:
    recording = open_recording(film(tmp_path / "twice.mp4", 10))
    assert len(list(recording.frames(rate=None))) == len(list(recording.frames(rate=None))) == 10
    assert recording.problems.frames == 10


@pytest.mark.parametrize("junk", [bytes(range(256)) * 3, b"RIFF\0\0\0\0AVI LIST" + bytes(200), b"IMKH" + bytes(36)])
def test_a_recorder_s_header_before_a_bitstream_is_passed_over(tmp_path: Path, junk: bytes) -> None:
    bare = film(tmp_path / "bare.264", 30, rate=10, container="h264")
    path = tmp_path / "ch01.dav"
    path.write_bytes(junk + bare.read_bytes())
    assert [number_in(frame.rgb()) for frame in read(path)] == list(range(1, 31))
