"""Head, hair, hats and bags of a drawn person."""

from __future__ import annotations

import math

import numpy as np

from reid_core.datasets.synthetic.drawing import Array, Painter, Point, linear
from reid_core.datasets.synthetic.garments import bag_paint, face_paint
from reid_core.datasets.synthetic.skeleton import Skeleton, shifted


def draw_backpack(painter: Painter, body: Skeleton) -> None:
    """A backpack; its straps are the garment's paint."""
    height = body.person.height
    painter.tube(
        body.at(0, 0.6, -0.105),
        body.at(0, 0.8, -0.1),
        np.array([0.078, 0.085, 0.084, 0.08, 0.062]) * height,
        bag_paint(body.person, (0.47, 0.86)),
        depth=0.62,
        caps=(0.3, 0.4),
        folds=0.06,
        shadow=0.4,
    )


def draw_hip_bag(painter: Painter, body: Skeleton) -> None:
    """A bag at the hip, or a tote that hangs from the shoulder."""
    person, height = body.person, body.person.height
    x, low = person.bag_side * 0.118 * person.build, 0.45
    if person.bag == "tote":
        x, low = person.bag_side * 0.135 * person.build, 0.5
        painter.tube(
            body.at(x, 0.6, -0.01),
            body.at(person.bag_side * 0.1, 0.82, 0),
            [0.007 * height] * 2,
            linear(person.bag_colour),
        )
    # Turned a quarter: the bag's broad face lies against the hip.
    painter.tube(
        body.at(x, low, -0.01),
        body.at(x, low + 0.11, -0.01),
        np.array([0.06, 0.066, 0.06]) * height,
        bag_paint(person, (0.6,)),
        depth=0.4,
        caps=(0.25, 0.25),
        folds=0.05,
        shadow=0.4,
        turn=math.pi / 2,
    )


def draw_handbag(painter: Painter, body: Skeleton, hand: Point) -> None:
    """A bag that hangs from the hand."""
    person, height = body.person, body.person.height
    strap = linear(person.bag_colour) * 0.7
    for offset in (-0.02, 0.02):
        painter.tube(shifted(hand, (0, -0.06 * height, offset * height)), hand, [0.006 * height] * 2, strap)
    painter.tube(
        shifted(hand, (0, -0.135 * height, 0)),
        shifted(hand, (0, -0.05 * height, 0)),
        np.array([0.072, 0.066, 0.056]) * height,
        bag_paint(person, (0.8,)),
        depth=0.34,
        caps=(0.2, 0.2),
        shadow=0.4,
        turn=math.pi / 2,
    )


def draw_head(painter: Painter, body: Skeleton) -> None:
    """Head, nose, and what covers them."""
    person, height, turn = body.person, body.person.height, body.pose.head_turn
    hat = linear(person.headwear_colour)
    covered = person.headwear in ("hood", "headscarf")
    facing = painter.project((0.0, 0.0, 1.0))[3] > 0
    if covered:
        painter.tube(
            body.at(0, 0.835, -0.008),
            body.at(0, 0.9, -0.004),
            np.array([0.075, 0.06, 0.056]) * height,
            hat,
            depth=0.9,
            caps=(0.4, 0.6),
            folds=0.1,
            shadow=0.35,
        )
    nose = body.at(0.0, 0.918, 0.0)
    ahead = 0.062 * height
    nose = shifted(nose, (math.sin(turn) * ahead, 0.0, math.cos(turn) * ahead))
    if not facing:  # the head hides it, all but the tip
        painter.tube(
            nose,
            shifted(nose, (0, 0.012 * height, -0.004 * height)),
            [0.009 * height, 0.006 * height],
            linear(person.skin),
        )
    skull = np.array([0.5, 0.68, 0.8, 0.88, 0.94, 0.97, 0.99, 1.0, 0.99, 0.95, 0.86, 0.7, 0.45]) * 0.049
    painter.tube(
        body.at(0, 0.868, 0.006),
        body.at(0, 0.985, -0.002),
        skull * height,
        face_paint(person, painter.view.pitch),
        depth=1.2,
        caps=(0.35, 0.5),
        shadow=0.35,
        turn=turn,
    )
    if facing and not covered:
        painter.tube(
            nose,
            shifted(nose, (0, 0.012 * height, -0.004 * height)),
            [0.008 * height, 0.006 * height],
            linear(person.skin) * 0.93,
        )
    if person.headwear in ("cap", "hat"):
        _draw_brim(painter, body, hat)


def draw_hair(painter: Painter, body: Skeleton) -> None:
    """What hair stands round the head, hangs behind it, or is tied there."""
    height, hair = body.person.height, linear(body.person.hair)
    # Lower end, upper end, how far behind the neck, depth over width, half-widths.
    low, high, back, depth, widths = {
        "bun": (0.965, 0.975, 0.061, 1.0, (0.027, 0.027)),
        "bob": (0.862, 0.972, 0.015, 0.9, (0.056, 0.06, 0.059, 0.052)),
        "curly": (0.915, 0.972, 0.015, 0.9, (0.056, 0.068, 0.07, 0.06)),
        "long": (0.76, 0.955, 0.051, 0.6, (0.044, 0.055, 0.056, 0.05)),
        "ponytail": (0.79, 0.955, 0.074, 0.6, (0.012, 0.02, 0.022, 0.018)),
    }[body.person.hair_style]
    if body.person.headwear != "none":  # hair under a hat begins below it
        high = min(high, 0.925)
        low = min(low, high - 0.01)
    painter.tube(
        body.at(0, low, -back - 0.006),
        body.at(0, high, -back + 0.006),
        np.array(widths) * height,
        hair,
        depth=depth,
        caps=(0.6, 0.8),
        folds=0.13,
        shadow=0.3,
    )


def _draw_brim(painter: Painter, body: Skeleton, colour: Array) -> None:
    height, turn = body.person.height, body.pose.head_turn
    middle, reach = body.at(0, 0.956, 0.0), (0.075 if body.person.headwear == "cap" else 0.0) * body.person.height
    front = shifted(middle, (math.sin(turn) * reach, -0.012 * height, math.cos(turn) * reach))
    if body.person.headwear == "cap":
        painter.tube(
            front, middle, [0.027 * height, 0.036 * height], colour * 0.8, depth=0.4, caps=(0.5, 0.5), turn=turn
        )
    else:
        painter.tube(
            middle,
            shifted(middle, (0, 0.006 * height, 0)),
            [0.088 * height, 0.08 * height],
            colour * 0.9,
            caps=(0.3, 0.2),
            shadow=0.4,
        )
