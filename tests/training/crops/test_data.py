from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reid_core.embedder.card import Preprocessing
from reid_core.errors import ReidError
from reid_core.training.crops.augmentation import augment
from reid_core.training.crops.data import CropReader, TrainingCrops, TrainingData, batch_items, load, network_input
from reid_core.training.crops.samplers import random_batches
from reid_core.training.recipe import Recipe

PICTURE = np.random.default_rng(0).integers(0, 256, (64, 32, 3), dtype=np.uint8)


@given(crops=st.integers(1, 300), batch_size=st.integers(2, 40), epoch=st.integers(0, 9), seed=st.integers(0, 9))
def test_an_epoch_uses_each_crop_at_most_once_in_whole_batches(
    crops: int, batch_size: int, epoch: int, seed: int
) -> None:
    batches = random_batches(crops, batch_size, epoch=epoch, seed=seed)
    used = Counter(int(row) for batch in batches for row in batch)
    assert max(used.values()) == 1
    assert set(used) <= set(range(crops))
    assert len(used) == (crops if crops <= batch_size else crops - crops % batch_size)
    again = random_batches(crops, batch_size, epoch=epoch, seed=seed)
    assert all(np.array_equal(one, other) for one, other in zip(batches, again, strict=True))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    orders = {
        tuple(np.concatenate(random_batches(100, 10, epoch=epoch, seed=seed)))
        for epoch in range(3)
        for seed in range(3)
    }
    assert len(orders) == 9


def test_without_augmentation_a_picture_is_left_as_it_is() -> None:
    plain = augment(PICTURE, Recipe(flip=0, pad_crop=0, erasing=0), np.random.default_rng(0))
    np.testing.assert_array_equal(plain, PICTURE)


def test_a_flip_is_a_mirror_image() -> None:
    mirrored = augment(PICTURE, Recipe(flip=1, pad_crop=0, erasing=0), np.random.default_rng(0))
    np.testing.assert_array_equal(mirrored, np.flip(PICTURE, axis=1))


def test_pad_crop_shifts_by_at_most_its_share_of_the_height() -> None:
    shifts = set()
    for seed in range(60):
        moved = augment(PICTURE, Recipe(flip=0, pad_crop=0.05, erasing=0), np.random.default_rng(seed))
        fits = [
            (down, right)
            for down in range(-4, 5)
            for right in range(-4, 5)
            if np.array_equal(moved[8:-8, 8:-8], np.roll(PICTURE, (down, right), axis=(0, 1))[8:-8, 8:-8])
        ]
        assert len(fits) == 1
        shifts.add(fits[0])
    assert {abs(step) for shift in shifts for step in shift} == {0, 1, 2, 3}  # 5 % of 64 is 3


@given(seed=st.integers(0, 10_000))
def test_erasing_changes_one_rectangle_of_bounded_area(seed: int) -> None:
    erased = augment(PICTURE, Recipe(flip=0, pad_crop=0, erasing=1), np.random.default_rng(seed))
    rows, columns = np.nonzero((erased != PICTURE).any(axis=2))
    area = (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1) / (64 * 32)
    assert 0.005 < area < 0.45
    assert len(rows) > 0.9 * area * 64 * 32  # filled, apart from pixels that chance left equal


def test_a_crop_that_vanished_is_named(tmp_path: Path) -> None:
    reader = CropReader([(tmp_path, "gone.jpg")], Preprocessing(64, 32))
    with pytest.raises(ReidError, match=r"gone\.jpg"):
        reader.pixels(0)


@pytest.mark.parametrize("colours", ["rgb", "bgr"])
@pytest.mark.parametrize("mean", [(0.5, 0.5, 0.5), (0.485, 0.456, 0.406)])
def test_network_input_is_what_the_card_says_to_the_bit(mean: tuple[float, float, float], colours: str) -> None:
    preprocessing = Preprocessing(32, 16, mean, (0.229, 0.224, 0.225), colours=colours)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 16, 3), dtype=np.uint8)
    made = network_input(torch.from_numpy(pixels), preprocessing)
    assert np.array_equal(made.numpy(), preprocessing.normalise(pixels))
    assert made.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_come_in_their_order_however_they_are_read(data: TrainingData, workers: int) -> None:
    reader = CropReader(data.crops[:24], Preprocessing(64, 32))
    crops = TrainingCrops(reader, np.arange(24), Recipe(height=64, width=32))
    items = batch_items([np.array(rows) for rows in np.random.default_rng(0).permutation(24).reshape(6, 4)], 3)
    for (pixels, classes), batch in zip(load(crops, items, workers=workers), items, strict=True):
        assert classes.tolist() == [row for _, row, _ in batch]
        assert all(torch.equal(one, crops[item][0]) for one, item in zip(pixels, batch, strict=True))
