"""People as moving boxes with exact truth, and what a detector would say of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.video.boxes import Detections
from reid_core.video.tracking import Tracker, TrackingSettings, Update
from tests.support.tracking_figures import Row

WIDTH, HEIGHT = 1920, 1080


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame: its number from 1, its second, who is in view, and the boxes (N, 4)."""

    number: int
    seconds: float
    people: NDArray[np.int64]
    boxes: NDArray[np.float64]


def walkers(seed: int, people: int, seconds: float, rate: float) -> Iterator[Moment]:
    """People enter at the sides one after another and walk through, each at a height and speed of their own."""
    random = np.random.default_rng(seed)
    enter = np.sort(random.uniform(0, seconds * 0.7, people))
    height = random.uniform(120, 320, people)
    speed = random.uniform(0.5, 1.1, people) * height * random.choice([-1, 1], people)
    feet = random.uniform(400, HEIGHT, people)
    swing = random.uniform(0, 0.15, people) * height
    for number in range(1, round(seconds * rate) + 1):
        now = (number - 1) / rate
        walked = (now - enter) * speed
        centre = np.where(speed > 0, 0, WIDTH) + walked
        bottom = feet + swing * np.sin(0.6 * (now - enter))
        boxes = np.stack([centre - 0.2 * height, bottom - height, centre + 0.2 * height, bottom], axis=1)
        seen = (now >= enter) & (centre > 0) & (centre < WIDTH)
        yield Moment(number, now, np.flatnonzero(seen) + 1, boxes[seen])


def detected(moment: Moment, random: np.random.Generator, missed: float = 0.05) -> Detections:
    """Boxes that shake by 2 % of the height, some weak and some missed, and now and then one of nothing."""
    heights = moment.boxes[:, 3:] - moment.boxes[:, 1:2]
    boxes = moment.boxes + random.normal(0, 0.02, moment.boxes.shape) * heights
    scores = np.where(random.random(len(boxes)) < 0.1, 0.3, random.uniform(0.75, 0.95, len(boxes)))
    found = Detections(boxes.astype(np.float32), scores.astype(np.float32)).of(random.random(len(boxes)) >= missed)
    if random.random() < 0.05:
        left, top = random.uniform(0, WIDTH), random.uniform(0, HEIGHT)
        nothing = Detections(np.array([[left, top, left + 60, top + 150]]), np.array([0.8]))
        found = Detections(np.append(found.boxes, nothing.boxes, axis=0), np.append(found.scores, nothing.scores))
    return found


def true_rows(moments: list[Moment]) -> list[Row]:
    """The truth as `figures` takes it."""
    return [
        (moment.number, int(person), *map(float, box))
        for moment in moments
        for person, box in zip(moment.people, moment.boxes, strict=True)
    ]


def tracked(
    frames: list[tuple[int, float, Detections]], tracker: Tracker | None = None
) -> tuple[list[Row], list[Update]]:
    """What a tracker makes of the frames: rows for `figures`, and all updates."""
    tracker = tracker or Tracker(TrackingSettings())
    rows: list[Row] = []
    updates: list[Update] = []
    for number, seconds, detections in frames:
        update = tracker.update(detections, seconds)
        if updates:
            before, _, there = frames[len(updates) - 1]
            rows += [(before, track, *map(float, there.boxes[row])) for row, track in update.earlier]
        rows += [
            (number, int(track), *map(float, box))
            for track, box in zip(update.ids, detections.boxes, strict=True)
            if track > 0
        ]
        updates.append(update)
    return rows, updates
