"""Where embedders look whose answer is known: they see one region only, or one thing in each of two pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from reid_core.embedder.activation import COLUMNS, ROWS, Pixels, agreeing, hide_patches, looked_at
from reid_core.embedder.inference import Embedder
from tests.conftest import tiny_picture

HEIGHT, WIDTH = 64, 32  # a cell is 4 × 4 pixels


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def red_in_the_third_band(pictures: Sequence[Pixels]) -> np.ndarray:
    """The share of red in rows 32 to 48, columns 8 to 16; the rest of the picture is not seen."""
    red = np.array([picture[32:48, 8:16, 0].mean() / 255 for picture in pictures])
    return unit(np.stack([red, np.full(len(red), 0.5)], axis=1))


def picture(colour: int = 0) -> Pixels:
    found = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    found[32:48, 8:16, colour] = 240
    return found


def test_it_looks_where_it_sees_and_nowhere_else() -> None:
    heat = looked_at(hide_patches(red_in_the_third_band, picture()))
    assert heat.shape == (ROWS, COLUMNS)
    inside = np.zeros((ROWS, COLUMNS), bool)
    inside[8:12, 2:4] = True
    touched = np.zeros((ROWS, COLUMNS), bool)
    touched[7:13, 1:5] = True  # patches are two cells wide, so the region's neighbours share in them
    assert (heat[inside] > 0).all()
    assert heat[~touched] == pytest.approx(0, abs=1e-6)
    assert heat[inside].min() > heat[touched & ~inside].max()


def test_the_heat_of_a_corner_is_what_hiding_it_does() -> None:
    """The corner's cell has one patch: 8 × 8 pixels at the top left."""

    def top_left(pictures: Sequence[Pixels]) -> np.ndarray:
        return unit(np.array([[one[:8, :8].mean(), 100.0] for one in pictures]))

    seen = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    seen[:8, :8] = 200
    mean = round(100 + 100 * 64 / (HEIGHT * WIDTH))
    expected = 1 - float(unit(np.array([[200, 100.0]]))[0] @ unit(np.array([[mean, 100.0]]))[0])
    hidden = hide_patches(top_left, seen)
    assert looked_at(hidden)[0, 0] == pytest.approx(expected, abs=1e-6)
    assert hidden.most == pytest.approx(expected, abs=1e-6)  # no other patch matters
    assert hidden.similarity(hidden) == pytest.approx(1)


def test_a_picture_of_one_colour_holds_nothing_to_look_at() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    assert looked_at(hide_patches(red_in_the_third_band, plain)) == pytest.approx(0, abs=1e-6)


def test_what_two_have_in_common_speaks_for_them_and_the_rest_against() -> None:
    """The upper half is alike in both, the lower half differs: seen as two directions of the vector."""

    def halves(pictures: Sequence[Pixels]) -> np.ndarray:
        rows = [[one[:32, :, 0].mean(), one[32:, :, 0].mean(), one[32:, :, 1].mean(), 20.0] for one in pictures]
        return unit(np.array(rows))

    one, other = np.full((HEIGHT, WIDTH, 3), 10, np.uint8), np.full((HEIGHT, WIDTH, 3), 10, np.uint8)
    one[:32, :, 0] = other[:32, :, 0] = 220
    one[32:, :, 0], other[32:, :, 1] = 200, 200
    heat = agreeing(hide_patches(halves, one), halves([other])[0])
    assert (heat[:15] > 0).all()
    assert (heat[17:] < 0).all()


def test_every_onnx_model_can_be_asked(tiny_model: Path) -> None:
    embedder = Embedder(tiny_model, "cpu")
    hidden = hide_patches(embedder.embed_pixels, embedder.prepare(tiny_picture(1, 0)))
    assert hidden.whole == pytest.approx(embedder.embed([tiny_picture(1, 0)])[0], abs=1e-6)
    heat = looked_at(hidden)
    assert heat.max() > 0.001
    # It sees mean colours of whole stripes: two rows of cells each, the same in every column but the edges'.
    assert np.ptp(heat[4:6, 2:6]) < 0.3 * heat[4:6].mean()
