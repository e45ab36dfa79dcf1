"""How good a crop's picture is, and which crops are the same picture saved again.

Measured once, when a crop is imported:

- Sharpness is the share of a picture's gradient energy that a slight blur takes away, after Crete et al. ("The blur
  effect: perception and estimation with a new no-reference perceptual blur metric", Human Vision and Electronic Imaging
  XII, 2007): a sharp picture loses much, a blurred one has nothing left to lose. As a share it does not depend on
  contrast or on how many edges there are; the variance of the Laplacian does, and calls people before a plain
  dark wall blurred. Pictures higher than `SEEN_HEIGHT` are reduced to it first: what that loses, a network that
  looks at 256 × 128 pixels hardly sees.
- The look is the 64-bit perceptual hash of Zauner ("Implementation and Benchmarking of Perceptual Image Hash
  Functions", 2010): signs of low DCT frequencies against their median. Saving again or resizing leaves it nearly as it
  was; a picture that differs along one axis only (flat, or even stripes) has none to speak of and gets 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt
from PIL import Image

SEEN_HEIGHT = 128  # pixels, the height of Market-1501's crops
NOISE = 2.0  # gradient energy, in squared grey levels of 255, that rounding to bytes may make: no reason to look sharp
NEAR = 6  # bits of 64 up to which two looks are of one picture

_HASH_SIDE = 32  # pixels; its DCT's frequencies 1 to 8 are hashed, as Zauner does
_LEVELS = np.arange(256)
_FREQUENCIES = np.cos(np.pi / _HASH_SIDE * np.outer(np.arange(1, 9), np.arange(_HASH_SIDE) + 0.5))  # of the DCT

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Quality:
    """All of 0 to 1: `sharpness` is about 0.7 for a good crop and below 0.3 for a blurred one, 0 where a picture is too
    thin to tell; `brightness` is the mean grey, `contrast` the range of grey from the 5th to the 95th percentile (a
    lamp or a black shoe says nothing). `look` is the hash as a signed 64-bit number.
    """

    sharpness: float
    brightness: float
    contrast: float
    look: int


@dataclass(frozen=True)
class Flaw:
    """A crop has it whose `measure` lies below `least` or above `most`: "height" (pixels), "shape" (height / width),
    "sharpness", "brightness" or "contrast". `words` follow "3 crops are"."""

    words: str
    measure: str
    least: float = -math.inf
    most: float = math.inf


# Worst for recognition first. Chosen so that of Market-1501's crops only the plainly poor have one.
FLAWS = {
    "small": Flaw("lower than 64 pixels", "height", least=64),  # networks look at 256, a fourfold enlargement
    "blurred": Flaw("blurred", "sharpness", least=0.32),  # as any crop by a Gaussian of 2 pixels in a height of 128
    "dark": Flaw("dark", "brightness", least=0.12),
    "overexposed": Flaw("overexposed", "brightness", most=0.85),
    "washed out": Flaw("washed out", "contrast", least=0.15),
    "odd shape": Flaw("of an odd shape", "shape", least=1.2, most=5.0),  # half a body or a scene; a strip
}


def measure(image: Image.Image) -> Quality:
    """The numbers of one RGB picture of any size; always finite."""
    grey = image.convert("L")
    if grey.height > SEEN_HEIGHT:
        size = (max(1, round(grey.width * SEEN_HEIGHT / grey.height)), SEEN_HEIGHT)
        grey = grey.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    counts = np.asarray(grey.histogram(), np.int64)
    total = grey.width * grey.height
    low, high = np.searchsorted(np.cumsum(counts), (0.05 * total, 0.95 * total))
    brightness = float(counts @ _LEVELS) / (255 * total)
    return Quality(_sharpness(grey), brightness, float(high - low) / 255, _look(grey))


def flaws(width: int, height: int, sharpness: float, brightness: float, contrast: float) -> tuple[str, ...]:
    """What is wrong with a crop, by the keys of `FLAWS`, worst first; a number that is unknown (NaN) is no flaw."""
    of = {"height": height, "shape": height / max(width, 1), "sharpness": sharpness}
    of |= {"brightness": brightness, "contrast": contrast}
    return tuple(key for key, flaw in FLAWS.items() if of[flaw.measure] < flaw.least or of[flaw.measure] > flaw.most)


class Lookalikes:
    """Looks of many crops, and for any look the nearest of them: 256 among a million take about 0.2 s on one core."""

    def __init__(self, ids: Sequence[int] | Numbers = (), looks: Sequence[int] | Numbers = ()) -> None:
        self._index = faiss.IndexBinaryIDMap(faiss.IndexBinaryFlat(64))
        self.add(ids, looks)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Sequence[int] | Numbers, looks: Sequence[int] | Numbers) -> None:
        """Put (N,) looks in under (N,) ids. Raises ValueError when there are not as many of one as of the other."""
        numbers, rows = np.asarray(ids, np.int64), _bytes(looks)
        if numbers.shape != (len(rows),):
            raise ValueError(f"{numbers.shape} ids for {len(rows)} looks")
        if len(rows):
            self._index.add_with_ids(rows, numbers)

    def nearest(self, looks: Sequence[int] | Numbers) -> tuple[Numbers, Numbers]:
        """Of (N,) looks the (N,) ids of the nearest that are in, and the (N,) distances: bits of 64 that differ.

        Two pictures are one and the same at up to `NEAR` bits. Of several at one distance any is given. While
        none is in, ids are -1 and distances 65.
        """
        rows = _bytes(looks)
        if not len(self) or not len(rows):
            return np.full(len(rows), -1, np.int64), np.full(len(rows), 65, np.int64)
        distances, ids = self._index.search(rows, 1)
        return ids[:, 0].astype(np.int64), distances[:, 0].astype(np.int64)


def _sharpness(grey: Image.Image) -> float:
    sharp = np.asarray(grey, np.float32)
    if min(sharp.shape) < 6:
        return 0.0
    blurred = sharp
    for _ in range(4):  # sums of two neighbours, four times along each axis: 16 times the binomial 1 4 6 4 1, twice
        blurred = blurred[:-1] + blurred[1:]
    for _ in range(4):
        blurred = blurred[:, :-1] + blurred[:, 1:]
    before, after = _gradient_energy(sharp[2:-2, 2:-2]), _gradient_energy(blurred) / 256**2
    return max(0.0, (before - after) / (before + NOISE))


def _gradient_energy(grey: npt.NDArray[np.float32]) -> float:
    down, right = (grey[1:] - grey[:-1]).ravel(), (grey[:, 1:] - grey[:, :-1]).ravel()
    return float(down @ down) / down.size + float(right @ right) / right.size


def _look(grey: Image.Image) -> int:
    small = np.asarray(grey.resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.BILINEAR), np.float64)
    # Rounded, so that frequencies that a picture does not have are exactly 0 and not noise of either sign.
    strengths = np.round((_FREQUENCIES @ small @ _FREQUENCIES.T).ravel(), 6)
    return int(np.packbits(strengths > np.partition(strengths, 31)[31]).view(np.int64)[0])


def _bytes(looks: Sequence[int] | Numbers) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(looks, np.int64).view(np.uint8).reshape(-1, 8)
