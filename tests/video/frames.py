"""Frames that are drawn when they are cut, so that tests need no video."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reid_core.video.best_crops import Box

RED, BLUE, GREY = (200, 40, 40), (40, 60, 200), (110, 110, 110)
Figure = tuple[Box, tuple[int, int, int]]


@dataclass
class DrawnFrame:
    """People are checked rectangles of one colour; the first stand in front. `cuts` counts what was cut from it."""

    number: int
    seconds: float
    people: Sequence[Figure] = ()
    width: int = 640
    height: int = 480
    damaged: bool = False
    cuts: list[Box] = field(default_factory=list)
    _picture: NDArray[np.uint8] | None = None

    def crop(self, left: float, top: float, right: float, bottom: float) -> NDArray[np.uint8]:
        self.cuts.append((left, top, right, bottom))
        if self._picture is None:
            self._picture = self._drawn()
        rows = slice(max(0, math.floor(top)), math.ceil(bottom))
        return self._picture[rows, max(0, math.floor(left)) : math.ceil(right)].copy()

    def _drawn(self) -> NDArray[np.uint8]:
        picture = np.full((self.height, self.width, 3), GREY, np.uint8)
        for (left, top, right, bottom), colour in reversed(self.people):
            inner = picture[max(0, int(top)) : max(0, int(bottom)), max(0, int(left)) : max(0, int(right))]
            inner[:] = colour
            inner[::4, ::4] = 255  # a texture, so that a crop has edges
        return picture
