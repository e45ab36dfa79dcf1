"""Clips by encoding: from exactly where they are asked for, upright, in square pixels."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reid_core.errors import Damaged
from reid_core.video.clips import Place, Stopped
from reid_core.video.clips.encoding import encoded, size_of
from reid_core.video.stream import open_recording
from tests.support.films import film, number_in, numbered
from tests.video.clips.test_copying import RATE, assert_true, boxes, shown


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("mp4", {"b_frames": 2}), ("mkv", {"codec": "libvpx"}), ("ts", {"b_frames": 3}), ("avi", {}), ("h264", {}),
        ("mp4", {"codec": "libx265"}), ("avi", {"codec": "mjpeg"}),
    ],
)  # fmt: skip
def test_it_begins_and_ends_exactly_where_it_is_asked_to(tmp_path: Path, kind: str, given: dict[str, Any]) -> None:
    recording = film(tmp_path / f"film.{kind}", 300, key_every=250, **given)
    clip = encoded(Place(recording), 3.3, 6.0, tmp_path / "clip.mp4")
    assert clip.times == pytest.approx([frame / RATE for frame in range(83, 151)], abs=1e-5)
    assert clip.said == "converted to H.264"
    assert_true(clip, tmp_path / "clip.mp4", recording)


def test_a_browser_can_begin_at_each_second_and_needs_no_end_first(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.mkv", 300, key_every=250)
    encoded(Place(recording), 2.0, 8.0, tmp_path / "clip.mp4")
    assert boxes(tmp_path / "clip.mp4")[:2] == ["ftyp", "moov"]
    with av.open(str(tmp_path / "clip.mp4")) as mp4:
        stream = mp4.streams.video[0]
        keys = [float(p.pts * p.time_base) for p in mp4.demux(stream) if p.size and p.is_keyframe and p.pts is not None]
        assert (stream.codec_context.pix_fmt, stream.codec_context.name) == ("yuv420p", "h264")
    assert keys == pytest.approx([0, 1, 2, 3, 4, 5, 6], abs=1e-6)


def test_what_lies_on_its_side_stands_upright(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.mp4", [np.rot90(numbered(n + 1), 1) for n in range(60)], rotation=90)
    encoded(Place(recording), 1.0, 2.0, tmp_path / "clip.mp4")
    with open_recording(recording) as upright, open_recording(tmp_path / "clip.mp4") as clip:
        assert (clip.facts.width, clip.facts.height) == (upright.facts.width, upright.facts.height)
        assert clip.facts.rotation == 0
        frames = [number_in(frame.rgb()) for frame in upright.frames(rate=None)]
    assert [number for _, number in shown(tmp_path / "clip.mp4")] == frames[25:51]


def test_its_pixels_are_square(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.mkv", 60, pixel_aspect=Fraction(2))
    encoded(Place(recording), 1.0, 2.0, tmp_path / "clip.mp4")
    with open_recording(tmp_path / "clip.mp4") as clip:
        assert (clip.facts.width, clip.facts.height) == (192, 64)
        assert clip.facts.pixel_aspect == 1


@pytest.mark.parametrize(
    ("size", "smaller"),
    [((1920, 1080), (1280, 720)), ((2560, 1920), (1280, 960)), ((97, 65), (96, 64)), ((1080, 1920), (1080, 1920))],
)
def test_it_keeps_the_shape_with_even_sides_and_is_never_wide(size: tuple[int, int], smaller: tuple[int, int]) -> None:
    assert size_of(*size) == smaller


def test_colours_stay(tmp_path: Path) -> None:
    colours = np.zeros((64, 96, 3), np.uint8)
    colours[:, :32], colours[:, 32:64], colours[:, 64:] = (200, 30, 40), (30, 160, 60), (40, 60, 210)
    recording = film(tmp_path / "film.mp4", [colours] * 30)
    encoded(Place(recording), 0.0, 1.0, tmp_path / "clip.mp4")
    with open_recording(tmp_path / "clip.mp4") as clip, open_recording(recording) as before:
        after, was = (next(one.frames(rate=None)).rgb()[32, [16, 48, 80]].astype(int) for one in (clip, before))
    assert np.abs(after - was).max() <= 12


def test_it_says_how_far_it_is_and_stops_when_it_is_told_to(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.mp4", 200)
    told: list[tuple[float, float]] = []
    encoded(Place(recording), 2.0, 4.0, tmp_path / "clip.mp4", on_progress=lambda *given: told.append(given))
    assert told[0] == pytest.approx((0.0, 2.0), abs=0.05)
    assert told[-1] == pytest.approx((2.0, 2.0), abs=0.05)
    assert told == sorted(told)
    with pytest.raises(Stopped):
        encoded(Place(recording), 2.0, 4.0, tmp_path / "clip.mp4", stop=lambda: True)


def test_behind_the_end_of_the_recording_there_is_no_clip(tmp_path: Path) -> None:
    recording = film(tmp_path / "film.mp4", 50)
    with pytest.raises(Damaged, match="no frame from second 5 to second 8"):
        encoded(Place(recording), 5.0, 8.0, tmp_path / "clip.mp4")
