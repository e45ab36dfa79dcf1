"""What a format of detectors is: how one is recognised, how its pictures go in, and how boxes are read from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reid_core.video.boxes import Array, Detections
from reid_core.video.detection.card import Input

COCO = 80  # classes, person first
COCO_91 = (90, 91)  # with the numbers of COCO's own table, where person is 1
Outputs = Mapping[str, Array]
Size = tuple[int, int]  # width and height


@dataclass(frozen=True)
class Port:
    """An input or output of a network: its name and its shape, None for a length that the file leaves open."""

    name: str
    shape: tuple[int | None, ...] | None  # None where even the number of axes is open

    def is_shaped(self, *lengths: int | None) -> bool:
        """Whether it can have this shape; None in `lengths` is any length."""
        if self.shape is None or len(self.shape) != len(lengths):
            return False
        return all(None in (mine, other) or mine == other for mine, other in zip(self.shape, lengths, strict=True))

    @property
    def last(self) -> int | None:
        return self.shape[-1] if self.shape else None


@dataclass(frozen=True)
class Signature:
    """What a network's file says of itself: its ports and its metadata."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def picture(self) -> Port | None:
        """The input that takes the picture, (B, 3, height, width), where exactly one can."""
        found = [port for port in self.inputs if port.is_shaped(None, 3, None, None)]
        return found[0] if len(found) == 1 else None

    def output(self, *names: str) -> Port | None:
        return next((port for name in names for port in self.outputs if port.name == name), None)


@dataclass(frozen=True)
class Format:
    """One way in which detectors give boxes.

    `fits(signature)` is the number of classes that a network of this format has, 0 where the file does not say, and
    None where it is of another. `decode(outputs, size, person, least)` gives boxes in pixels of an input of that
    width and height, of the class `person`, scores of at least `least`, before suppression. `person` of a number of
    classes gives the class of people, None where it is not known. The thresholds are those of its usual weights.
    """

    name: str
    words: str
    input: Input
    fits: Callable[[Signature], int | None]
    decode: Callable[[Outputs, Size, int, float], Detections]
    person: Callable[[int], int | None]
    detect: float
    match: float
    track: float
    nms: float


def coco_person(classes: int) -> int | None:
    """Of 80 classes, COCO's, the first; of one the only."""
    return 0 if classes in (1, COCO) else None


def grid_points(size: Size, strides: Sequence[int], offset: float) -> tuple[Array, Array]:
    """Centres (N, 2) of the cells of all levels, row by row in pixels of the input, and their strides (N, 1).

    `offset` is where in its cell the centre lies: 0.5 the middle, 0 the top left corner.
    """
    points, widths = [], []
    for stride in strides:
        columns, rows = -(-size[0] // stride), -(-size[1] // stride)
        y, x = np.mgrid[:rows, :columns].astype(np.float32)
        points.append((np.stack([x.ravel(), y.ravel()], axis=1) + np.float32(offset)) * np.float32(stride))
        widths.append(np.full((rows * columns, 1), stride, np.float32))
    return np.concatenate(points), np.concatenate(widths)


def cells(size: Size, strides: Sequence[int]) -> int:
    """How many cells the levels have together."""
    return sum(-(-size[0] // stride) * -(-size[1] // stride) for stride in strides)


def corners(boxes: Array) -> Array:
    """Centre x, centre y, width, height (N, 4) as left, top, right, bottom."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def sigmoid(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float32)
