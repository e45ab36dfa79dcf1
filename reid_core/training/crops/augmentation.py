"""Augmentation of training crops, and the picture of one augmented batch that a run keeps."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from reid_core.files import write_atomically
from reid_core.training.recipe import Recipe

Pixels = npt.NDArray[np.uint8]
_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
LARGEST_PICTURE = 64  # crops


def augment(pixels: Pixels, recipe: Recipe, random: np.random.Generator) -> Pixels:
    """A mirrored, shifted, recoloured and partly erased copy of (H, W, 3) pixels."""
    height, width, _ = pixels.shape
    if random.random() < recipe.flip:
        pixels = pixels[:, ::-1]
    if pad := round(recipe.pad_crop * height):
        down, right = random.integers(0, 2 * pad + 1, size=2)
        rows = (np.arange(height) + down - pad).clip(0, height - 1)  # what comes in repeats the edge
        columns = (np.arange(width) + right - pad).clip(0, width - 1)
        pixels = pixels.take(rows, axis=0).take(columns, axis=1)
    if recipe.colour_jitter:
        pixels = recolour(pixels, *random.uniform(1 - recipe.colour_jitter, 1 + recipe.colour_jitter, size=3))
    if random.random() < recipe.erasing:
        pixels = pixels.copy()
        area, aspect = random.uniform(0.02, 0.33), np.exp(random.uniform(np.log(0.3), np.log(3.3)))
        tall = min(height, max(1, round(np.sqrt(area * height * width * aspect))))
        wide = min(width, max(1, round(np.sqrt(area * height * width / aspect))))
        top, left = random.integers(0, height - tall + 1), random.integers(0, width - wide + 1)
        pixels[top : top + tall, left : left + wide] = random.integers(0, 256, (tall, wide, 3))
    return np.require(pixels, requirements=["C", "W"])


def recolour(pixels: Pixels, brightness: float, contrast: float, saturation: float) -> Pixels:
    """All values times `brightness`, then away from their mean by `contrast`, then from their grey by `saturation`."""
    values = pixels.astype(np.float32) * np.float32(brightness)
    mean = (values @ _GREY).mean()
    values = mean + (values - mean) * np.float32(contrast)
    grey = (values @ _GREY)[..., None]
    values = grey + (values - grey) * np.float32(saturation)
    return np.rint(values).clip(0, 255).astype(np.uint8)


def save_batch_picture(file: Path, pixels: Pixels) -> None:
    """The first of (B, H, W, 3) augmented crops side by side, about as wide as high, as JPEG."""
    crops = pixels[:LARGEST_PICTURE]
    count, height, width, _ = crops.shape
    columns = min(count, math.ceil(math.sqrt(count * height / width)))
    rows = math.ceil(count / columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    for number, crop in enumerate(crops):
        sheet.paste(Image.fromarray(crop), (number % columns * width, number // columns * height))
    content = io.BytesIO()
    sheet.save(content, "JPEG", quality=90)
    write_atomically(file, lambda opened: opened.write(content.getvalue()))
