"""A drawn street with three people, on which a detector is tried before it is taken."""

from __future__ import annotations

import dataclasses

import numpy as np

from reid_core.datasets.synthetic.camera import background, cast_shadow, develop, make_camera
from reid_core.datasets.synthetic.drawing import Pose, View
from reid_core.datasets.synthetic.figure import draw_person
from reid_core.datasets.synthetic.scenery import HEIGHT, WIDTH
from reid_core.datasets.synthetic.wardrobe import make_person
from reid_core.video.detection.placing import Pixels

SEED, CAMERA = 4, 2
STANDING = ((-1.6, 6.0, 0.4), (0.1, 4.6, 2.6), (1.4, 5.4, -0.7))  # metres right and away; radians turned
PEOPLE = len(STANDING)
SCALE = 0.5  # of a camera's plate: people are drawn up to 256 pixels high


def drawn_scene() -> Pixels:
    """RGB (260, 450, 3); the same at every call."""
    camera, size = make_camera(SEED, CAMERA), (round(WIDTH * SCALE), round(HEIGHT * SCALE))
    picture = background(camera, (0, 0, WIDTH, HEIGHT), size)
    for number, (x, away, turned) in enumerate(sorted(STANDING, key=lambda one: -one[1])):
        person, view = make_person(SEED, number), _scaled(camera.place.view(x, away))
        cast_shadow(picture, view, camera.light, person.height)
        draw_person(picture, person, Pose(turned, 0.9 + number, 0.9), view, camera.light, number)
    return np.asarray(develop(picture, camera, np.random.default_rng(SEED)))


def _scaled(view: View) -> View:
    return dataclasses.replace(view, foot_x=view.foot_x * SCALE, foot_y=view.foot_y * SCALE, scale=view.scale * SCALE)
