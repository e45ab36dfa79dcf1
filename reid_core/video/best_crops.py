"""Which boxes of a track show its person best: whole, unhidden, large, upright, sharp, at moments spread over its life.

Pixels are cut only where a box could win its stretch of time by what is known without them. Candidates are kept as
JPEG, at most `MOST_CANDIDATES` of a track however long it lives, so memory and the state of a job stay small.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reid_core.quality import measure
from reid_core.video.boxes import shared_areas

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the upright frame
Pixels = NDArray[np.uint8]

LOWEST = 48  # pixels: below, networks see little more than colours
BEST_HEIGHT = 256  # pixels: what networks look at; more does not help them
COUNTS = 0.5  # boxes in front count if they score at least so much of the one behind
HIDDEN = 0.5  # a box that is covered by more is no candidate
OUTSIDE = 0.25  # nor is one of which more lies outside the frame
CUT_OFF = 0.5  # worth of a box that ends at the left, right or lower edge: the rest of the person is probably beyond
EDGE = 0.004  # of the frame's size: so near an edge a box touches it
SHAPES = (1.8, 4.0)  # height to width of a standing or walking person; half a body and a pole are outside
SHARP = 0.6  # of `quality.measure`: sharp enough
BLURRED_WORTH = 0.5  # worth of the most blurred crop, compared with a sharp one
BETTER = 1.1  # a new crop replaces one of the same stretch only if it is better by so much: cutting costs
MOST_CANDIDATES = 8  # of a track
MOST_CROPS = 4  # of a tracklet
APART = 0.5  # seconds between two crops
WORTH_LEAST = 0.5  # of the best crop's quality: worse ones are often a part of the person, or of another
JPEG_QUALITY = 93


class Frame(Protocol):
    """What is needed of a decoded frame. `damaged`: its pixels may be wrong, so no crop is cut from it."""

    @property
    def number(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def damaged(self) -> bool: ...
    def crop(self, left: float, top: float, right: float, bottom: float) -> Pixels: ...


@dataclass(frozen=True)
class Candidate:
    """A crop cut from a frame: when, from which frame, its box there, its pixels as JPEG, its quality from 0 to 1."""

    seconds: float
    frame: int
    box: Box
    jpeg: bytes
    quality: float

    def state(self) -> dict[str, Any]:
        return {**vars(self), "box": list(self.box), "jpeg": base64.b64encode(self.jpeg).decode("ascii")}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Candidate:
        return cls(**{**state, "box": tuple(state["box"]), "jpeg": base64.b64decode(state["jpeg"])})


def worth(boxes: NDArray[Any], scores: NDArray[Any], width: int, height: int) -> NDArray[np.float64]:
    """(N,) from 0 to 1: score × inside the frame × unhidden × size × shape; 0 for what is no candidate."""
    boxes = np.asarray(boxes, np.float64)
    left, top, right, bottom = boxes.T
    wide, high = np.maximum(right - left, 1e-3), np.maximum(bottom - top, 1e-3)
    seen_wide = np.clip(right, 0, width) - np.clip(left, 0, width)
    inside = seen_wide * (np.clip(bottom, 0, height) - np.clip(top, 0, height)) / (wide * high)
    cut_off = (left <= EDGE * width) | (right >= (1 - EDGE) * width) | (bottom >= (1 - EDGE) * height)
    hidden = covered(boxes, np.asarray(scores))
    size = np.minimum(high / BEST_HEIGHT, 1)
    shape = np.minimum(np.minimum(high / wide / SHAPES[0], SHAPES[1] * wide / high), 1)
    found = scores * inside * np.where(cut_off, CUT_OFF, 1) * (1 - hidden) * size * shape
    return np.where((high >= LOWEST) & (inside >= 1 - OUTSIDE) & (hidden <= HIDDEN), found, 0)


def covered(boxes: NDArray[Any], scores: NDArray[Any]) -> NDArray[np.float64]:
    """(N,) share of each box that lies behind boxes with lower feet, which stand in front; shared parts count twice.

    Boxes that score less than half as much are left out: they are rather parts of the same person, or nothing.

    >>> covered(np.array([[0.0, 0, 10, 20], [5, 10, 15, 30], [0, 0, 10, 40]]), np.array([0.9, 0.8, 0.1]))
    array([0.25, 0.  , 0.  ])
    """
    shared = shared_areas(boxes, boxes)
    in_front = (boxes[None, :, 3] > boxes[:, None, 3]) & (scores[None, :] >= scores[:, None] * COUNTS)
    area = np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1e-3)
    return np.minimum((shared * in_front).sum(axis=1) / area, 1)


class Candidates:
    """The best crop of each stretch of a track's life. Stretches double when they are more than `MOST_CANDIDATES`."""

    def __init__(self, start: float) -> None:
        self._start = start
        self._stretch = APART
        self._clearness = 1.0  # of the crop cut last
        self._kept: dict[int, Candidate] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def offer(self, frame: Frame, box: Box, worth: float) -> None:
        """Cuts the box and keeps it if it may be, and then is, the best of its stretch. `worth` as of `worth`."""
        kept = self._kept.get(self._place(frame.seconds))
        if worth <= 0 or frame.damaged or (kept is not None and worth * self._clearness < BETTER * kept.quality):
            return
        pixels = frame.crop(*box)
        self._clearness = _clearness(pixels)
        quality = worth * self._clearness
        if kept is not None and quality < BETTER * kept.quality:
            return
        self._kept[self._place(frame.seconds)] = Candidate(frame.seconds, frame.number, box, _jpeg(pixels), quality)
        while len(self._kept) > MOST_CANDIDATES:
            self._stretch *= 2
            pairs, self._kept = self._kept, {}
            for candidate in pairs.values():
                rival = self._kept.get(self._place(candidate.seconds))
                if rival is None or candidate.quality > rival.quality:
                    self._kept[self._place(candidate.seconds)] = candidate

    def _place(self, seconds: float) -> int:
        return math.floor((seconds - self._start) / self._stretch)

    def good(self) -> tuple[Candidate, ...]:
        """Those that are not far worse than the best, in the order of time."""
        least = WORTH_LEAST * max((candidate.quality for candidate in self._kept.values()), default=0.0)
        kept = (candidate for candidate in self._kept.values() if candidate.quality >= least)
        return tuple(sorted(kept, key=lambda candidate: candidate.seconds))

    def state(self) -> dict[str, Any]:
        kept = [candidate.state() for candidate in self._kept.values()]
        return {"start": self._start, "stretch": self._stretch, "clearness": self._clearness, "kept": kept}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Candidates:
        found = cls(state["start"])
        found._stretch, found._clearness = state["stretch"], state["clearness"]
        for each in map(Candidate.from_state, state["kept"]):
            found._kept[found._place(each.seconds)] = each
        return found


def best_crops(candidates: Iterable[Candidate], most: int = MOST_CROPS) -> tuple[Candidate, ...]:
    """At most so many, the best first taken, half a second apart; in the order of time."""
    taken: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: (-candidate.quality, candidate.seconds)):
        if len(taken) == most:
            break
        if all(abs(candidate.seconds - other.seconds) >= APART - 1e-6 for other in taken):
            taken.append(candidate)
    return tuple(sorted(taken, key=lambda candidate: candidate.seconds))


def _clearness(pixels: Pixels) -> float:
    """From `BLURRED_WORTH` to 1."""
    sharpness = measure(Image.fromarray(pixels)).sharpness
    return BLURRED_WORTH + (1 - BLURRED_WORTH) * min(1.0, sharpness / SHARP)


def _jpeg(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
