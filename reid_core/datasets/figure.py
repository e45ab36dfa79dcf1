"""Assembles one walking person from the tubes of `drawing`: legs, garments, arms, head, hair, bags.

Joint angles follow the usual picture of a gait cycle (Winter): the thigh swings as a sine, the knee bends while its leg
swings forward, arms go against the legs, and the lower foot stands on the ground.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from reid_core.datasets.drawing import Array, Light, Painter, Person, Point, Pose, View, linear, mix, step
from reid_core.datasets.garments import FOLDS, NECK, bag_paint, face_paint, lower_paint, sleeve_paint, upper_paint

LONG_UPPER = {"coat": 0.30, "dress": 0.36}  # where the hem hangs, as a fraction of stature
BELOW_HIPS = {"suit": 0.445, "jacket": 0.46, "puffer": 0.45, "hoodie": 0.465, "sweater": 0.475}


def draw_person(picture: Array, person: Person, pose: Pose, view: View, light: Light, fold_seed: int = 0) -> Array:
    """Draws the person into the picture, (3, H, W) linear float32, in place; returns the (H, W) share it covers."""
    painter = Painter(picture, view, light, pose.yaw, fold_seed)
    return _Figure(painter, person, pose).draw()


class _Figure:
    def __init__(self, painter: Painter, person: Person, pose: Pose) -> None:
        self.painter, self.person, self.pose = painter, person, pose
        self.jobs: list[tuple[float, Callable[[], None]]] = []
        narrow = person.upper == "dress" or person.lower in ("skirt", "long skirt")
        self.stride = pose.stride * (0.7 if narrow else 1.0)
        self.lift = 0.0
        self.lift = -min(min(point[1] for point in self._leg(side)[3:]) for side in (-1, 1)) + 0.012 * person.height

    def at(self, x: float, y: float, z: float) -> Point:
        """A point given in statures, leaning with the body above the hips."""
        above = max(y - 0.5, 0.0)
        height = self.person.height
        return x * height, y * height + self.lift, (z + above * self.pose.lean) * height

    def add(self, anchor: Point, bias: float, job: Callable[[], None]) -> None:
        """Queues a job by how near its anchor is to the viewer, in metres."""
        self.jobs.append((self.painter.project(anchor)[3] - anchor[1] * math.sin(self.painter.view.pitch) + bias, job))

    def draw(self) -> Array:
        for side in (-1, 1):
            knee, foot = self._leg(side)[1], self._leg(side)[3]
            self.add((knee[0], 0.0, (knee[2] + foot[2]) / 2), -1.0, lambda side=side: self.leg(side))  # type: ignore[misc]
            self.add(self._arm(side)[1], 0.03, lambda side=side: self.arm(side))  # type: ignore[misc]
        self.add(self.at(0, 0.8, 0), 0.0, self.torso)
        self.add(self.at(0, 0.93, 0.0), 0.06, self.head)
        if self.person.hair_style in ("long", "bob", "curly", "ponytail", "bun") and self.person.headwear not in (
            "hood",
            "headscarf",
        ):
            self.add(self.at(0, 0.93, -0.1), 0.06, self.tail)
        if self.person.bag == "backpack":
            self.add(self.at(0, 0.7, -0.1), 0.0, self.backpack)
        if self.person.bag in ("shoulder bag", "tote"):
            self.add(self.at(self.person.bag_side * 0.13, 0.5, -0.01), 0.05, self.hip_bag)
        for _, job in sorted(self.jobs, key=lambda pair: pair[0]):
            job()
        return self.painter.cover

    # Legs

    def _leg(self, side: int) -> tuple[Point, Point, Point, Point, Point]:
        """Hip, knee, ankle, heel and toe."""
        phase = self.pose.phase + (math.pi if side > 0 else 0.0)
        thigh = 0.06 + 0.42 * self.stride * math.sin(phase)
        shin = thigh - 0.10 - 0.85 * self.stride * max(0.0, math.cos(phase)) ** 2
        x = side * 0.049 * (2.0 - self.person.shoulders)
        hip = (0.0, 0.52)
        knee = hip[0] + 0.238 * math.sin(thigh), hip[1] - 0.238 * math.cos(thigh)
        ankle = knee[0] + 0.243 * math.sin(shin), knee[1] - 0.243 * math.cos(shin)
        foot = 0.65 * shin if shin < 0 else 0.3 * shin
        heel = ankle[0] - 0.02 - 0.02 * math.sin(foot), ankle[1] - 0.022 - 0.02 * math.sin(foot)
        toe = ankle[0] + 0.088 * math.cos(foot), ankle[1] - 0.024 + 0.11 * math.sin(foot)
        return (
            self.at(x, hip[1], hip[0]),
            self.at(x * 0.95, knee[1], knee[0]),
            self.at(x * 0.85, ankle[1], ankle[0]),
            self.at(x * 0.85, heel[1], heel[0]),
            self.at(x * 1.15, toe[1], toe[0]),
        )

    def leg(self, side: int) -> None:
        person, painter, height = self.person, self.painter, self.person.height
        hip, knee, ankle, heel, toe = self._leg(side)
        girth = height * (0.55 + 0.45 * person.build)
        shoes, sole = linear(person.shoes), linear(person.sole)

        def shoe(angle: Array, position: Array) -> Array:
            return mix(np.broadcast_to(shoes, (3, *angle.shape)), shoes * 0.6 + sole * 0.1, step(position, 0.8, 0.3))

        lower, upper = (0.0, -0.010 * height, 0.0), (0.0, 0.004 * height, 0.0)
        painter.tube(
            _plus(heel, lower),
            _plus(toe, lower),
            [0.021 * height, 0.024 * height, 0.02 * height],
            sole,
            caps=(0.8, 0.8),
        )
        painter.tube(
            _plus(heel, upper),
            _plus(toe, upper),
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

    # Torso and garments

    def _hem(self) -> float:
        return LONG_UPPER.get(self.person.upper, BELOW_HIPS.get(self.person.upper, 0.49))

    def torso(self) -> None:
        person, painter, height = self.person, self.painter, self.person.height
        girth, wide = height * person.build, person.shoulders
        hips = girth * 0.092 * (2.0 - wide) ** 0.7
        slim = 0.074 + 0.06 * max(person.build - 1.0, 0.0)
        lower, skin = linear(person.lower_colour), linear(person.skin)
        skirted = person.lower in ("skirt", "long skirt") and person.upper != "dress"
        spread = abs(math.sin(self.pose.phase)) * self.stride
        if skirted or person.upper == "dress":
            hem = 0.14 if person.lower == "long skirt" else 0.3
            flare = hips * (1.12 + 0.25 * (person.lower == "long skirt"))
            cloth = linear(person.upper_colour) if person.upper == "dress" else lower

            def pleats(angle: Array, position: Array) -> Array:
                return cloth * (1.0 - 0.2 * (1 - position) * np.sin(angle * 9) ** 2)

            painter.tube(
                self.at(0, hem, 0.01),
                self.at(0, 0.56, 0),
                [flare, hips * 1.1, hips * 1.06, hips * 0.85],
                pleats,
                depth=0.8 + 0.6 * spread,
                caps=(0.12, 0.2),
                folds=0.07,
                shadow=0.4,
            )
        else:
            painter.tube(
                self.at(0, 0.485, 0),
                self.at(0, 0.6, 0),
                [hips * 0.93, hips, hips * 0.93, girth * slim * 1.06],
                lower,
                depth=0.74,
                caps=(0.5, 0.2),
                folds=0.06,
                shadow=0.2,
            )
        painter.tube(self.at(0, 0.79, -0.01), self.at(0, 0.89, 0.012), [0.034 * height, 0.03 * height], skin)
        hem = self._hem() if person.upper != "dress" else 0.5
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
            self.at(0, hem, 0.0),
            self.at(0, NECK, -0.006),
            profile,
            upper_paint(person, hem),
            depth=section,
            caps=(0.15, 0.5),
            folds=FOLDS[person.upper],
            shadow=0.35,
        )
        if person.upper == "hoodie" and person.headwear != "hood":
            painter.tube(
                self.at(-0.035, 0.84, -0.038),
                self.at(0.035, 0.84, -0.038),
                [0.034 * height, 0.036 * height],
                linear(person.upper_colour),
                caps=(0.9, 0.9),
                folds=0.06,
                shadow=0.3,
            )
        if person.scarf is not None:
            painter.tube(
                self.at(0, 0.838, 0.006),
                self.at(0, 0.872, 0.01),
                [0.058 * height, 0.064 * height, 0.054 * height],
                linear(person.scarf),
                depth=1.0,
                caps=(0.5, 0.4),
                folds=0.16,
                shadow=0.4,
            )

    def backpack(self) -> None:
        height = self.person.height
        self.painter.tube(
            self.at(0, 0.6, -0.105),
            self.at(0, 0.8, -0.1),
            np.array([0.078, 0.085, 0.084, 0.08, 0.062]) * height,
            bag_paint(self.person, (0.47, 0.86)),
            depth=0.62,
            caps=(0.3, 0.4),
            folds=0.06,
            shadow=0.4,
        )

    def hip_bag(self) -> None:
        person, height = self.person, self.person.height
        x, low = person.bag_side * 0.118 * person.build, 0.45
        if person.bag == "tote":
            x, low = person.bag_side * 0.135 * person.build, 0.5
            self.painter.tube(
                self.at(x, 0.6, -0.01),
                self.at(person.bag_side * 0.1, 0.82, 0),
                [0.007 * height] * 2,
                linear(person.bag_colour),
            )
        # Turned a quarter: the bag's broad face lies against the hip.
        self.painter.tube(
            self.at(x, low, -0.01),
            self.at(x, low + 0.11, -0.01),
            np.array([0.06, 0.066, 0.06]) * height,
            bag_paint(person, (0.6,)),
            depth=0.4,
            caps=(0.25, 0.25),
            folds=0.05,
            shadow=0.4,
            turn=math.pi / 2,
        )

    # Arms

    def _arm(self, side: int) -> tuple[Point, Point, Point, Point]:
        """Shoulder, elbow, wrist and fingertips."""
        person, pose = self.person, self.pose
        swing = -0.34 * pose.stride * math.sin(pose.phase + (math.pi if side > 0 else 0.0))
        bend, splay = 0.18 + 0.35 * max(swing, 0.0) + 0.15 * pose.stride, 0.15 + 0.25 * max(person.build - 0.9, 0.0)
        inward = 0.0
        if pose.arms == "pockets":
            swing, bend, splay, inward = -0.25, 0.75, 0.28, 0.05
        elif pose.arms == "phone" and side != person.bag_side:
            swing, bend, splay, inward = 0.25, 1.75, 0.12, 0.06
        elif person.bag == "handbag" and side == person.bag_side:
            swing, bend = 0.3 * swing, 0.12
        x = side * 0.097 * person.shoulders * (0.6 + 0.4 * person.build)
        shoulder, elbow_x = (x, 0.788, 0.0), x + side * 0.17 * math.sin(splay)
        elbow = elbow_x, 0.788 - 0.17 * math.cos(swing), 0.17 * math.sin(swing)
        wrist = (
            elbow_x - side * inward,
            elbow[1] - 0.145 * math.cos(swing + bend),
            elbow[2] + 0.145 * math.sin(swing + bend),
        )
        tip = wrist[0], wrist[1] - 0.058 * math.cos(swing + bend), wrist[2] + 0.058 * math.sin(swing + bend)
        return self.at(*shoulder), self.at(*elbow), self.at(*wrist), self.at(*tip)

    def arm(self, side: int) -> None:
        person, painter, height = self.person, self.painter, self.person.height
        shoulder, elbow, wrist, tip = self._arm(side)
        girth = height * (0.5 + 0.5 * person.build)
        bulk = {"puffer": 0.013, "coat": 0.008, "jacket": 0.007, "hoodie": 0.007, "suit": 0.005, "sweater": 0.004}.get(
            person.upper, 0.002
        ) * height
        if person.bag == "handbag" and side == person.bag_side:
            self._handbag(tip)
        if self.pose.arms != "pockets":
            painter.tube(tip, wrist, [0.016 * height, 0.021 * height, 0.016 * height], linear(person.skin), depth=0.7)
        if self.pose.arms == "phone" and side != person.bag_side:
            painter.tube(
                tip,
                _plus(tip, (0.0, 0.05 * height, 0.01 * height)),
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

    def _handbag(self, hand: Point) -> None:
        person, painter, height = self.person, self.painter, self.person.height
        strap = linear(person.bag_colour) * 0.7
        for offset in (-0.02, 0.02):
            painter.tube(_plus(hand, (0, -0.06 * height, offset * height)), hand, [0.006 * height] * 2, strap)
        painter.tube(
            _plus(hand, (0, -0.135 * height, 0)),
            _plus(hand, (0, -0.05 * height, 0)),
            np.array([0.072, 0.066, 0.056]) * height,
            bag_paint(person, (0.8,)),
            depth=0.34,
            caps=(0.2, 0.2),
            shadow=0.4,
            turn=math.pi / 2,
        )

    # Head

    def head(self) -> None:
        person, painter, height, turn = self.person, self.painter, self.person.height, self.pose.head_turn
        hat = linear(person.headwear_colour)
        covered = person.headwear in ("hood", "headscarf")
        behind = painter.project((0.0, 0.0, 1.0))[3] > 0  # the back of the head is hidden
        if covered:
            painter.tube(
                self.at(0, 0.835, -0.008),
                self.at(0, 0.9, -0.004),
                np.array([0.075, 0.06, 0.056]) * height,
                hat,
                depth=0.9,
                caps=(0.4, 0.6),
                folds=0.1,
                shadow=0.35,
            )
        nose = self.at(0.0, 0.918, 0.0)
        ahead = 0.062 * height
        nose = _plus(nose, (math.sin(turn) * ahead, 0.0, math.cos(turn) * ahead))
        if not behind:
            painter.tube(
                nose,
                _plus(nose, (0, 0.012 * height, -0.004 * height)),
                [0.009 * height, 0.006 * height],
                linear(person.skin),
            )
        skull = np.array([0.5, 0.68, 0.8, 0.88, 0.94, 0.97, 0.99, 1.0, 0.99, 0.95, 0.86, 0.7, 0.45]) * 0.049
        painter.tube(
            self.at(0, 0.868, 0.006),
            self.at(0, 0.985, -0.002),
            skull * height,
            face_paint(person, painter.view.pitch),
            depth=1.2,
            caps=(0.35, 0.5),
            shadow=0.35,
            turn=turn,
        )
        if behind and not covered:
            painter.tube(
                nose,
                _plus(nose, (0, 0.012 * height, -0.004 * height)),
                [0.008 * height, 0.006 * height],
                linear(person.skin) * 0.93,
            )
        if person.headwear in ("cap", "hat"):
            self._brim(hat)

    def tail(self) -> None:
        """What hair hangs behind the head, or is tied there."""
        painter, height, hair = self.painter, self.person.height, linear(self.person.hair)
        if self.person.hair_style == "bun":
            painter.tube(self.at(0, 0.965, -0.06), self.at(0, 0.975, -0.062), [0.027 * height] * 2, hair, folds=0.1)
            return
        if self.person.hair_style in ("bob", "curly"):
            low, widths = (
                (0.862, [0.056, 0.06, 0.059, 0.052])
                if self.person.hair_style == "bob"
                else (0.915, [0.056, 0.068, 0.07, 0.06])
            )
            painter.tube(
                self.at(0, low, -0.016),
                self.at(0, 0.972, -0.014),
                np.array(widths) * height,
                hair,
                depth=0.9,
                caps=(0.4, 0.8),
                folds=0.14,
                shadow=0.3,
            )
            return
        loose = self.person.hair_style == "long"
        low, back = (0.76, -0.045) if loose else (0.79, -0.068)
        widths = np.array([0.044, 0.055, 0.056, 0.05] if loose else [0.012, 0.02, 0.022, 0.018]) * height
        painter.tube(
            self.at(0, low, back - 0.012), self.at(0, 0.955, back), widths, hair, depth=0.6, folds=0.12, shadow=0.3
        )

    def _brim(self, colour: Array) -> None:
        height, turn = self.person.height, self.pose.head_turn
        middle, reach = self.at(0, 0.956, 0.0), (0.075 if self.person.headwear == "cap" else 0.0) * self.person.height
        front = _plus(middle, (math.sin(turn) * reach, -0.012 * height, math.cos(turn) * reach))
        if self.person.headwear == "cap":
            self.painter.tube(
                front, middle, [0.027 * height, 0.036 * height], colour * 0.8, depth=0.4, caps=(0.5, 0.5), turn=turn
            )
        else:
            self.painter.tube(
                middle,
                _plus(middle, (0, 0.006 * height, 0)),
                [0.088 * height, 0.08 * height],
                colour * 0.9,
                caps=(0.3, 0.2),
                shadow=0.4,
            )


def _plus(point: Point, offset: Point) -> Point:
    return point[0] + offset[0], point[1] + offset[1], point[2] + offset[2]
