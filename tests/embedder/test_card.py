from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_core.embedder.card import CARD_NAME, MOST_CARD_BYTES, ModelCard, Preprocessing
from reid_core.embedder.preprocessing import AS_BYTES
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


def test_colours_and_layout_are_those_of_the_network() -> None:
    preprocessing = Preprocessing(16, 16, mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 1.0), colours="bgr", layout="nhwc")
    pixels = np.zeros((1, 16, 16, 3), np.uint8)
    pixels[0, 3, 5] = (255, 51, 102)
    images = preprocessing.normalise(pixels)
    assert images.shape == (1, 16, 16, 3)
    np.testing.assert_allclose(images[0, 3, 5], [0.4, (0.2 - 0.25) / 0.25, (1 - 0.5) / 0.5], atol=1e-6)


def test_bytes_go_in_as_they_are() -> None:
    pixels = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(1, 16, 16, 3)
    images = Preprocessing(16, 16, *AS_BYTES, input_type="uint8").normalise(pixels)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, pixels.transpose(0, 3, 1, 2))
    as_floats = Preprocessing(16, 16, *AS_BYTES).normalise(pixels)
    np.testing.assert_allclose(as_floats, pixels.transpose(0, 3, 1, 2), rtol=1e-6)


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


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "1", '{"name": "x"}', '{"preprocessing": {"mean": 1}}', "[" * 100_000, "9" * 5_000,
        '{"name": "x", "metrics": ' + '{"a":' * 200 + "1" + "}" * 201, "\udcff", " " * (MOST_CARD_BYTES + 1),
    ],
)  # fmt: skip
def test_a_damaged_card_is_a_sentence_that_names_the_file(tmp_path: Path, content: str) -> None:
    (tmp_path / CARD_NAME).write_text(content, errors="surrogateescape")
    with pytest.raises(ReidError, match=CARD_NAME):
        ModelCard.read(tmp_path)


def test_impossible_preprocessing_on_a_card_names_the_card(tmp_path: Path) -> None:
    ModelCard("x", 4, Preprocessing()).write(tmp_path)
    values = json.loads((tmp_path / CARD_NAME).read_text())
    values["preprocessing"]["mean"][1] = math.inf
    (tmp_path / CARD_NAME).write_text(json.dumps(values))
    with pytest.raises(ReidError, match=rf"{CARD_NAME} cannot be used .*inf"):
        ModelCard.read(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("name", "a\0b\n\x1b[31m", "cannot be printed"), ("embedding_size", 0, "not a number of 1 to")],
)
def test_a_name_that_cannot_be_printed_and_a_size_of_nothing_are_refused(
    tmp_path: Path, name: str, value: object, said: str
) -> None:
    ModelCard("x", 4, Preprocessing()).write(tmp_path)
    values = json.loads((tmp_path / CARD_NAME).read_text())
    (tmp_path / CARD_NAME).write_text(json.dumps({**values, name: value}))
    with pytest.raises(ReidError, match=said) as raised:
        ModelCard.read(tmp_path)
    assert "\x1b" not in str(raised.value)


def _card_or_sentence(folder: Path) -> ModelCard | str:
    try:
        return ModelCard.read(folder)
    except ReidError as error:
        return str(error)


WRONG: tuple[object, ...] = (
    None, True, 1, 1.5, math.nan, math.inf, 10**400, "text", "\ud800", "", [], [1], {}, {"a": 1}, [[[[]]]],
)  # fmt: skip


@pytest.mark.parametrize("name", ["name", "embedding_size", "architecture", "trained_on", "terms", "recipe", "metrics",
                                  "calibration", "preprocessing", "unknown"])  # fmt: skip
def test_a_value_of_any_kind_in_any_place_is_a_card_or_a_sentence(tmp_path: Path, name: str) -> None:
    ModelCard("x", 4, Preprocessing()).write(tmp_path)
    good = json.loads((tmp_path / CARD_NAME).read_text())
    for value in WRONG:
        (tmp_path / CARD_NAME).write_text(json.dumps({**good, name: value}))
        card = _card_or_sentence(tmp_path)
        if isinstance(card, str):
            assert CARD_NAME in card
            assert len(card) < 600
            continue
        card.identity()
        assert all(text.encode() or True for text in (card.name, card.terms, card.trained_on))
        for table in (card.architecture, card.recipe, card.metrics, card.calibration or {}):
            assert isinstance(table, dict)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Preprocessing)])
def test_a_value_of_any_kind_in_a_preprocessing_is_one_or_a_sentence(tmp_path: Path, name: str) -> None:
    ModelCard("x", 4, Preprocessing()).write(tmp_path)
    good = json.loads((tmp_path / CARD_NAME).read_text())
    wrong = (*WRONG, [0.5, 0.5], [0.5, 0.5, "x"], [0.5, 0.5, None], [0.5, 0.5, 10**400], [True, True, True], 64)
    for value in wrong:
        (tmp_path / CARD_NAME).write_text(json.dumps({**good, "preprocessing": {**good["preprocessing"], name: value}}))
        card = _card_or_sentence(tmp_path)
        if isinstance(card, str):
            assert len(card) < 600
            continue
        assert card.preprocessing.describe()
        assert np.isfinite(card.preprocessing.scale_and_shift()).all()


def test_an_unknown_key_is_named_with_the_nearest_known(tmp_path: Path) -> None:
    ModelCard("x", 4, Preprocessing()).write(tmp_path)
    values = json.loads((tmp_path / CARD_NAME).read_text())
    values["preprocessing"]["heigth"] = values["preprocessing"].pop("height")
    (tmp_path / CARD_NAME).write_text(json.dumps(values))
    with pytest.raises(ReidError, match="'heigth' is no entry of a preprocessing; did it mean 'height'"):
        ModelCard.read(tmp_path)


def test_a_card_of_before_colours_and_layout_keeps_its_identity(tmp_path: Path) -> None:
    card = ModelCard("x", 4, Preprocessing(128, 64, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)))
    expected = {
        "architecture": {},
        "embedding_size": 4,
        "preprocessing": {
            "height": 128, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3, "width": 64,
        },
    }  # fmt: skip
    assert card.identity() == json.dumps(expected, sort_keys=True).encode()
    card.write(tmp_path)
    written = json.loads((tmp_path / CARD_NAME).read_text())["preprocessing"]
    assert written.keys() == expected["preprocessing"].keys()  # type: ignore[attr-defined]


def test_what_decides_the_vectors_decides_the_identity_and_nothing_else_does() -> None:
    card = ModelCard("a", 512, Preprocessing())
    assert dataclasses.replace(card, name="b", metrics={"mAP": 1}, terms="any").identity() == card.identity()
    for other in (
        Preprocessing(height=128),
        Preprocessing(mean=(0.5, 0.5, 0.5)),
        Preprocessing(interpolation="bicubic"),
        Preprocessing(colours="bgr"),
        Preprocessing(layout="nhwc"),
        Preprocessing(64, 32, *AS_BYTES, input_type="uint8"),
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
        {"interpolation": ["bilinear"]},
        {"colours": "grb"},
        {"layout": "chwn"},
        {"input_type": "int8"},
        {"input_type": "uint8"},
        {"mean": (0.5, 0.5)},
        {"mean": [0.5, 0.5, 0.5]},
        {"std": (10**400, 1, 1)},
        {"height": True},
    ],
)
def test_impossible_preprocessing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ReidError):
        Preprocessing(**wrong)  # type: ignore[arg-type]
