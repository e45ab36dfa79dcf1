"""Draws one walking person from the tubes of `drawing`: legs, torso, arms, and what `accessories` adds."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from reid_core.datasets.synthetic.accessories import draw_backpack, draw_hair, draw_handbag, draw_head, draw_hip_bag
from reid_core.datasets.synthetic.drawing import Array, Light, Painter, Person, Point, Pose, View, linear, mix, step
from reid_core.datasets.synthetic.garments import FOLDS, NECK, lower_paint, sleeve_paint, upper_paint
from reid_core.datasets.synthetic.skeleton import Skeleton, shifted

LONG_UPPER = {"coat": 0.30, "dress": 0.36}  # where the hem hangs, as a fraction of stature
BELOW_HIPS = {"suit": 0.445, "jacket": 0.46, "puffer": 0.45, "hoodie": 0.465, "sweater": 0.475}


def draw_person(picture: Array, person: Person, pose: Pose, view: View, light: Light, fold_seed: int = 0) -> Array:
    """Draws the person into the picture, (3, H, W) linear float32, in place; returns the (H, W) share it covers.

    Parts are laid down by how near their middle is to the viewer, the farthest first.
    """
    painter, body = Painter(picture, view, light, pose.yaw, fold_seed), Skeleton(person, pose)
    jobs: list[tuple[float, Callable[[Painter, Skeleton], None]]] = []

    def add(anchor: Point, bias: float, job: Callable[[Painter, Skeleton], None]) -> None:
        nearness = painter.project(anchor)[3] - anchor[1] * math.sin(view.pitch)  # of the anchor's foot
        jobs.append((nearness + bias, job))

    for side in (-1, 1):
        _, knee, _, heel, _ = body.leg(side)
        add((knee[0], 0.0, (knee[2] + heel[2]) / 2), -1.0, partial(_draw_leg, side=side))  # garments hang over the legs
        add(body.arm(side)[1], 0.03, partial(_draw_arm, side=side))
    add(body.at(0, 0.8, 0), 0.0, _draw_torso)
    add(body.at(0, 0.93, 0), 0.06, draw_head)
    tied = person.hair_style in ("long", "bob", "curly", "ponytail", "bun")
    if tied and person.headwear not in ("hood", "headscarf"):
        add(body.at(0, 0.93, -0.1), 0.06, draw_hair)
    if person.bag == "backpack":
        add(body.at(0, 0.7, -0.1), 0.0, draw_backpack)
    if person.bag in ("shoulder bag", "tote"):
        add(body.at(person.bag_side * 0.13, 0.5, -0.01), 0.05, draw_hip_bag)
    for _, job in sorted(jobs, key=lambda pair: pair[0]):
        job(painter, body)
    return painter.cover


def _draw_leg(painter: Painter, body: Skeleton, side: int) -> None:
    person, height = body.person, body.person.height
    hip, knee, ankle, heel, toe = body.leg(side)
    girth = height * (0.55 + 0.45 * person.build)
    shoes, sole = linear(person.shoes), linear(person.sole)

    def shoe(angle: Array, position: Array) -> Array:
        return mix(np.broadcast_to(shoes, (3, *angle.shape)), shoes * 0.6 + sole * 0.1, step(position, 0.8, 0.3))

    lower, upper = (0.0, -0.010 * height, 0.0), (0.0, 0.004 * height, 0.0)
    painter.tube(
        shifted(heel, lower),
        shifted(toe, lower),
        [0.021 * height, 0.024 * height, 0.02 * height],
        sole,
        caps=(0.8, 0.8),
    )
    painter.tube(
        shifted(heel, upper),
        shifted(toe, upper),
        [0.024 * height, 0.024 * height, 0.018 * height],
        shoe,
        caps=(0.8, 0.8),
    )
    loose = {"skinny": 0.0, "straight": 0.008, "wide": 0.02}.get(person.lower)
    bare_leg = loose is None
    slack = height * (loose or 0.0)
    calf = [0.024 * girth, 0.026 * girth, 0.035 * girth, 0.037 * girth, 0.036 * girth]
    if not bare_leg:
        calf = [
            max(width, 0.027 * girth) + slack * share
            for width, share in zip(calf, (1.15, 0.9, 0.6, 0.6, 0.6), strict=True)
        ]

    folds = 0.02 if bare_leg else 0.1
    painter.tube(ankle, knee, calf, lower_paint(person, side, shin=True), caps=(0.3, 1.0), folds=folds, shadow=0.25)
    top = 0.058 * girth
    thigh = [calf[-1], 0.043 * girth + slack * 0.6, 0.052 * girth + slack * 0.5, top, top * 0.95]
    if person.lower == "shorts":
        thigh = [0.036 * girth, 0.057 * girth, 0.06 * girth, 0.06 * girth, top]
    painter.tube(knee, hip, thigh, lower_paint(person, side, shin=False), folds=folds, shadow=0.06)


def _hem(person: Person) -> float:
    return LONG_UPPER.get(person.upper, BELOW_HIPS.get(person.upper, 0.49))


def _draw_torso(painter: Painter, body: Skeleton) -> None:
    person, height = body.person, body.person.height
    girth, wide = height * person.build, person.shoulders
    hips = girth * 0.092 * (2.0 - wide) ** 0.7
    slim = 0.074 + 0.06 * max(person.build - 1.0, 0.0)
    lower, skin = linear(person.lower_colour), linear(person.skin)
    skirted = person.lower in ("skirt", "long skirt") and person.upper != "dress"
    spread = abs(math.sin(body.pose.phase)) * body.stride
    if skirted or person.upper == "dress":
        hem = 0.14 if person.lower == "long skirt" else 0.3
        flare = hips * (1.12 + 0.25 * (person.lower == "long skirt"))
        cloth = linear(person.upper_colour) if person.upper == "dress" else lower

        def pleats(angle: Array, position: Array) -> Array:
            return cloth * (1.0 - 0.2 * (1 - position) * np.sin(angle * 9) ** 2)

        painter.tube(
            body.at(0, hem, 0.01),
            body.at(0, 0.56, 0),
            [flare, hips * 1.1, hips * 1.06, hips * 0.85],
            pleats,
            depth=0.8 + 0.6 * spread,
            caps=(0.12, 0.2),
            folds=0.07,
            shadow=0.4,
        )
    else:
        painter.tube(
            body.at(0, 0.485, 0),
            body.at(0, 0.6, 0),
            [hips * 0.93, hips, hips * 0.93, girth * slim * 1.06],
            lower,
            depth=0.74,
            caps=(0.5, 0.2),
            folds=0.06,
            shadow=0.2,
        )
    painter.tube(body.at(0, 0.79, -0.01), body.at(0, 0.89, 0.012), [0.034 * height, 0.03 * height], skin)
    hem = _hem(person) if person.upper != "dress" else 0.5
    bulk = {"puffer": 1.14, "coat": 1.08, "jacket": 1.06, "hoodie": 1.06, "sweater": 1.04}.get(person.upper, 1.0)
    chest, shoulder = girth * 0.094 * wide, height * 0.108 * wide * (0.6 + 0.4 * person.build)
    profile = np.interp(
        np.linspace(hem, NECK, 24),
        [0.3, 0.45, 0.53, 0.61, 0.7, 0.765, 0.797, 0.818, 0.832, NECK],
        [
            hips * 1.16,
            hips * 1.04,
            hips * 1.02,
            girth * slim * 1.04,
            chest * 0.98,
            chest * 1.08,
            shoulder * 1.02,
            shoulder * 0.8,
            shoulder * 0.54,
            0.044 * height,
        ],
    )
    profile[:-5] = np.convolve(np.pad(profile, 2, "edge"), np.full(5, 0.2), "valid")[:-5]
    profile[:-3] *= bulk
    section = 0.66 + 0.12 * max(person.build - 1.0, 0.0) + (0.16 * spread if person.upper == "coat" else 0.0)
    painter.tube(
        body.at(0, hem, 0.0),
        body.at(0, NECK, -0.006),
        profile,
        upper_paint(person, hem),
        depth=section,
        caps=(0.15, 0.5),
        folds=FOLDS[person.upper],
        shadow=0.35,
    )
    if person.upper == "hoodie" and person.headwear != "hood":
        painter.tube(
            body.at(-0.035, 0.84, -0.038),
            body.at(0.035, 0.84, -0.038),
            [0.034 * height, 0.036 * height],
            linear(person.upper_colour),
            caps=(0.9, 0.9),
            folds=0.06,
            shadow=0.3,
        )
    if person.scarf is not None:
        painter.tube(
            body.at(0, 0.838, 0.006),
            body.at(0, 0.872, 0.01),
            [0.058 * height, 0.064 * height, 0.054 * height],
            linear(person.scarf),
            depth=1.0,
            caps=(0.5, 0.4),
            folds=0.16,
            shadow=0.4,
        )


def _draw_arm(painter: Painter, body: Skeleton, side: int) -> None:
    person, height = body.person, body.person.height
    shoulder, elbow, wrist, tip = body.arm(side)
    girth = height * (0.5 + 0.5 * person.build)
    bulk = {"puffer": 0.013, "coat": 0.008, "jacket": 0.007, "hoodie": 0.007, "suit": 0.005, "sweater": 0.004}.get(
        person.upper, 0.002
    ) * height
    if person.bag == "handbag" and side == person.bag_side:
        draw_handbag(painter, body, tip)
    if body.pose.arms != "pockets":
        painter.tube(tip, wrist, [0.016 * height, 0.021 * height, 0.016 * height], linear(person.skin), depth=0.7)
    if body.pose.arms == "phone" and side != person.bag_side:
        painter.tube(
            tip,
            shifted(tip, (0.0, 0.05 * height, 0.01 * height)),
            [0.02 * height] * 2,
            linear((0.05, 0.06, 0.08)),
            depth=0.3,
            caps=(0.2, 0.2),
        )
    covered = np.clip(person.sleeve - 1.0, 0.0, 1.0)
    fore = np.array([0.017, 0.021, 0.026, 0.028]) * girth + bulk * (np.linspace(0, 1, 4) > 1 - covered - 0.01)
    over = np.array([0.027, 0.029, 0.032, 0.033, 0.026]) * girth + bulk
    if person.sleeve < 1.0:
        over += np.array([0.0, 0.0, 0.004, 0.003, 0.0]) * height
    folds = 0.11 if person.sleeve >= 1.0 else 0.03
    painter.tube(wrist, elbow, fore, sleeve_paint(person, fore=True), folds=folds, shadow=0.45)
    painter.tube(elbow, shoulder, over, sleeve_paint(person, fore=False), caps=(1.0, 0.8), folds=folds, shadow=0.08)
