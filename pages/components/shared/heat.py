"""What a model finds in a picture, laid over it in two colours."""

from __future__ import annotations

import numpy as np
from PIL import Image

from reid_core.embedder.activation import Heat

HEIGHT = 512  # pixels of a picture with colour over it: a crop is small, and the colour is to be smooth
FOR, AGAINST = (47, 170, 190), (225, 95, 30)
STRONGEST = 0.78  # of the colour over the picture


def laid_over(picture: Image.Image, heat: Heat, most: float) -> Image.Image:
    """The picture with the heat (rows, columns) over it, from -most (against) to most (for one person)."""
    size = (max(1, round(picture.width * HEIGHT / picture.height)), HEIGHT)
    large = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.float32)
    fine = np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BICUBIC), np.float32)
    strength = np.clip(np.abs(fine) / (most if most > 0 else np.inf), 0, 1)[..., None] * STRONGEST
    colour = np.where(fine[..., None] >= 0, np.array(FOR, np.float32), np.array(AGAINST, np.float32))
    below = 0.45 * large + 0.55 * large.mean(axis=2, keepdims=True)  # quieter, so that the colour is no clothing
    mixed = below * (1 - strength) + colour * strength
    return Image.fromarray(mixed.round().astype(np.uint8))
