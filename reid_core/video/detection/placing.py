"""Where parts of a picture go in a network's input, and where boxes of the input lie in the picture.

A picture is looked at whole, and, where a detector's card says so, in tiles besides: rows and columns that overlap by a
quarter, so that a person of up to that size is whole in one of them (https://arxiv.org/abs/2202.06934).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from reid_core.video.boxes import Array
from reid_core.video.detection.card import Input, Tiles

OVERLAP = 0.25  # of a tile's side
AT_THE_EDGE = 0.025  # of a tile's longer side: a box that ends so near to its edge is cut by it, for boxes are inexact
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Part:
    """A rectangle of the picture, in whole pixels of it, that is put into the network as one input."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        return self.right - self.left, self.bottom - self.top


def grid_of(width: int, height: int, tiles: Tiles) -> Tiles:
    """Rows and columns of a picture of that size: `tiles` are those of one that is wider than high."""
    return tiles if width >= height else (tiles[1], tiles[0])


def parts_of(width: int, height: int, tiles: Tiles) -> list[Part]:
    """The whole picture first, then its tiles row by row; the whole alone where there is one row and one column."""
    whole = Part(0, 0, width, height)
    if tiles == (1, 1):
        return [whole]
    grid = grid_of(width, height, tiles)
    rows, columns = (_spans(side, count) for side, count in zip((height, width), grid, strict=True))
    return [whole, *(Part(left, top, right, bottom) for top, bottom in rows for left, right in columns)]


def _spans(side: int, count: int) -> list[tuple[int, int]]:
    """Start and end of `count` equal lengths that cover the side.

    >>> _spans(100, 2)
    [(0, 58), (42, 100)]
    """
    length = min(side, math.ceil(side / (count - (count - 1) * OVERLAP)))
    starts = [round(place * (side - length) / max(1, count - 1)) for place in range(count)]
    return [(start, start + length) for start in starts]


def scaled_size(width: int, height: int, taken: Input) -> tuple[int, int]:
    """Width and height that a picture has in the input."""
    if taken.fit == "stretched":
        return taken.width, taken.height
    factor = min(taken.width / width, taken.height / height)
    return max(1, min(taken.width, round(width * factor))), max(1, min(taken.height, round(height * factor)))


def filled(picture: Pixels, part: Part, taken: Input) -> Pixels:
    """The network's input, RGB bytes (height, width, 3), with that part of the picture (H, W, 3) in it."""
    cut = picture[part.top : part.bottom, part.left : part.right]
    size = scaled_size(*part.size, taken)
    if part.size != size:
        image = Image.fromarray(np.ascontiguousarray(cut))
        cut = np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    if size == (taken.width, taken.height):
        return np.ascontiguousarray(cut)
    canvas = np.full((taken.height, taken.width, 3), taken.pad, np.uint8)
    canvas[: size[1], : size[0]] = cut
    return canvas


def in_picture(boxes: Array, part: Part, taken: Input) -> Array:
    """Boxes (N, 4) in pixels of the input as those of the picture."""
    width, height = scaled_size(*part.size, taken)
    scale = np.array([part.size[0] / width, part.size[1] / height] * 2, np.float32)
    return np.asarray(boxes * scale + np.array([part.left, part.top] * 2, np.float32), np.float32)


def cut_at_seams(boxes: Array, part: Part, taken: Input, whole: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Which boxes (N, 4), in pixels of the input, end at an edge of the part that is not the picture's."""
    width, height = scaled_size(*part.size, taken)
    near = AT_THE_EDGE * max(width, height)
    return np.asarray(
        (part.left > 0) & (boxes[:, 0] < near)
        | (part.top > 0) & (boxes[:, 1] < near)
        | (part.right < whole[0]) & (boxes[:, 2] > width - near)
        | (part.bottom < whole[1]) & (boxes[:, 3] > height - near)
    )
