from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image, ImageFilter

from reid_core.quality import FLAWS, NEAR, Lookalikes, Quality, flaws, measure

GOOD: dict[str, Any] = {"width": 64, "height": 128, "sharpness": 0.7, "brightness": 0.4, "contrast": 0.5}


def drawn(seed: int, width: int = 64, height: int = 128) -> Image.Image:
    """Discs of many sizes and colours on grey: edges and plain parts, as in a photo, alike at every size."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0 : 4 * height, 0 : 4 * width] / (4 * height)  # drawn large, so that edges are smooth
    pixels = np.full((4 * height, 4 * width, 3), 128.0)
    for radius in np.geomspace(0.25, 0.02, 60):
        row, column = random.random(), random.random() * width / height
        pixels[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = random.integers(0, 256, 3)
    return Image.fromarray(pixels.astype(np.uint8)).resize((width, height), Image.Resampling.BOX)


def blurred(image: Image.Image, pixels: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(pixels))


def bits_that_differ(left: int, right: int) -> int:
    return bin((left ^ right) & (2**64 - 1)).count("1")


# --- sharpness ---


@pytest.mark.parametrize("seed", range(5))
def test_more_blur_is_less_sharp(seed: int) -> None:
    image = drawn(seed)
    sharpness = [measure(blurred(image, pixels)).sharpness for pixels in (0, 0.5, 1, 2, 4)]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[0] > FLAWS["blurred"].least > sharpness[-2]


@pytest.mark.parametrize("seed", range(5))
def test_size_hardly_changes_sharpness(seed: int) -> None:
    small, large = measure(drawn(seed)).sharpness, measure(drawn(seed, 256, 512)).sharpness
    assert large == pytest.approx(small, abs=0.08)


def test_a_small_picture_enlarged_is_no_sharper_than_one_blurred() -> None:
    image = drawn(1)
    enlarged = image.resize((16, 32), Image.Resampling.BOX).resize((64, 128), Image.Resampling.BILINEAR)
    assert measure(enlarged).sharpness < FLAWS["blurred"].least


@pytest.mark.parametrize("pixels", [0.0, 2.0])
def test_half_the_contrast_is_as_sharp(pixels: float) -> None:
    image = blurred(drawn(2), pixels)
    faint = Image.blend(Image.new("RGB", image.size, (128, 128, 128)), image, 0.5)
    assert measure(faint).sharpness == pytest.approx(measure(image).sharpness, abs=0.05)


def test_few_edges_are_as_sharp_as_many() -> None:
    one_edge = np.zeros((128, 64, 3), np.uint8)
    one_edge[40:, :] = 200
    assert measure(Image.fromarray(one_edge)).sharpness > 0.6


# --- brightness and contrast ---


def test_brightness_and_contrast_of_two_greys() -> None:
    pixels = np.full((100, 50, 3), 51, np.uint8)
    pixels[:50] = 153
    quality = measure(Image.fromarray(pixels))
    assert quality.brightness == pytest.approx((0.2 + 0.6) / 2)
    assert quality.contrast == pytest.approx(0.4)


def test_a_lamp_on_a_few_pixels_is_no_contrast() -> None:
    pixels = np.full((100, 100, 3), 51, np.uint8)
    pixels[:4] = 255
    assert measure(Image.fromarray(pixels)).contrast == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 128), (5, 5), (3, 2000), (2000, 3), (2, 2), (700, 40)])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 10, 90)])
def test_flat_pictures_of_any_size_have_finite_numbers(size: tuple[int, int], colour: tuple[int, int, int]) -> None:
    quality = measure(Image.new("RGB", size, colour))
    assert quality.sharpness == pytest.approx(0, abs=1e-6)
    assert 0 <= quality.brightness <= 1
    assert quality.contrast == 0
    assert quality.look == 0


@settings(max_examples=60, deadline=None)
@given(some.integers(1, 300), some.integers(1, 300), some.integers(0, 10))
def test_noise_of_any_size_has_numbers_within_their_ranges(width: int, height: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    quality = measure(Image.fromarray(noise))
    assert all(0 <= value <= 1 for value in (quality.sharpness, quality.brightness, quality.contrast))
    assert -(2**63) <= quality.look < 2**63
    assert type(quality.look) is int  # SQLite would store numpy's as bytes


# --- flaws ---


def test_a_good_crop_has_no_flaw() -> None:
    assert flaws(**GOOD) == ()


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"width": 20, "height": 50}, "small"),
        ({"sharpness": 0.1}, "blurred"),
        ({"brightness": 0.05}, "dark"),
        ({"brightness": 0.95}, "overexposed"),
        ({"contrast": 0.05}, "washed out"),
        ({"width": 200, "height": 150}, "odd shape"),
        ({"width": 20, "height": 150}, "odd shape"),
    ],
)
def test_each_flaw_has_its_word(change: dict[str, Any], flaw: str) -> None:
    assert flaws(**{**GOOD, **change}) == (flaw,)


def test_what_is_not_known_is_no_flaw() -> None:
    assert flaws(64, 128, math.nan, math.nan, math.nan) == ()


# --- looks ---


def look_by_hand(image: Image.Image) -> int:
    """Zauner's hash with the cosines written out; the picture is 32 × 32, so that nothing is resized."""
    grey = np.asarray(image.convert("L"), float)
    strengths = []
    for down in range(1, 9):
        for right in range(1, 9):
            rows = [math.cos(math.pi * down * (2 * row + 1) / 64) for row in range(32)]
            columns = [math.cos(math.pi * right * (2 * column + 1) / 64) for column in range(32)]
            strengths.append(float((grey * np.outer(rows, columns)).sum()))
    ordered = sorted(strengths)
    median = (ordered[31] + ordered[32]) / 2
    digits = ["1" if strength > median else "0" for strength in strengths]
    octets = [int("".join(digits[start : start + 8]), 2) for start in range(0, 64, 8)]
    return int.from_bytes(bytes(octets), "little", signed=True)


@pytest.mark.parametrize("seed", range(10))
def test_look_is_zauners_hash(seed: int) -> None:
    image = drawn(seed, 32, 32)
    assert measure(image).look == look_by_hand(image)


@pytest.mark.parametrize("seed", range(10))
def test_a_resized_picture_looks_the_same_and_another_does_not(seed: int) -> None:
    image = drawn(seed)
    look = measure(image).look
    for size in ((32, 64), (48, 96), (128, 256)):
        assert bits_that_differ(look, measure(image.resize(size, Image.Resampling.BICUBIC)).look) <= NEAR
    assert bits_that_differ(look, measure(drawn(seed + 100)).look) > NEAR


looks_of_many = some.lists(some.integers(-(2**63), 2**63 - 1), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(looks_of_many, looks_of_many, looks_of_many)
def test_nearest_is_the_one_with_fewest_different_bits(first: list[int], more: list[int], asked: list[int]) -> None:
    held = first + more
    ids = [1000 - 7 * place for place in range(len(held))]
    lookalikes = Lookalikes(ids[: len(first)], first)
    lookalikes.add(ids[len(first) :], more)
    assert len(lookalikes) == len(held)
    found, distances = lookalikes.nearest(asked)
    for look, crop, distance in zip(asked, found, distances, strict=True):
        assert distance == min(bits_that_differ(look, other) for other in held)
        assert distance == bits_that_differ(look, held[ids.index(int(crop))])


def test_among_none_nothing_is_near() -> None:
    ids, distances = Lookalikes().nearest([5, -5])
    assert ids.tolist() == [-1, -1]
    assert min(distances) > NEAR


def test_asking_for_nothing_gives_nothing() -> None:
    ids, distances = Lookalikes([1], [2]).nearest([])
    assert len(ids) == len(distances) == 0


def test_an_id_for_each_look() -> None:
    with pytest.raises(ValueError, match="looks"):
        Lookalikes([1, 2], [3])


def test_a_quality_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Quality(0.5, 0.5, 0.5, 1).look = 2  # type: ignore[misc]
