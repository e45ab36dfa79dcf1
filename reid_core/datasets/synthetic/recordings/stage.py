"""A camera that films: its place at the size of the frame, the furniture there, the light over time, its line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageFilter

from reid_core.datasets.synthetic.camera import Camera, empty_picture, expose, make_camera
from reid_core.datasets.synthetic.drawing import Array, View
from reid_core.datasets.synthetic.recordings.layers import (
    FURNITURE,
    Layer,
    Picture,
    furniture_layer,
    lay,
    lay_shadow,
)
from reid_core.datasets.synthetic.scenery import HEIGHT, WIDTH

STAGE = 8  # the stream of random numbers that is kept for furniture, light and lines
LIGHT_STEPS = 48  # to a doubling of the light
KEPT = 12  # states of the light whose plates are kept


@dataclass(frozen=True)
class Furniture:
    """What stands where on the floor, metres."""

    kind: str
    x: float
    z: float
    seed: int


@dataclass(frozen=True)
class Line:
    """A line on the floor, as the camera sees it: x and y as shares of the frame's width and height.

    Who crosses it towards the right of the picture goes "in", towards the left "out".
    """

    far: tuple[float, float]
    near: tuple[float, float]


class FilmedCamera:
    """One camera with this number, for frames of this size; the same for every site that has this seed."""

    def __init__(self, seed: int, number: int, size: tuple[int, int]) -> None:
        self.number, self.size = number, size
        self.name = f"camera-{number}"
        self.camera: Camera = make_camera(seed, number)
        self.place = self.camera.place
        self._factor = size[0] / WIDTH
        self._top = HEIGHT - size[1] / self._factor
        self.blur = (0.35 + 0.5 * self.camera.blur + 0.6 * (1 / self.camera.detail - 1)) * math.sqrt(size[1] / 540)
        generator = np.random.default_rng((seed, STAGE, number))
        uniform = generator.uniform
        self.near, self.far = self.place.nearest, self.place.wall_distance - 1.1
        self.furniture = self._furnish(generator)
        self._waves = tuple((float(uniform(30, 240)), float(uniform(0, 2 * math.pi))) for _ in range(2))
        self._swing = float(uniform(0.08, 0.2))
        middle = float(uniform(-0.15, 0.15)) * self.half_width(self.near)
        slant = float(uniform(-0.4, 0.4))
        self.line = Line(self._share(middle + slant, self.far + 0.6), self._share(middle - slant, self.near))
        self._plates: dict[int, Picture] = {}
        self._layers: dict[tuple[Furniture, int], Layer] = {}

    def half_width(self, z: float) -> float:
        """Metres from the camera's axis to the frame's left and right edge, z metres away."""
        return WIDTH / 2 * z / self.place.focal

    def view(self, x: float, z: float) -> View:
        """How someone is seen who stands there, in pixels of the frame."""
        whole = self.place.view(x, z)
        factor = self._factor
        return View(
            whole.foot_x * factor,
            (whole.foot_y - self._top) * factor,
            whole.scale * factor,
            whole.pitch,
            whole.distance,
        )

    def _share(self, x: float, z: float) -> tuple[float, float]:
        view = self.view(x, z)
        return round(view.foot_x / self.size[0], 4), round(view.foot_y / self.size[1], 4)

    def _furnish(self, generator: np.random.Generator) -> tuple[Furniture, ...]:
        """Two or three things in the nearer part of the floor, each in a part of its own."""
        count = int(generator.integers(2, 4))
        kinds = generator.permutation(sorted(FURNITURE))
        sides = generator.permutation(3)
        found = []
        for kind, side in zip(kinds[:count], sides, strict=False):
            z = self.near + float(generator.uniform(0.12, 0.45)) * (self.far - self.near)
            x = (float(side) - 1.0 + float(generator.uniform(-0.25, 0.25))) * 0.62 * self.half_width(z)
            found.append(Furniture(str(kind), x, z, int(generator.integers(1000))))
        return tuple(found)

    def light(self, seconds: float) -> int:
        """How bright it is, in steps of which LIGHT_STEPS double the light."""
        sway = sum(math.sin(2 * math.pi * seconds / period + begin) for period, begin in self._waves)
        return round(LIGHT_STEPS * self._swing * sway)

    def plate(self, light: int) -> Picture:
        """The empty frame in this light: not to be changed."""
        if light not in self._plates:
            while len(self._plates) >= KEPT:
                self._plates.pop(next(iter(self._plates)))
            blurred = ImageFilter.GaussianBlur(self.blur)
            exposed = expose(self._empty, self.camera, gain_of(light))
            plate = np.array(Image.fromarray(exposed).filter(blurred))
            for thing in sorted(self.furniture, key=lambda each: -each.z):
                lay_shadow(plate, self.view(thing.x, thing.z), self.camera.light, 0.6 * FURNITURE[thing.kind][1])
                lay(plate, self.thing(thing, light))
            self._plates[light] = plate
        return self._plates[light]

    @cached_property
    def _empty(self) -> Array:
        """The place without anything, (3, H, W) linear float32."""
        box = (0.0, self._top, float(WIDTH), float(HEIGHT))
        stretched = empty_picture(self.place).resize(self.size, Image.Resampling.BICUBIC, box=box)
        return np.asarray((np.asarray(stretched, np.float32).transpose(2, 0, 1) / 255.0) ** 2.2, np.float32)

    def thing(self, furniture: Furniture, light: int) -> Layer:
        """Something that stands here, in this light."""
        key = (furniture, light)
        if key not in self._layers:
            while len(self._layers) >= KEPT * len(self.furniture):
                self._layers.pop(next(iter(self._layers)))
            view = self.view(furniture.x, furniture.z)
            self._layers[key] = furniture_layer(
                furniture.kind, furniture.seed, view, self.camera, gain_of(light), self.blur
            )
        return self._layers[key]


def gain_of(light: int) -> float:
    """How many times the usual light these steps are."""
    return float(2.0 ** (light / LIGHT_STEPS))
