"""Colours of clothing as words. Pictures are drawn with colours that people name without hesitation."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from reid_core.colours import CLEAR, COLOURS, clothing

NAMED = {
    "black": (15, 15, 18), "grey": (128, 128, 128), "white": (240, 240, 240), "red": (200, 20, 30),
    "orange": (255, 128, 0), "yellow": (250, 220, 40), "green": (20, 140, 50), "blue": (20, 60, 190),
    "purple": (120, 40, 150), "pink": (250, 130, 180), "brown": (100, 60, 30),
}  # fmt: skip


def person(upper: tuple[int, int, int], lower: tuple[int, int, int], height: int = 128) -> Image.Image:
    """Before a wall: a head, a shirt from a fifth to half of the height, trousers below."""
    pixels = np.full((height, height // 2, 3), (150, 160, 150), np.uint8)
    middle = slice(height // 8, 3 * height // 8)
    pixels[: height // 6, middle] = (200, 160, 140)
    pixels[height // 6 : height // 2, middle] = upper
    pixels[height // 2 : 15 * height // 16, middle] = lower
    return Image.fromarray(pixels)


@pytest.mark.parametrize("colour", COLOURS)
def test_what_people_name_without_hesitation_is_named_so(colour: str) -> None:
    other = "white" if colour == "black" else "black"
    worn = clothing(person(NAMED[colour], NAMED[other]))
    assert (worn.upper, worn.lower) == (colour, other)
    assert min(worn.upper_share, worn.lower_share) > 0.95


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (900, 20), (64, 128), (1200, 2400)])
def test_any_size_of_picture_has_a_colour(size: tuple[int, int]) -> None:
    worn = clothing(Image.new("RGB", size, NAMED["red"]))
    assert (worn.upper, worn.lower, worn.upper_share) == ("red", "red", 1.0)


def test_a_shirt_of_many_colours_is_not_clear() -> None:
    stripes = np.array([NAMED[name] for name in ("red", "green", "blue", "white")], np.uint8)
    picture = np.repeat(np.repeat(np.tile(stripes, (4, 1)), 8, axis=0)[:, None], 64, axis=1)
    assert clothing(Image.fromarray(picture)).upper_share < CLEAR


def test_size_hardly_matters() -> None:
    small, large = (clothing(person(NAMED["green"], NAMED["blue"], height)) for height in (64, 512))
    assert (small.upper, small.lower) == (large.upper, large.lower) == ("green", "blue")
