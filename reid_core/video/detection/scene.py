"""A drawn street with three people, on which a detector is tried before it is taken."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from reid_core.datasets.synthetic.camera import Camera, background, cast_shadow, develop, make_camera
from reid_core.datasets.synthetic.drawing import Person, Pose, View
from reid_core.datasets.synthetic.figure import draw_person
from reid_core.datasets.synthetic.scenery import HEIGHT, WIDTH
from reid_core.datasets.synthetic.wardrobe import make_person
from reid_core.video.boxes import Array
from reid_core.video.detection.placing import Pixels

SEED, CAMERA = 4, 2
STANDING = ((-2.0, 8.4, 0.4), (0.1, 7.2, 2.6), (1.9, 8.0, -0.7))  # metres right and away; radians turned
PEOPLE = len(STANDING)
WIDE = 0.42  # width of a person's box over its height
SCALE = 0.5  # of a camera's plate: people are drawn up to 256 pixels high


def drawn_scene() -> Pixels:
    """RGB (260, 450, 3); the same at every call."""
    camera, size = make_camera(SEED, CAMERA), (round(WIDTH * SCALE), round(HEIGHT * SCALE))
    picture = background(camera, (0, 0, WIDTH, HEIGHT), size)
    for number, (person, view, turned) in enumerate(_standing(camera)):
        cast_shadow(picture, view, camera.light, person.height)
        draw_person(picture, person, Pose(turned, 0.9 + number, 0.9), view, camera.light, number)
    return np.asarray(develop(picture, camera, np.random.default_rng(SEED)))


def drawn_people() -> Array:
    """Boxes (3, 4) about the people in it: left, top, right, bottom in pixels, true to a few of them."""
    boxes = []
    for person, view, _ in _standing(make_camera(SEED, CAMERA)):
        tall = person.height * math.cos(view.pitch) * view.scale
        boxes.append([view.foot_x - WIDE / 2 * tall, view.foot_y - tall, view.foot_x + WIDE / 2 * tall, view.foot_y])
    return np.array(boxes, np.float32)


def _standing(camera: Camera) -> list[tuple[Person, View, float]]:
    """Who stands how in view of the camera, and is turned by how much; who is farthest is drawn first."""
    found = []
    for number, (x, away, turned) in enumerate(sorted(STANDING, key=lambda one: -one[1])):
        view = camera.place.view(x, away)
        scaled = dataclasses.replace(
            view, foot_x=view.foot_x * SCALE, foot_y=view.foot_y * SCALE, scale=view.scale * SCALE
        )
        found.append((make_person(SEED, number), scaled, turned))
    return found
