from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_core.embedder.card import CARD_NAME, ModelCard, Preprocessing
from reid_core.errors import ReidError


def test_normalisation_is_the_pixel_share_less_mean_over_std() -> None:
    preprocessing = Preprocessing(16, 16, mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 1.0))
    pixels = np.zeros((1, 16, 16, 3), np.uint8)
    pixels[0, 3, 5] = (255, 51, 102)
    images = preprocessing.normalise(pixels)
    assert images.shape == (1, 3, 16, 16)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images[0, :, 3, 5], [(1 - 0.5) / 0.5, (0.2 - 0.25) / 0.25, 0.4], atol=1e-6)
    np.testing.assert_allclose(images[0, :, 0, 0], [-1, -1, 0], atol=1e-6)


def test_resizing_averages_when_it_shrinks_instead_of_picking_pixels() -> None:
    stripes = np.zeros((256, 64, 3), np.uint8)
    stripes[::2] = 200  # a picked pixel would be 0 or 200
    small = Preprocessing(32, 16).resize(Image.fromarray(stripes))
    assert small.shape == (32, 16, 3)
    assert np.abs(small[4:-4].astype(int) - 100).max() <= 12


def test_a_card_comes_back_as_it_was_written(tmp_path: Path) -> None:
    card = ModelCard(
        "Zoë's model", 512, Preprocessing(128, 64), {"backbone": "x"}, "Site A", "own data", {"epochs": 5}, {"mAP": 0.5}
    )
    card.write(tmp_path)
    assert ModelCard.read(tmp_path) == card


def test_a_row_of_numbers_is_one_line_and_text_stays_as_it_is(tmp_path: Path) -> None:
    numbers = [0.1, -2e-07, 3]
    card = ModelCard("a", 512, Preprocessing(), trained_on="[\n1,  2\n]", calibration={"site": {"fmr": numbers}})
    card.write(tmp_path)
    assert ModelCard.read(tmp_path) == card
    assert '"fmr": [0.1, -2e-07, 3]' in (tmp_path / CARD_NAME).read_text()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "x"}', '{"preprocessing": {"mean": 1}}'])
def test_a_damaged_card_is_a_sentence_that_names_the_file(tmp_path: Path, content: str) -> None:
    (tmp_path / CARD_NAME).write_text(content)
    with pytest.raises(ReidError, match=CARD_NAME):
        ModelCard.read(tmp_path)


def test_impossible_preprocessing_on_a_card_names_the_card(tmp_path: Path) -> None:
    ModelCard("x", 4, Preprocessing()).write(tmp_path)
    values = json.loads((tmp_path / CARD_NAME).read_text())
    values["preprocessing"]["mean"][1] = math.inf
    (tmp_path / CARD_NAME).write_text(json.dumps(values))
    with pytest.raises(ReidError, match=rf"{CARD_NAME} cannot be used .*inf"):
        ModelCard.read(tmp_path)


def test_what_decides_the_vectors_decides_the_identity_and_nothing_else_does() -> None:
    card = ModelCard("a", 512, Preprocessing())
    assert dataclasses.replace(card, name="b", metrics={"mAP": 1}, terms="any").identity() == card.identity()
    for other in (
        Preprocessing(height=128),
        Preprocessing(mean=(0.5, 0.5, 0.5)),
        Preprocessing(interpolation="bicubic"),
    ):
        assert dataclasses.replace(card, preprocessing=other).identity() != card.identity()


@pytest.mark.parametrize(
    "wrong",
    [
        {"height": 0},
        {"width": 5000},
        {"height": 256.0},
        {"width": 127.5},
        {"height": math.nan},
        {"std": (0.1, 0.0, 0.1)},
        {"std": (0.1, math.nan, 0.1)},
        {"std": (0.1, 0.1, math.inf)},
        {"mean": (math.nan, 0.5, 0.5)},
        {"mean": (0.5, 0.5, -math.inf)},
        {"interpolation": "nearest"},
    ],
)
def test_impossible_preprocessing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ReidError):
        Preprocessing(**wrong)  # type: ignore[arg-type]
