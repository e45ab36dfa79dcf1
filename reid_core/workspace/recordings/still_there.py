"""What a detector takes for people and never moves, such as dummies in a window: found by place, over all recordings of
a camera, and offered as zones to ignore. Somebody who sits for long looks alike, so a person decides."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.walks import path_of_bytes
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.clips.neighbours import best_crop

HARDLY = 0.2  # heights of the box: who moved less has hardly moved
LONG, OFTEN = 300.0, 3  # seconds together, or tracklets at one place, from which on it is worth a question
ALIKE = 0.4  # of two boxes the shared area by that of both: from here on they are at one place
MARGIN = 0.1  # heights of the box around the foot points, that a zone to ignore has
MOST_CROPS = 6  # that are shown of one thing
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class StillThing:
    """Something that was taken for a person at one place of a camera's picture, again and again or for long.

    `box` is left, top, width and height, and `feet` the left, top, right and bottom of the foot points, all as shares
    of the picture. `tracklets` of it were kept, `seconds` long together; `moved` is the most that one of them moved, in
    heights of its box. `crops` are the best of some of them, that of the longest tracklet first.
    """

    box: Box
    feet: Box
    tracklets: int
    recordings: int
    seconds: float
    moved: float
    crops: tuple[int, ...]

    def zone(self, name: str) -> Zone:
        """The zone to ignore: around all foot points, and no larger, since others walk by behind and before it."""
        left, top, right, bottom = self.feet
        _, _, width, height = self.box
        across, down = max(MARGIN * width, 0.003), max(MARGIN * height, 0.003)
        left, right = max(0.0, left - across), min(1.0, right + across)
        top, bottom = max(0.0, top - down), min(1.0, bottom + down)
        return Zone(name, ((left, top), (right, top), (right, bottom), (left, bottom)), ignored=True)


@dataclass(frozen=True)
class Stay:
    """A tracklet that hardly moved; `box` and `feet` as in `StillThing`."""

    key: int
    recording: int
    name: str
    seconds: float
    moved: float
    box: Box
    feet: Box


def still_things(catalogue: Catalogue, gallery: str, camera: str) -> list[StillThing]:
    """Of the camera's tracklets that are not ignored yet, those that stay at one place; the longest time first.

    Tracklets whose box is not known are left out. Raises ReidError when there is no such gallery.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        rows = database.execute(
            "SELECT tracklet.key, recording.key, tracklet.name, start_moment, end_moment, moved, tracklet.path, width, "
            "height FROM tracklet JOIN recording ON recording.key = tracklet.recording "
            "WHERE recording.gallery = ? AND recording.camera = ? AND moved < ? AND NOT ignored ORDER BY tracklet.key",
            (gallery_key(database, gallery), camera, HARDLY),
        ).fetchall()
        stays = [
            Stay(key, recording, name, end - start, moved, box, feet)
            for key, recording, name, start, end, moved, path, width, height in rows
            for box, feet in _places(path_of_bytes(path), width, height)
        ]
        found = [place for place in at_one_place(stays) if _is_worth_a_question(place)]
        ends = {key: (start, end) for key, _, _, start, end, *_ in rows}
        crops = {
            stay.key: best_crop(database, stay.recording, stay.name, *ends[stay.key])
            for place in found
            for stay in place[:MOST_CROPS]
        }
    things = [_thing(place, crops) for place in found]
    return sorted(things, key=lambda thing: (-thing.seconds, thing.box))


def at_one_place(stays: Sequence[Stay]) -> list[list[Stay]]:
    """The stays by place, in each the longest first: each joins the place whose longest has much the same box."""
    places: list[list[Stay]] = []
    boxes = np.empty((len(stays), 4))
    for stay in sorted(stays, key=lambda stay: (-stay.seconds, stay.key)):
        alike = shared(boxes[: len(places)], stay.box)
        if len(places) and alike.max() >= ALIKE:
            places[int(alike.argmax())].append(stay)
        else:
            boxes[len(places)] = stay.box
            places.append([stay])
    return places


def shared(boxes: NDArray[np.float64], other: Box) -> NDArray[np.float64]:
    """The area that each of the (N, 4) boxes shares with the other, by that of both together: (N,), 0 to 1."""
    left, top, width, height = boxes.T
    across = np.minimum(left + width, other[0] + other[2]) - np.maximum(left, other[0])
    down = np.minimum(top + height, other[1] + other[3]) - np.maximum(top, other[1])
    both = np.clip(across, 0, None) * np.clip(down, 0, None)
    return np.asarray(both / np.maximum(width * height + other[2] * other[3] - both, 1e-12))


def free_name(names: Collection[str], word: str = "still") -> str:
    """
    >>> free_name({"still 1", "gate"})
    'still 2'
    """
    number = 1
    while f"{word} {number}" in names:
        number += 1
    return f"{word} {number}"


def _places(path: NDArray[np.float32], width: int, height: int) -> list[tuple[Box, Box]]:
    """The mean box of a path and the bounds of its foot points; nothing where no box is known."""
    steps = path.astype(np.float64)
    known = steps[np.isfinite(steps).all(axis=1)]
    if not len(known):
        return []
    x, y, wide, high = known[:, 1:].mean(axis=0)
    box = ((x - wide / 2) / width, (y - high) / height, wide / width, high / height)
    (left, top), (right, bottom) = steps[:, 1:3].min(axis=0), steps[:, 1:3].max(axis=0)
    return [(box, (left / width, top / height, right / width, bottom / height))]


def _is_worth_a_question(place: Sequence[Stay]) -> bool:
    return len(place) >= OFTEN or math.fsum(stay.seconds for stay in place) >= LONG


def _thing(place: Sequence[Stay], crops: Mapping[int, int | None]) -> StillThing:
    feet = np.array([stay.feet for stay in place])
    left, top = feet[:, :2].min(axis=0).tolist()
    right, bottom = feet[:, 2:].max(axis=0).tolist()
    best = [crops[stay.key] for stay in place[:MOST_CROPS]]
    return StillThing(
        box=place[0].box, feet=(left, top, right, bottom), tracklets=len(place),
        recordings=len({stay.recording for stay in place}), seconds=math.fsum(stay.seconds for stay in place),
        moved=max(stay.moved for stay in place), crops=tuple(crop for crop in best if crop is not None),
    )  # fmt: skip
