"""Colours of a person's upper and lower clothing, as one of eleven words.

The words are the basic colour terms of Berlin and Kay ("Basic Color Terms", 1969), which people agree on. A pixel gets
the term of the nearest prototype in CIE L*a*b*, and a part of the body the term of most of its pixels; the share of
those is how clear the colour is. It is a hint to narrow a search with, no more: light, shade and white balance move
colours, bags and arms cover clothes, and grey at dusk may be anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = ("black", "grey", "white", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
CLEAR = 0.5  # share of pixels from which on a colour is taken for clear

_SIZE = (24, 64)  # pixels, width and height, to which a crop is reduced
_UPPER = (slice(12, 31), slice(7, 17))  # rows and columns of the chest: below the head, within the arms
_LOWER = (slice(35, 46), slice(8, 16))  # of the thighs: further down legs may be bare, and the ground shows
_DROPPED = 3  # bits of each channel, which say nothing of a term

# sRGB of what people in pictures of cameras wear, a few for each term: cloth is darker and duller than paint.
_PROTOTYPES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "black": ((10, 10, 10), (35, 35, 38), (52, 50, 52)),
    "grey": ((85, 85, 85), (115, 115, 118), (145, 145, 145), (100, 105, 112)),
    "white": ((190, 190, 190), (220, 220, 222), (250, 250, 250)),
    "red": ((200, 30, 40), (150, 25, 35), (110, 25, 35), (190, 60, 65)),
    "orange": ((235, 120, 30), (205, 95, 40), (240, 150, 80), (245, 85, 45)),
    "yellow": ((235, 215, 50), (200, 180, 60), (235, 225, 130)),
    "green": ((40, 140, 60), (35, 80, 45), (110, 160, 90), (80, 100, 60), (30, 130, 110)),
    "blue": ((35, 70, 180), (30, 40, 95), (80, 130, 200), (60, 85, 125), (140, 180, 225), (25, 45, 70), (65, 120, 135)),
    "purple": ((110, 50, 140), (75, 45, 95), (150, 110, 180)),
    "pink": ((235, 130, 170), (215, 60, 130), (240, 185, 200), (190, 125, 140)),
    "brown": ((110, 70, 40), (75, 50, 35), (150, 110, 75), (130, 95, 75)),
}


@dataclass(frozen=True, slots=True)
class Clothing:
    """Terms of `COLOURS`, each with the share (0 to 1) of the pixels that have it; clear from `CLEAR` on."""

    upper: str
    upper_share: float
    lower: str
    lower_share: float


def clothing(image: Image.Image) -> Clothing:
    """Colours of one crop of an upright person, an RGB picture of any size."""
    pixels = np.asarray(image.convert("RGB").resize(_SIZE, Image.Resampling.BOX, reducing_gap=2.0))
    return Clothing(*_term(pixels[_UPPER]), *_term(pixels[_LOWER]))


def _term(pixels: NDArray[np.uint8]) -> tuple[str, float]:
    red, green, blue = (pixels.reshape(-1, 3) >> _DROPPED).T
    counts = np.bincount(_terms()[red, green, blue], minlength=len(COLOURS))
    most = int(counts.argmax())
    return COLOURS[most], float(counts[most] / counts.sum())


@cache
def _terms() -> NDArray[np.intp]:
    """Place in `COLOURS` of every sRGB colour in steps of 8 levels, by red, green and blue."""
    levels = np.arange(0, 256, 1 << _DROPPED) + (1 << _DROPPED) // 2
    colours = _lab(np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3))
    points = _lab(np.array([rgb for some in _PROTOTYPES.values() for rgb in some]))
    terms = np.array([COLOURS.index(term) for term, some in _PROTOTYPES.items() for _ in some])
    nearest = (-2 * colours @ points.T + (points**2).sum(axis=1)).argmin(axis=1)
    return terms[nearest].reshape(len(levels), len(levels), len(levels))


def _lab(rgb: NDArray[np.int64]) -> NDArray[np.float64]:
    """CIE L*a*b* (D65) of (N, 3) sRGB values of 0 to 255, by IEC 61966-2-1 and CIE 15."""
    shares = rgb / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T
    roots = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = roots.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.95047], [1.0], [1.08883]])  # fmt: skip
