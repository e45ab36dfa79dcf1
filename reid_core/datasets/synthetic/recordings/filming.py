"""Draws the frames of one camera of a filmed site, one after another, and says what each one shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reid_core.datasets.synthetic.drawing import Array, Person, Pose, View
from reid_core.datasets.synthetic.recordings.layers import (
    Layer,
    Picture,
    Window,
    lay,
    lay_shadow,
    person_layer,
    window,
)
from reid_core.datasets.synthetic.recordings.planning import FilmedSite, Visit
from reid_core.datasets.synthetic.recordings.stage import FilmedCamera, Furniture, gain_of

NEAREST = 0.5  # of the distance of the lower edge: whoever comes nearer walks out of sight below it


@dataclass(frozen=True)
class Sighting:
    """A person in a frame: the box about the whole body in pixels, and the share of the body that can be seen.

    The box reaches beyond the frame where the body does. What others, furniture or the frame's edge hide is not seen.
    """

    frame: int  # from 1
    person: str
    left: int
    top: int
    width: int
    height: int
    visibility: float


@dataclass(frozen=True, eq=False)
class FilmedFrame:
    """One frame, (H, W, 3) RGB, and who is in it."""

    number: int  # from 1
    seconds: float
    picture: Picture
    sightings: tuple[Sighting, ...]


def film(site: FilmedSite, camera: int, leave_out: frozenset[int] = frozenset()) -> Iterator[FilmedFrame]:
    """The frames of one camera, without sensor noise; people whose numbers are in `leave_out` stay away."""
    shown = site.cameras[camera]
    drawer = _Drawer(site, shown)
    visits = [visit for visit in site.before(camera) if visit.person not in leave_out]
    for place in range(site.config.frames):
        present = [visit for visit in visits if 0 <= place - visit.motion.first < len(visit.motion)]
        yield drawer.frame(place, present)


class _Drawer:
    def __init__(self, site: FilmedSite, camera: FilmedCamera) -> None:
        self.site, self.camera = site, camera
        self.latest: dict[int, tuple[tuple[object, ...], Layer]] = {}

    def frame(self, place: int, present: list[Visit]) -> FilmedFrame:
        seconds = place / self.site.config.rate
        light = self.camera.light(seconds)
        picture = self.camera.plate(light).copy()
        standing: list[tuple[float, Visit | Furniture]] = [
            *((float(visit.motion.z[place - visit.motion.first]), visit) for visit in present),
            *((thing.z, thing) for thing in self.camera.furniture),
        ]
        standing.sort(key=lambda each: -each[0])
        views = {visit.person: self._view(visit, place) for visit in present}
        for visit in present:
            lay_shadow(picture, views[visit.person], self.camera.camera.light, self._person(visit).height)
        seen: list[tuple[Visit, Layer, Array]] = []
        for _, one in standing:
            if isinstance(one, Visit):
                layer = self._layer(one, place, views[one.person], light)
                where = lay(picture, layer)
                if where is not None:
                    _hide(seen, layer, where)
                    seen.append((one, layer, layer.sharp[where.layer].copy()))
            else:
                layer = self.camera.thing(one, light)
                where = window(layer.left, layer.top, layer.cover.shape, picture.shape)
                if where is not None and any(_overlaps(layer, other) for _, other, _ in seen):
                    lay(picture, layer)
                    _hide(seen, layer, where)
        sightings = [_sighting(place + 1, *each, picture.shape) for each in seen]
        return FilmedFrame(place + 1, seconds, picture, tuple(each for each in sightings if each is not None))

    def _person(self, visit: Visit) -> Person:
        return self.site.people[visit.person]

    def _view(self, visit: Visit, place: int) -> View:
        moment = place - visit.motion.first
        return self.camera.view(
            float(visit.motion.x[moment]), max(float(visit.motion.z[moment]), NEAREST * self.camera.near)
        )

    def _layer(self, visit: Visit, place: int, view: View, light: int) -> Layer:
        motion, moment = visit.motion, place - visit.motion.first
        x, z = float(motion.x[moment]), float(motion.z[moment])
        habit = np.random.default_rng(visit.person).random(3)  # of this person, wherever they are
        still = visit.behaviour == "still"
        glance = 0.0 if still else 0.3 * math.sin(2 * math.pi * (moment / self.site.config.rate / 4.5 + habit[0]))
        pose = Pose(
            yaw=float(motion.heading[moment]) + math.atan2(x, z),
            phase=float(motion.phase[moment]),
            stride=float(motion.stride[moment]),
            lean=0.02 + 0.02 * float(habit[1]),
            head_turn=glance,
            arms="swing" if habit[2] < 0.6 else "pockets" if habit[2] < 0.8 else "phone",
        )
        key = (pose, view, light)
        kept = self.latest.get(visit.person)
        if kept is not None and kept[0] == key:
            return kept[1]
        layer = person_layer(
            self._person(visit), pose, view, self.camera.camera, gain_of(light), self.camera.blur, visit.person * 7
        )
        self.latest[visit.person] = key, layer
        return layer


def _overlaps(one: Layer, other: Layer) -> bool:
    (height, width), (tall, wide) = one.cover.shape, other.cover.shape
    return (
        one.left < other.left + wide
        and other.left < one.left + width
        and one.top < other.top + tall
        and other.top < one.top + height
    )


def _hide(seen: list[tuple[Visit, Layer, Array]], layer: Layer, where: Window) -> None:
    """Takes from everybody drawn before what the layer covers of them."""
    rows, columns = where.frame
    for _, other, left in seen:
        corner = max(other.left, 0), max(other.top, 0)
        low, high = max(rows.start, corner[1]), min(rows.stop, corner[1] + left.shape[0])
        first, last = max(columns.start, corner[0]), min(columns.stop, corner[0] + left.shape[1])
        if low < high and first < last:
            over = layer.sharp[low - layer.top : high - layer.top, first - layer.left : last - layer.left]
            left[low - corner[1] : high - corner[1], first - corner[0] : last - corner[0]] *= 1.0 - over


def _sighting(frame: int, visit: Visit, layer: Layer, left: Array, shape: tuple[int, ...]) -> Sighting | None:
    x, y, width, height = layer.box
    if not (x + width > 0 and x < shape[1] and y + height > 0 and y < shape[0]):
        return None
    share = float(left.sum() / max(float(layer.sharp.sum()), 1e-6))
    return Sighting(frame, visit.identity, x, y, width, height, round(share, 3))
