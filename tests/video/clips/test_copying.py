"""Clips by copying packets: which frames they show at which moment, told by numbers in their pixels."""

from __future__ import annotations

import math
import random
import struct
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from reid_core.video.clips import Clip, NotPlain, Place, Stopped, packets
from reid_core.video.clips.copying import copied, decoding_times
from reid_core.video.clips.encoding import encoded
from reid_core.video.stream import Problems, open_recording
from tests.support.films import film, number_in

RATE = 25


def shown(file: Path) -> list[tuple[float, int]]:
    """(second, number) of all frames."""
    with open_recording(file) as recording:
        return [(frame.seconds, number_in(frame.rgb())) for frame in recording.frames(rate=None)]


def assert_true(clip: Clip, file: Path, recording: Path) -> None:
    """Each frame of the clip is the one that the recording has at that moment, and no clock was shifted."""
    there = {round(second, 5): number for second, number in shown(recording)}
    found = shown(file)
    assert [number for _, number in found] == [there[round(moment, 5)] for moment in clip.times]
    assert [second for second, _ in found] == pytest.approx([moment - clip.first for moment in clip.times], abs=2e-6)


def boxes(file: Path) -> list[str]:
    data, place, found = file.read_bytes(), 0, []
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        found.append(kind.decode())
        place += size
    return found


@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts", "mov", "flv", "nut"])
def test_a_clip_has_the_frames_of_its_stretch_from_the_key_frame_on(tmp_path: Path, kind: str, b_frames: int) -> None:
    recording = film(tmp_path / f"film.{kind}", 600, key_every=250, b_frames=b_frames)
    clip = copied(Place(recording), 13.3, 17.0, tmp_path / "clip.mp4")
    assert clip.first == 10.0, "key frames are 10 seconds apart"
    assert {round(frame / RATE, 3) for frame in range(250, 426)} <= {round(moment, 3) for moment in clip.times}
    assert clip.times[-1] < 17.3, "what comes after the end are frames that others build on"
    assert clip.said == "as recorded"
    assert_true(clip, tmp_path / "clip.mp4", recording)


def test_the_table_of_contents_stands_in_front(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.mkv", 100)
    copied(Place(recording), 1.0, 3.0, tmp_path / "clip.mp4")
    assert boxes(tmp_path / "clip.mp4")[:2] == ["ftyp", "moov"]


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts", "avi"])
def test_the_frame_of_any_moment_is_in_the_clip(tmp_path: Path, kind: str) -> None:
    recording = film(tmp_path / f"film.{kind}", 1000, key_every=250, b_frames=0 if kind == "avi" else 2)
    chance = random.Random(7)
    for _ in range(50):
        frame = chance.randrange(1000)
        moment = frame / RATE
        clip = copied(Place(recording), moment, moment + 1.0, tmp_path / "clip.mp4")
        assert clip.first <= moment + 1e-5
        assert clip.first == pytest.approx(frame // 250 * 10)
        place = min(range(len(clip.times)), key=lambda place: abs(clip.times[place] - moment))
        assert clip.times[place] == pytest.approx(moment, abs=1e-5)
        if frame % 10 == 0:  # decoding all of them takes longer
            assert shown(tmp_path / "clip.mp4")[place][1] == frame + 1


def test_a_file_that_is_read_from_its_begin_on_is_read_for_some_seconds_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = Place(film(tmp_path / "film.ts", 600, key_every=250), whole=False)
    whole = copied(growing, 13.3, 17.0, tmp_path / "clip.mp4")
    monkeypatch.setattr(packets, "PATIENCE", 0.0)
    with pytest.raises(NotPlain, match="takes long"):
        copied(growing, 13.3, 17.0, tmp_path / "clip.mp4")
    assert copied(Place(growing.path), 13.3, 17.0, tmp_path / "clip.mp4") == whole, "it need not be"
    waits = packets.Patience(math.inf)
    assert copied(growing, 13.3, 17.0, tmp_path / "clip.mp4", patience=waits) == whole
    with pytest.raises(Stopped):
        copied(growing, 13.3, 17.0, tmp_path / "clip.mp4", patience=packets.Patience(math.inf, lambda: True))
    assert encoded(growing, 13.3, 14.0, tmp_path / "converted.mp4").first == pytest.approx(13.32), "who asks waits"


def test_moments_of_a_variable_rate_are_kept(tmp_path: Path) -> None:
    stamps = [7.5, *accumulate([0.02 + 0.001 * (step * 7 % 50) for step in range(299)], initial=7.6)]
    recording = film(tmp_path / "film.mkv", 300, stamps=stamps[:300], key_every=100)
    clip = copied(Place(recording), 5.0, 9.0, tmp_path / "clip.mp4")
    assert clip.first == pytest.approx(stamps[100] - 7.5, abs=1e-3)
    assert_true(clip, tmp_path / "clip.mp4", recording)


def test_frames_that_build_on_what_comes_before_the_key_frame_are_left_out(tmp_path: Path) -> None:
    recording = film(
        tmp_path / "film.mkv", 600, key_every=100, b_frames=3, encoder={"x264-params": "open-gop=1:b-adapt=0"}
    )
    clip = copied(Place(recording), 13.3, 17.0, tmp_path / "clip.mp4")
    assert clip.first == 12.0
    assert_true(clip, tmp_path / "clip.mp4", recording)


def test_a_film_that_is_still_analysed_gives_the_same_clip(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.ts", 600, key_every=250, b_frames=2)
    whole = copied(Place(recording), 13.3, 17.0, tmp_path / "one.mp4")
    assert copied(Place(recording, whole=False), 13.3, 17.0, tmp_path / "two.mp4") == whole
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_a_recorders_own_header_is_skipped(tmp_path: Path) -> None:
    inner = film(tmp_path / "film.ts", 200, key_every=50)
    (tmp_path / "film.dvr").write_bytes(b"RECORDER" * 100 + inner.read_bytes())
    clip = copied(Place(tmp_path / "film.dvr"), 5.0, 6.0, tmp_path / "clip.mp4")
    assert_true(clip, tmp_path / "clip.mp4", tmp_path / "film.dvr")


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"codec": "libx265"}, r"its video is H\.265 \(HEVC\)\."),
        ({"codec": "mjpeg", "container": "avi"}, r"its video is Motion JPEG \(MJPEG\)\."),
        ({"rotation": 90}, "side"), ({"pixel_aspect": 2}, "square"), ({"interlaced": "tff"}, "interlaced"),
        ({"container": "h264"}, "time stamps"), ({"container": "avi", "b_frames": 2}, "when each frame"),
        ({"encoder": {"qp": "0", "profile": "high444"}}, "profile"),
    ],
)  # fmt: skip
def test_what_a_browser_would_not_show_rightly_is_not_copied(tmp_path: Path, given: dict[str, Any], word: str) -> None:
    recording = film(tmp_path / "film", 60, **{"container": "mp4", **given})
    with pytest.raises(NotPlain, match=word):
        copied(Place(recording), 0.5, 2.0, tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    ("problems", "word"),
    [
        (Problems(backward_jumps=1), "jump"), (Problems(wrong_stamps=1), "jump"), (Problems(backward_stamps=2), "jump"),
        (Problems(resized=1), "size"), (Problems(damaged_packets=1, damaged_at=[2.0]), "damaged"),
        (Problems(damaged_packets=21, damaged_at=[0.0] * 20), "damaged"),
    ],
)  # fmt: skip
def test_what_its_analysis_met_may_forbid_copying(tmp_path: Path, problems: Problems, word: str) -> None:
    recording = film(tmp_path / "film.mp4", 100)
    with pytest.raises(NotPlain, match=word):
        copied(Place(recording, problems=problems), 1.0, 3.0, tmp_path / "clip.mp4")


def test_damage_elsewhere_does_not_matter(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.mp4", 500)
    problems = Problems(damaged_packets=2, damaged_at=[1.0, 18.0], missing_stamps=1, gaps=[(3.0, 4.0)])
    assert copied(Place(recording, problems=problems), 9.0, 11.0, tmp_path / "clip.mp4").first <= 9.0


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.mp4", 100)
    with pytest.raises(OSError, match="No space"):
        copied(Place(recording), 1.0, 3.0, Path("/dev/full"))


@pytest.mark.parametrize("shown_at", [[0], [0, 1, 2], [0, 4, 2, 1, 3, 5], [0, 8, 4, 2, 6, 20, 10]])
def test_packets_are_decoded_in_rising_order_and_before_they_are_shown(shown_at: list[int]) -> None:
    times = decoding_times(shown_at)
    assert sorted(set(times)) == times
    assert all(decoded <= shown for decoded, shown in zip(times, shown_at, strict=True))
