"""Where the joints of a walking person are, by the usual picture of a gait cycle.

The thigh swings as a sine, the knee bends while its leg swings forward, the arms go against the legs, and the lower
foot stands on the ground. Segments are fractions of stature (Winter, "Biomechanics and Motor Control of Human
Movement").
"""

from __future__ import annotations

import math

from reid_core.datasets.synthetic.drawing import Person, Point, Pose


def shifted(point: Point, offset: Point) -> Point:
    """The point moved by the offset."""
    return point[0] + offset[0], point[1] + offset[1], point[2] + offset[2]


class Skeleton:
    """The joints of a person in a pose, in metres on the body's axes; side 1 is the person's left, -1 the right."""

    def __init__(self, person: Person, pose: Pose) -> None:
        self.person, self.pose = person, pose
        narrow = person.upper == "dress" or person.lower in ("skirt", "long skirt")
        self.stride = pose.stride * (0.7 if narrow else 1.0)
        self.lift = 0.0
        self.lift = 0.012 * person.height - min(point[1] for side in (-1, 1) for point in self.leg(side)[3:])

    def at(self, x: float, y: float, z: float) -> Point:
        """A point given in statures, leaning with the body above the hips."""
        above = max(y - 0.5, 0.0)
        height = self.person.height
        return x * height, y * height + self.lift, (z + above * self.pose.lean) * height

    def leg(self, side: int) -> tuple[Point, Point, Point, Point, Point]:
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

    def arm(self, side: int) -> tuple[Point, Point, Point, Point]:
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
