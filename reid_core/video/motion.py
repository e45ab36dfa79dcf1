"""Where boxes will be: a Kalman filter of constant velocity for many boxes at once, in seconds, not in frames.

Position and size of a box are four numbers that are filtered independently, so a covariance is three numbers for each:
var(value), cov(value, speed), var(speed). All noise is told in heights of the box, so near and far people, small and
large pictures are treated alike; the gap since the last frame is real, so 25 and 2 pictures a second are, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# In heights of the box. A person walks about .8 heights a second.
MEASURED = 0.1  # standard deviation of what a detector gives: arms, bags and half hidden legs come and go
FIRST_SPEED = 1.0  # standard deviation of the unknown speed of a new box, per second
CHANGE = 0.25  # standard deviation of what the speed changes by within a second


@dataclass(eq=False)
class Motion:
    """State of N boxes: `value` and `speed` (N, 4) of centre x, centre y, width, height; `spread` (N, 4, 3)."""

    value: Numbers
    speed: Numbers
    spread: Numbers

    @classmethod
    def at(cls, boxes: NDArray[Any]) -> Motion:
        """New boxes (N, 4), left, top, right, bottom, of unknown speed."""
        value = _centred(boxes)
        height = value[:, 3:4]
        spread = np.zeros((len(value), 4, 3))
        spread[..., 0] = (MEASURED * height) ** 2
        spread[..., 2] = (FIRST_SPEED * height) ** 2
        return cls(value, np.zeros_like(value), spread)

    @property
    def boxes(self) -> Numbers:
        """(N, 4): left, top, right, bottom."""
        half = self.value[:, 2:] / 2
        return np.concatenate([self.value[:, :2] - half, self.value[:, :2] + half], axis=1)

    def of(self, rows: NDArray[Any]) -> Motion:
        """Only the named rows: indices or a mask."""
        return Motion(self.value[rows], self.speed[rows], self.spread[rows])

    def state(self) -> dict[str, list]:
        """The arrays as plain lists, exact to the last digit."""
        return {name: array.tolist() for name, array in vars(self).items()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Motion:
        return cls(
            np.array(state["value"], np.float64).reshape(-1, 4),
            np.array(state["speed"], np.float64).reshape(-1, 4),
            np.array(state["spread"], np.float64).reshape(-1, 4, 3),
        )

    def surprise(self, boxes: NDArray[Any]) -> Numbers:
        """(N, M): how far the centres of the boxes (M, 4) are from where they are expected, in standard deviations."""
        measured = _centred(boxes)
        away = measured[None, :, :2] - self.value[:, None, :2]
        expected = self.spread[:, None, :2, 0] + (MEASURED * measured[None, :, 3:4]) ** 2
        return np.sqrt((away**2 / expected).sum(axis=2))

    def joined(self, other: Motion) -> Motion:
        return Motion(
            np.concatenate([self.value, other.value]),
            np.concatenate([self.speed, other.speed]),
            np.concatenate([self.spread, other.spread]),
        )

    def after(self, seconds: float) -> Motion:
        """So much later, unseen. Sizes stay: what a box grew by in half a second says little about the next two."""
        value = self.value + self.speed * [seconds, seconds, 0, 0]
        height = self.value[:, 3:4]
        noise = (CHANGE * height) ** 2
        own, mixed, speed = np.moveaxis(self.spread, 2, 0)
        spread = np.stack(
            [
                own + 2 * seconds * mixed + seconds**2 * speed + noise * seconds**3 / 3,
                mixed + seconds * speed + noise * seconds**2 / 2,
                speed + noise * seconds,
            ],
            axis=2,
        )
        return Motion(value, self.speed, spread)

    def seen(self, rows: NDArray[Any], boxes: NDArray[Any]) -> None:
        """The boxes (M, 4) were measured for the rows (M,): what was predicted is corrected, in place."""
        measured = _centred(boxes)
        own, mixed, speed = np.moveaxis(self.spread[rows], 2, 0)
        total = own + (MEASURED * measured[:, 3:4]) ** 2
        surprise = measured - self.value[rows]
        gain, gain_of_speed = own / total, mixed / total
        self.value[rows] += gain * surprise
        self.speed[rows] += gain_of_speed * surprise
        self.spread[rows] = np.stack(
            [own * (1 - gain), mixed * (1 - gain), speed - gain_of_speed * mixed],
            axis=2,
        )


def _centred(boxes: NDArray[Any]) -> Numbers:
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3)  # a box without area has no scale
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, size], axis=1)
