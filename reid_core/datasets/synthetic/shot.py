"""What one camera of the demo site sees of one person at one moment, cut out as a detector would.

Boxes are a little too large, too small or beside the person, at times without the feet; others pass by, before and
behind; bollards, benches and the like stand in the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from reid_core.datasets.synthetic.camera import Camera, background, cast_shadow, develop, make_camera, random_camera
from reid_core.datasets.synthetic.drawing import Array, Person, Pose, View
from reid_core.datasets.synthetic.figure import draw_person
from reid_core.datasets.synthetic.scenery import HEIGHT, OBSTACLES, WIDTH, paint_obstacle
from reid_core.datasets.synthetic.wardrobe import make_person

SHOT = 6  # the stream of random numbers that is kept for shots
PASSERS_BY = 1_000_000  # people from this number on only ever stand in the way
SMALLEST, LARGEST = (64, 128), (128, 256)  # width and height of a crop, pixels


@dataclass(frozen=True)
class Shot:
    """Who stands where before which camera, and how; `number` counts the shots of this person by this camera."""

    person: int
    camera: int
    number: int
    x: float  # metres right of the camera's axis
    nearness: float  # 0 as far as the wall allows, 1 as near as the picture allows
    heading: float  # radians; 0 is towards the camera
    travelled: float  # metres since the visit began
    arms: str
    exposure: float


@dataclass(frozen=True)
class Box:
    """The detector's box on the plate, pixels, and how many crop pixels it makes of one."""

    left: float
    top: float
    factor: float
    size: tuple[int, int]  # width and height of the crop

    def view(self, whole: View) -> View:
        """The same view within the crop."""
        x, y = (whole.foot_x - self.left) * self.factor, (whole.foot_y - self.top) * self.factor
        return View(x, y, whole.scale * self.factor, whole.pitch, whole.distance)


@lru_cache(maxsize=256)
def site_camera(seed: int, number: int) -> Camera:
    """`make_camera`, kept."""
    return make_camera(seed, number)


@lru_cache(maxsize=1024)
def _person(seed: int, number: int) -> Person:
    return make_person(seed, number)


def draw_shot(seed: int, shot: Shot, *, randomise: bool = False) -> Image.Image:
    """The crop, RGB, from 64 x 128 to 128 x 256 pixels; randomised, each is from a camera and place of its own."""
    generator = np.random.default_rng((seed, SHOT, int(randomise), shot.person, shot.camera, shot.number))
    uniform, chance = generator.uniform, generator.random
    camera = random_camera(seed, generator) if randomise else site_camera(seed, shot.camera)
    wild = 2.0 if randomise else 1.0
    person, place = _person(seed, shot.person), camera.place
    far, near = place.wall_distance - 1.2, place.nearest * 1.06
    distance = far + (near - far) * (float(uniform(0, 1)) if randomise else shot.nearness)
    heading = float(uniform(-math.pi, math.pi)) if randomise and chance() < 0.5 else shot.heading
    x = shot.x * distance / far
    box = _detect(person, place.view(x, distance), camera.zoom, wild, generator)
    picture = _empty(camera, box, generator, anywhere=randomise and chance() < 0.35)

    pose = Pose(
        yaw=heading,
        phase=shot.travelled * 2 * math.pi / (0.82 * person.height),
        stride=float(uniform(0.75, 1.1)),
        lean=float(generator.normal(0.02, 0.02)),
        head_turn=float(generator.normal(0, 0.3)),
        arms=shot.arms,
    )
    figures = [(distance, x, person, pose)]
    for sign, share in ((1.0, 0.14 * wild), (-1.0, 0.06 * wild)):  # those who pass behind, and in front
        if chance() < share:
            beside = x + float(uniform(0.3, 0.75)) * (1 if chance() < 0.5 else -1)
            other = Pose(float(uniform(-math.pi, math.pi)), float(uniform(0, 6)), float(uniform(0.5, 1.0)))
            passer = _person(seed, PASSERS_BY + int(generator.integers(60)))
            figures.append((max(distance + sign * float(uniform(0.5, 1.6)), 1.5), beside, passer, other))
    for away, sideways, who, how in sorted(figures, key=lambda figure: -figure[0]):
        view = box.view(place.view(sideways, away))
        cast_shadow(picture, view, camera.light, who.height)
        draw_person(picture, who, how, view, camera.light, int(generator.integers(1000)))
    if chance() < 0.08 * wild:
        kind = OBSTACLES[int(generator.integers(len(OBSTACLES)))] if randomise else camera.obstacle
        before = max(distance - float(uniform(0.4, 1.0)), 1.5)
        view = box.view(place.view(x + float(uniform(-0.4, 0.4)), before))
        paint_obstacle(picture, view, camera.light, kind, int(generator.integers(1000)))
    return develop(picture, camera, generator, shot.exposure)


def _detect(person: Person, view: View, zoom: float, wild: float, generator: np.random.Generator) -> Box:
    """A detector's box about the person."""
    raised = person.height * math.cos(view.pitch)  # seen from above, heads are nearer than feet
    nearer = view.distance / (view.distance - person.height * math.sin(view.pitch))
    tall = raised * view.scale * nearer * (1.09 + 0.035 * wild * float(generator.normal()))
    low = view.foot_y + tall * (0.042 + 0.012 * wild * float(generator.normal()))
    if generator.random() < 0.06 * wild:  # the feet are lost
        low -= tall * float(generator.uniform(0.08, 0.2))
    height = int(np.clip(round(tall * zoom), SMALLEST[1], LARGEST[1]))
    width = int(np.clip(round(height * float(generator.uniform(0.43, 0.52))), SMALLEST[0], LARGEST[0]))
    factor = height / tall
    left = view.foot_x - width / factor * (0.5 + 0.035 * wild * float(generator.normal()))
    return Box(left, low - tall, factor, (width, height))


def _empty(camera: Camera, box: Box, generator: np.random.Generator, *, anywhere: bool) -> Array:
    """What the box shows without people; or any part of the place, so that floor and wall are no clue."""
    left, top, width, height = box.left, box.top, box.size[0] / box.factor, box.size[1] / box.factor
    if anywhere:
        share = min(float(generator.uniform(0.6, 1.6)), HEIGHT / height)
        width, height = width * share, height * share
        left, top = float(generator.uniform(0, WIDTH - width)), float(generator.uniform(0, HEIGHT - height))
    return background(camera, (left, top, left + width, top + height), box.size)
