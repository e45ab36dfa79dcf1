"""People and furniture as layers that are laid on a camera's plate: drawn on nothing, with how much they cover.

A layer is developed by itself, as its camera would show it, and laid down in the camera's 8-bit colours. So only what
moves is drawn, and what stands still is drawn once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from reid_core.datasets.synthetic.camera import Camera, cast_shadow, expose
from reid_core.datasets.synthetic.drawing import Array, Light, Painter, Person, Pose, View, linear
from reid_core.datasets.synthetic.figure import draw_person
from reid_core.datasets.synthetic.scenery import paint_obstacle

Picture = NDArray[np.uint8]
FURNITURE = {
    "bollard": (0.15, 1.05),
    "bench": (0.85, 0.9),
    "planter": (0.5, 1.2),
    "sign": (0.45, 1.25),
}  # half width, height
TALLEST = 400  # rows that a person is drawn with; a taller one is drawn smaller and enlarged


@dataclass(frozen=True, eq=False)
class Layer:
    """Where it lies in the frame (pixels), its colour times its cover, (h, w, 3) of 0..255, and its cover, 0..1."""

    left: int
    top: int
    colour: Array
    cover: Array  # as the lens blurs it
    sharp: Array  # as it was drawn

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of what is drawn, tight."""
        rows, columns = np.flatnonzero(self.sharp.max(axis=1) > 0.5), np.flatnonzero(self.sharp.max(axis=0) > 0.5)
        if len(rows) == 0:
            return self.left, self.top, 0, 0
        left, top = int(columns[0]), int(rows[0])
        return self.left + left, self.top + top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


@dataclass(frozen=True)
class Window:
    """A part of the frame, and which part of a layer lies there."""

    frame: tuple[slice, slice]
    layer: tuple[slice, slice]


def window(left: int, top: int, shape: tuple[int, ...], frame: tuple[int, ...]) -> Window | None:
    """Where an array of this shape lies in the frame; None outside it."""
    bottom, right = min(top + shape[0], frame[0]), min(left + shape[1], frame[1])
    upper, first = max(top, 0), max(left, 0)
    if upper >= bottom or first >= right:
        return None
    inside = (slice(upper, bottom), slice(first, right))
    return Window(inside, (slice(upper - top, bottom - top), slice(first - left, right - left)))


def person_layer(person: Person, pose: Pose, view: View, camera: Camera, gain: float, blur: float, folds: int) -> Layer:
    """The person as the camera shows them, whole, also beyond the frame's edges."""
    nearer = view.distance / max(view.distance - 1.05 * person.height * math.sin(view.pitch), 0.6)
    up = math.ceil(1.12 * person.height * view.scale * nearer) + 4
    down, side = math.ceil(0.22 * view.scale) + 4, math.ceil(0.62 * view.scale * nearer) + 4
    smaller = max(math.ceil((up + down) / TALLEST), 1)
    left, top = math.floor(view.foot_x) - side, math.floor(view.foot_y) - up
    width, height = math.ceil(2 * side / smaller), math.ceil((up + down) / smaller)
    picture = np.zeros((3, height, width), np.float32)
    inside = View(
        (view.foot_x - left) / smaller, (view.foot_y - top) / smaller, view.scale / smaller, view.pitch, view.distance
    )
    cover = draw_person(picture, person, pose, inside, camera.light, folds % 100)
    return _developed(left, top, picture, cover, camera, gain, blur, smaller)


def furniture_layer(kind: str, seed: int, view: View, camera: Camera, gain: float, blur: float) -> Layer:
    """A thing that stands on the floor."""
    half, tall = FURNITURE[kind]
    side, up, down = (math.ceil(size * view.scale * 1.1) + 6 for size in (half, tall, 0.25))
    left, top = math.floor(view.foot_x) - side, math.floor(view.foot_y) - up
    inside = View(view.foot_x - left, view.foot_y - top, view.scale, view.pitch, view.distance)
    black, white = (np.full((3, up + down, 2 * side), ground, np.float32) for ground in (0.0, 1.0))
    for picture in (black, white):
        if kind == "sign":
            _paint_sign(picture, inside, camera.light, seed)
        else:
            paint_obstacle(picture, inside, camera.light, kind, seed)
    return _developed(left, top, black, 1.0 - (white - black).mean(axis=0), camera, gain, blur, 1)


def _paint_sign(picture: Array, view: View, light: Light, seed: int) -> None:
    """A board on a foot, such as stands before a café."""
    painter, generator = Painter(picture, view, light, 0.0, seed % 97), np.random.default_rng(seed)
    frame = linear((0.3, 0.22, 0.16))
    board = linear(((0.12, 0.14, 0.13), (0.8, 0.78, 0.7), (0.15, 0.25, 0.42))[int(generator.integers(3))])
    for side in (-0.3, 0.3):
        painter.tube((side, 0, 0), (side, 1.1, -0.05), [0.03, 0.03], frame)
    painter.tube((-0.3, 0.62, 0), (0.3, 0.62, 0), [0.4, 0.4], board, depth=0.1, caps=(0.05, 0.05))
    chalk = linear((0.75, 0.72, 0.66) if board.mean() < 0.2 else (0.2, 0.2, 0.22))
    for level in np.arange(0.4, 0.9, 0.12):
        width = float(generator.uniform(0.1, 0.22))
        painter.tube((-width, float(level), 0.05), (width, float(level), 0.05), [0.016, 0.016], chalk)


def _developed(
    left: int, top: int, picture: Array, cover: Array, camera: Camera, gain: float, blur: float, larger: int
) -> Layer:
    share = np.minimum(np.maximum(cover, 0.0), 1.0)
    straight = picture / np.maximum(share, 1.0 / 64)
    packed = np.empty((*share.shape, 4), np.uint8)
    packed[..., :3] = expose(straight, camera, gain) * share[..., None]
    packed[..., 3] = share * 255.0
    image, sharp = Image.fromarray(packed, "RGBX"), share
    if larger > 1:
        image = image.resize((image.width * larger, image.height * larger), Image.Resampling.BILINEAR)
        sharp = np.asarray(image)[..., 3].astype(np.float32) / 255.0
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    return Layer(left, top, soft[..., :3], soft[..., 3] * np.float32(1 / 255), sharp)


def lay(frame: Picture, layer: Layer) -> Window | None:
    """Lays the layer on the frame, in place; where it lies."""
    where = window(layer.left, layer.top, layer.cover.shape, frame.shape)
    if where is not None:
        under = frame[where.frame]
        under[...] = under * (1.0 - layer.cover[where.layer])[..., None] + layer.colour[where.layer] + 0.5
    return where


def lay_shadow(frame: Picture, view: View, light: Light, height: float) -> None:
    """Darkens the floor about the feet and away from the light, in place, in the frame's 8-bit colours."""
    flat = max(math.sin(view.pitch), 0.15)
    away_x, away_z = -light.direction[0], -light.direction[2]
    run = math.hypot(away_x, away_z)
    length = min(height * run / light.direction[1], 2.2) if run > 0.1 else 0.0
    reach_x, reach_z = (length * part / max(run, 0.1) * view.scale for part in (away_x, away_z))
    margin = 0.5 * view.scale
    left, right = (
        int(view.foot_x + bound + side) for bound, side in ((min(reach_x, 0), -margin), (max(reach_x, 0), margin))
    )
    top, bottom = (
        int(view.foot_y + (bound + side) * flat)
        for bound, side in ((min(reach_z, 0), -margin), (max(reach_z, 0), margin))
    )
    where = window(left, top, (bottom - top, right - left), frame.shape)
    if where is None:
        return
    rows, columns = where.frame
    bright = np.ones((1, rows.stop - rows.start, columns.stop - columns.start), np.float32)
    inside = View(view.foot_x - columns.start, view.foot_y - rows.start, view.scale, view.pitch, view.distance)
    cast_shadow(bright, inside, light, height)
    under = frame[where.frame]
    under[...] = under * np.sqrt(bright[0])[..., None] + 0.5
