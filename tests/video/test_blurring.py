"""A copy that is unrecognisable in given stretches: no detail there, the same pictures elsewhere, the same moments."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.video.blurring import BlurredFilm, Stopped, unrecognisable, write_blurred
from reid_core.video.detection import SHIPPED_DETECTORS, load_detector
from reid_core.video.detection.detector import SHIPPED
from reid_core.video.detection.scene import PEOPLE, drawn_scene
from reid_core.video.stream import open_recording
from reid_core.video.stream.decoding import Decoded, Decoder
from tests.support.films import film, number_in

VARIABLE = [0.0, 0.04, 0.1, 0.5, 0.54, 0.6, 1.0, 9.0, 9.04, 9.5]  # seconds, with a gap of eight


def blurred(path: Path, spans: list[tuple[float, float]], folder: Path) -> tuple[Path, BlurredFilm]:
    place = folder / "blurred.mp4"
    with place.open("w+b") as out:
        made = write_blurred(path, spans, out)
    return place, made


def pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    return [(frame.seconds, frame.rgb()) for frame in open_recording(path).frames(rate=None)]


def steps(picture: np.ndarray) -> float:
    """The largest difference of two pixels side by side: an edge of the numbered films is 200."""
    grey = picture.astype(np.int32).mean(axis=2)
    return float(max(np.abs(np.diff(grey, axis=axis)).max() for axis in (0, 1)))


def test_in_a_stretch_no_number_can_be_read_and_elsewhere_all_can(tmp_path: Path) -> None:
    path = film(tmp_path / "gate.mp4", 100)  # four seconds
    place, made = blurred(path, [(1.0, 2.0), (3.5, 9.0)], tmp_path)
    before, after = pictures(path), pictures(place)
    hidden = [1.0 <= second <= 2.0 or second >= 3.5 for second, _ in before]
    assert (made.frames, made.blurred) == (100, sum(hidden)) == (100, 26 + 12)
    assert [second for second, _ in after] == pytest.approx([second for second, _ in before], abs=1e-5)
    for is_hidden, (_, old), (_, new) in zip(hidden, before, after, strict=True):
        if is_hidden:
            assert steps(new) < steps(old) / 4
        else:
            assert number_in(new) == number_in(old)
            assert np.abs(new.astype(int) - old).mean() < 3


def test_moments_stay_where_the_rate_varies_and_nothing_was_filmed_for_a_while(tmp_path: Path) -> None:
    path = film(tmp_path / "gate.mkv", len(VARIABLE), stamps=VARIABLE)
    place, made = blurred(path, [(0.5, 0.55)], tmp_path)
    assert [second for second, _ in pictures(place)] == pytest.approx(VARIABLE, abs=1e-5)
    assert made.blurred == 2
    assert [number_in(picture) for second, picture in pictures(place) if not 0.5 <= second <= 0.55] == [
        1, 2, 3, 6, 7, 8, 9, 10,
    ]  # fmt: skip


def test_a_film_on_its_side_is_upright_in_the_copy(tmp_path: Path) -> None:
    path = film(tmp_path / "phone.mp4", 10, rotation=90)
    place, _ = blurred(path, [], tmp_path)
    with av.open(str(place)) as opened:
        assert (opened.streams.video[0].width, opened.streams.video[0].height) == (64, 96)
        assert opened.streams.video[0].codec_context.name == "h264"
        assert not opened.streams.audio
    for (_, old), (_, new) in zip(pictures(path), pictures(place), strict=True):
        assert np.abs(new.astype(int) - old).mean() < 3


def test_odd_sides_become_even(tmp_path: Path) -> None:
    drawn = [np.full((63, 95, 3), 40 * number, np.uint8) for number in range(5)]
    path = film(tmp_path / "odd.avi", drawn, codec="mjpeg")
    place, made = blurred(path, [(0.0, 0.1)], tmp_path)
    assert made.frames == 5
    assert pictures(place)[0][1].shape == (62, 94, 3)


def test_the_shipped_detector_finds_nobody_in_a_stretch(tmp_path: Path) -> None:
    path = film(tmp_path / "street.mp4", [drawn_scene()] * 4, rate=5)
    place, _ = blurred(path, [(0.3, 1.0)], tmp_path)
    detector = load_detector(SHIPPED_DETECTORS / SHIPPED)
    found = [len(detector.detect(picture)) for _, picture in pictures(place)]
    assert found[2:] == [0, 0]
    assert min(found[:2]) >= PEOPLE


def test_what_is_left_of_a_picture_are_means_of_its_areas() -> None:
    """Two pictures whose areas have the same means become one: nothing tells them apart any more."""
    size = 120
    noise = np.random.default_rng(3).integers(0, 2, (size, 2 * size), np.uint8) * 255
    noise = noise.reshape(size // 2, 2, size, 2)
    noise[:, 1] = 255 - noise[:, 0]  # each area has as much of both
    first = np.repeat(noise.reshape(size, 2 * size, 1), 3, axis=2)
    assert first.std() > 100
    assert np.array_equal(unrecognisable(first), unrecognisable(first[::-1]))
    assert unrecognisable(first).std() < 1


def test_a_damaged_frame_behind_a_stretch_is_blurred_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = Decoder.frames

    def damaged(self: Decoder, skip: int = 0) -> Iterator[Decoded]:
        for number, one in enumerate(frames(self, skip), 1):
            yield Decoded(one.frame, one.stamp, number in (12, 13, 20))

    path = film(tmp_path / "gate.mp4", 25)
    monkeypatch.setattr(Decoder, "frames", damaged)
    place, made = blurred(path, [(0.2, 0.4)], tmp_path)  # frames 6 to 11
    monkeypatch.undo()
    assert made.blurred == 8
    assert [number for number, (_, picture) in enumerate(pictures(place), 1) if steps(picture) < 100] == [*range(6, 14)]


def test_a_stop_is_obeyed_before_the_next_frame(tmp_path: Path) -> None:
    seen: list[float] = []
    path = film(tmp_path / "gate.mp4", 50)
    with pytest.raises(Stopped):
        write_blurred(
            path, [], io.BytesIO(), stop=lambda: len(seen) == 10, on_progress=lambda done, _: seen.append(done)
        )
    assert len(seen) == 10


def test_a_full_disk_is_told_as_that(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space") as raised:
        write_blurred(film(tmp_path / "gate.mp4", 50), [(0, 1)], Full())
    assert raised.value.errno == errno.ENOSPC


def test_a_disk_that_gets_full_in_the_middle_is_told_as_that_and_not_as_the_end_that_fails_too(tmp_path: Path) -> None:
    class Small(io.BytesIO):
        def write(self, data: Any) -> int:
            if self.tell() + len(data) > size // 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    path, whole = film(tmp_path / "gate.mp4", 200), io.BytesIO()
    write_blurred(path, [], whole)
    size = whole.tell()
    with pytest.raises(OSError, match="No space") as raised:
        write_blurred(path, [], Small())
    assert raised.value.errno == errno.ENOSPC


def test_a_gap_that_an_mp4_cannot_hold_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "gate.mkv", 4, stamps=[0.0, 0.04, 40_000.0, 40_000.04])
    with pytest.raises(ReidError, match="gap of 11 hours"):
        write_blurred(path, [], io.BytesIO())


def test_the_clock_of_the_copy_is_fine_enough_for_every_moment(tmp_path: Path) -> None:
    place, _ = blurred(film(tmp_path / "gate.mp4", 30, rate=29.97), [], tmp_path)
    with av.open(str(place)) as opened:
        assert opened.streams.video[0].time_base == Fraction(1, 90_000)
