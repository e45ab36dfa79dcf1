"""Pictures stand upright, in square pixels, without combs and in the right colours; crops equal the whole frame's."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reid_core.video.stream import Frame, Reading, open_recording
from reid_core.video.stream.pictures import Converter, Shot, Upright
from tests.support.films import film, number_in, numbered


def first_of(path: Path, **how) -> Frame:
    return next(open_recording(path, Reading(**how)).frames(rate=None))


def arrow(width: int = 96, height: int = 64) -> np.ndarray:
    """Bright at the top left, less so at the top right, dark below."""
    picture = np.full((height, width, 3), 16, np.uint8)
    picture[: height // 2, : width // 2] = 235
    picture[: height // 2, width // 2 :] = 128
    return picture


def circle(width: int, height: int) -> np.ndarray:
    """White on black, as wide and as high as `height` when pixels are width : height of a display of 4 : 3."""
    y, x = np.mgrid[:height, :width]
    inside = ((x + 0.5) / width * 4 / 3 - 2 / 3) ** 2 + ((y + 0.5) / height - 0.5) ** 2 < 0.4**2
    return np.repeat((inside * 219 + 16).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
def test_a_film_that_is_tagged_as_turned_stands_upright(tmp_path: Path, clockwise: int) -> None:
    lying = np.ascontiguousarray(np.rot90(arrow(), clockwise // 90))  # as the sensor of a turned phone sees it
    path = film(tmp_path / "turned.mp4", [lying] * 3, rotation=-clockwise)
    recording = open_recording(path)
    frame = next(recording.frames())
    assert recording.facts.rotation == clockwise
    assert (recording.facts.width, recording.facts.height) == (frame.width, frame.height) == (96, 64)
    assert np.abs(frame.rgb().astype(int) - arrow()).mean() < 8
    assert frame.rgb(48, 32).shape == (32, 48, 3)
    assert np.abs(frame.rgb(48, 32).astype(int) - arrow(48, 32)).mean() < 12
    for box in ((0, 0, 96, 64), (11, 5, 60, 47), (40, 30, 96, 64), (0, 0, 3, 3)):
        left, top, right, bottom = box
        assert (frame.crop(*box) == frame.rgb()[top:bottom, left:right]).all()


@pytest.mark.parametrize(
    ("width", "height", "aspect", "size"),
    [(704, 288, Fraction(6, 11), (704, 528)), (720, 576, Fraction(16, 15), (768, 576)), (64, 48, None, (64, 48))],
)
def test_a_circle_stays_round_whatever_the_shape_of_pixels(
    tmp_path: Path, width: int, height: int, aspect: Fraction | None, size: tuple[int, int]
) -> None:
    frame = first_of(film(tmp_path / "circle.mp4", [circle(width, height)] * 2, pixel_aspect=aspect))
    assert (frame.width, frame.height) == size
    rows, columns = (frame.rgb()[:, :, 0] > 127).any(axis=1), (frame.rgb()[:, :, 0] > 127).any(axis=0)
    assert columns.sum() == pytest.approx(rows.sum(), rel=0.02)
    left, top, right, bottom = 10, 20, 50, 45
    assert (frame.crop(left, top, right, bottom) == frame.rgb()[top:bottom, left:right]).all()


def test_the_shape_of_pixels_can_be_set_where_the_file_does_not_say_it(tmp_path: Path) -> None:
    path = film(tmp_path / "unsaid.mp4", [circle(704, 288)] * 2)
    assert first_of(path).height == 288
    assert (first_of(path, pixel_aspect=Fraction(6, 11)).height, first_of(path).width) == (528, 704)


def comb(number: int, first: str = "tff") -> np.ndarray:
    """A white bar that moves to the right by 8 pixels from field to field."""
    picture = np.full((64, 96, 3), 16, np.uint8)
    at = 10 + 16 * number
    first_lines = int(first == "bff")
    picture[first_lines::2, at : at + 16] = 235
    picture[1 - first_lines :: 2, at + 8 : at + 24] = 235
    return picture


def combing(picture: np.ndarray) -> float:
    """How much lines differ from both their neighbours, in one direction: high where two fields are woven."""
    lines = picture[:, :, 0].astype(int)
    return float(np.abs(2 * lines[1:-1] - lines[:-2] - lines[2:]).mean())


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_fields_are_made_whole_frames_where_the_film_says_that_it_has_them(tmp_path: Path, order: str) -> None:
    path = film(tmp_path / "fields.mp4", [comb(number, order) for number in range(4)], interlaced=order)
    recording = open_recording(path)
    frames = list(recording.frames(rate=None))
    assert recording.facts.interlaced
    assert [frame.number for frame in frames] == [1, 2, 3, 4]
    assert [frame.seconds for frame in frames] == [0, 0.04, 0.08, 0.12]
    woven = combing(comb(1))
    assert all(combing(frame.rgb()) < woven / 4 for frame in frames)
    assert combing(first_of(path, interlaced=False).rgb()) > woven / 2


def test_fields_are_made_whole_by_hand_where_the_film_does_not_say_so(tmp_path: Path) -> None:
    path = film(tmp_path / "unsaid.mp4", [comb(number) for number in range(4)])
    assert combing(first_of(path).rgb()) > combing(comb(0)) / 2
    assert combing(first_of(path, interlaced=True).rgb()) < combing(comb(0)) / 4


def shot_of(format: str, size: tuple[int, int], seed: int = 0) -> tuple[Shot, av.VideoFrame]:
    """A smooth random frame in this pixel format."""
    width, height = size
    small = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    picture = np.ascontiguousarray(small.repeat(8, axis=0).repeat(8, axis=1))
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=format)
    return Shot(frame, Converter(Upright(width, height))), frame


@pytest.mark.parametrize(
    "format", ["yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "nv12", "yuv420p10le", "gray"]
)
def test_a_crop_is_the_same_as_that_part_of_the_whole_frame(format: str) -> None:
    for seed, (left, top, right, bottom) in enumerate(
        [(0, 0, 20, 30), (33, 17, 70, 63), (31, 16, 32, 17), (150, 90, 160, 96), (1, 1, 159, 95)]
    ):
        shot, frame = shot_of(format, (160, 96), seed)
        whole = Shot(frame, Converter(Upright(160, 96))).rgb()
        differs = np.abs(shot.crop(left, top, right, bottom).astype(int) - whole[top:bottom, left:right])
        assert differs.max() <= 2 * ("422" in format)  # there swscale rounds by the place in the picture


def test_a_crop_takes_every_pixel_that_the_box_touches_and_stays_in_the_frame() -> None:
    shot, _ = shot_of("yuv420p", (160, 96))
    assert shot.crop(10.9, 20.1, 30.2, 40.0).shape == (20, 21, 3)
    assert shot.crop(-50, -50, 5, 7).shape == (7, 5, 3)
    assert shot.crop(150.5, 90, 1000, 1000).shape == (6, 10, 3)
    with pytest.raises(ValueError, match="outside"):
        shot.crop(200, 10, 220, 20)


def test_a_crop_is_a_copy_that_can_be_changed() -> None:
    shot, _ = shot_of("yuv420p", (160, 96))
    before = shot.rgb()
    for box in ((0, 0, 10, 10), (0, 0, 160, 96)):
        shot.crop(*box)[:] = 0
    assert (shot.rgb() == before).all()


@pytest.mark.parametrize(("height", "luma", "blue", "red"), [(720, 63, 102, 240), (576, 81, 90, 240)])
def test_red_is_red_by_the_standard_of_the_size(height: int, luma: int, blue: int, red: int) -> None:
    """Pure red in limited range: BT.709 has Y 63, Cb 102, Cr 240, BT.601 has 81, 90, 240."""
    frame = av.VideoFrame(64, height, "yuv420p")
    for plane, value in zip(frame.planes, (luma, blue, red), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    shot = Shot(frame, Converter(Upright(64, height)))
    for picture in (shot.crop(8, 8, 20, 20), shot.rgb(32, height // 2), shot.rgb()):
        assert np.abs(picture.reshape(-1, 3).mean(axis=0) - (255, 0, 0)).max() < 4


def test_shrinking_averages_and_does_not_alias() -> None:
    stripes = np.zeros((96, 160, 3), np.uint8)
    stripes[:, ::2] = 255
    frame = av.VideoFrame.from_ndarray(stripes, format="rgb24").reformat(format="yuv444p")
    small = Shot(frame, Converter(Upright(160, 96))).rgb(40, 24)
    assert np.abs(small.astype(int) - 128).max() < 12


def test_a_size_that_changes_in_the_middle_keeps_the_recording_s_size(tmp_path: Path) -> None:
    first = film(tmp_path / "first.ts", 20)
    second = film(tmp_path / "second.ts", [numbered(number, 192, 128) for number in range(21, 41)])
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    recording = open_recording(joined)
    frames = list(recording.frames(rate=None))
    assert [number_in(frame.rgb()) for frame in frames] == list(range(1, 41))
    assert {frame.rgb().shape for frame in frames} == {(64, 96, 3)}
    assert {frame.crop(10, 10, 30, 40).shape for frame in frames} == {(30, 20, 3)}
    assert recording.problems.resized == 1
