"""Films of striped figures that walk past, and a detector that knows their colours: recordings without a network."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.video.boxes import Detections
from reid_core.video.detection import DetectorCard
from reid_core.video.detection.card import Input
from tests.support.films import film

WIDTH, HEIGHT = 320, 180
TALL, WIDE = 80, 32  # pixels of a figure
RATE = 5.0
COLOURS = ((200, 40, 40), (40, 60, 210), (40, 170, 60), (210, 190, 40))
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Walker:
    """A figure of that colour, in view from second `start` to `end`; `left` and `speed` in pixels and per second."""

    colour: int
    start: float
    end: float
    left: float = 20.0
    speed: float = 25.0
    top: float = 60.0

    def box(self, second: float) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom in whole pixels; None while it is not there."""
        if not self.start <= second < self.end:
            return None
        left = round(self.left + self.speed * (second - self.start))
        return left, round(self.top), left + WIDE, round(self.top) + TALL


WALKERS = (Walker(0, 0.0, 5.0), Walker(1, 2.0, 9.0, top=20))
SECONDS = 10.0


def picture_of(walkers: Sequence[Walker], second: float) -> Picture:
    picture = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for walker in walkers:
        if (box := walker.box(second)) is None:
            continue
        left, top, right, bottom = (int(side) for side in box)
        figure = np.empty((TALL, WIDE, 3), np.uint8)
        figure[:] = COLOURS[walker.colour]
        figure[::8] = np.asarray(COLOURS[walker.colour]) // 2  # stripes: something sharp
        inside = max(0, left), min(WIDTH, right)
        picture[top:bottom, inside[0] : inside[1]] = figure[:, inside[0] - left : inside[1] - left]
    return picture


def filmed(path: Path, walkers: Sequence[Walker], seconds: float, rate: float = RATE) -> Path:
    pictures = [picture_of(walkers, number / rate) for number in range(round(seconds * rate))]
    return film(path, pictures, rate=rate, key_every=25)


class ColourDetector:
    """Finds one figure of each colour."""

    card = DetectorCard(name="colours", format="none", input=Input(64, 64), detect=0.3, match=0.4, track=0.5)
    id = "colours"

    def input_size(self, frame_width: int, frame_height: int) -> tuple[int, int]:
        return frame_width, frame_height

    def detect(self, picture: Picture) -> Detections:
        boxes = []
        red, green, blue = (picture[:, :, plane].astype(np.int16) for plane in range(3))
        for colour in COLOURS:
            near = (abs(red - colour[0]) < 40) & (abs(green - colour[1]) < 40) & (abs(blue - colour[2]) < 40)
            rows, columns = np.flatnonzero(near.sum(axis=1) > 3), np.flatnonzero(near.sum(axis=0) > 3)
            if len(rows) and len(columns):
                boxes.append((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
        return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.9, np.float32))


class Interrupting(ColourDetector):
    """Sends this process a signal after so many frames, as a user or a service manager does."""

    def __init__(self, after: int, number: int) -> None:
        self.left, self.number = after, number

    def detect(self, picture: np.ndarray) -> Detections:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), self.number)
            time.sleep(1.0)  # the main thread takes it
        return super().detect(picture)
