"""Draws one pedestrian in one pose: every body part and garment is a shaded tube in three dimensions.

A tube has an axis, a profile of half-widths and an elliptical section. Seen by a camera it is a band of pixels for
which the position along the axis and the angle round it are known in closed form, so normals (for light) and surface
coordinates (for stripes, zips, faces, straps) cost a few array operations. Tubes are laid down from far to near.
Lengths are metres, angles radians, colours sRGB in 0..1; pictures are (3, H, W) float32 in linear light:
planes, because arithmetic on rows of three numbers costs numpy several times as much.
The body's axes: x to the person's left, y up, z forward.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]
Point = tuple[float, float, float]
Paint = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Person:
    """What stays with a person from camera to camera."""

    height: float
    build: float  # girth, 1 is average
    shoulders: float  # 1 is average; below it the hips are the wider part
    skin: Colour
    hair: Colour
    hair_style: str  # bald, short, curly, bob, long, ponytail, bun
    headwear: str  # none, cap, beanie, hood, headscarf, hat
    headwear_colour: Colour
    beard: float
    glasses: bool
    upper: str  # t-shirt, shirt, sweater, hoodie, jacket, suit, coat, puffer, dress
    upper_colour: Colour
    accent: Colour
    inner: Colour
    pattern: str  # plain, stripes, pinstripes, checks, two-tone, chest band, logo, back print
    opened: bool
    sleeve: float  # 0 shoulder, 1 elbow, 2 wrist
    lower: str  # straight, skinny, wide, shorts, skirt, long skirt
    lower_colour: Colour
    side_stripe: bool
    tights: Colour | None
    shoes: Colour
    sole: Colour
    boots: bool
    bag: str  # none, backpack, shoulder bag, handbag, tote
    bag_colour: Colour
    bag_side: int  # 1 the person's left, -1 the right
    scarf: Colour | None


@dataclass(frozen=True)
class Pose:
    """What changes between sightings; yaw 0 faces the camera, a positive yaw turns to the picture's right."""

    yaw: float
    phase: float
    stride: float = 1.0
    lean: float = 0.0
    head_turn: float = 0.0
    arms: str = "swing"  # swing, pockets, phone


@dataclass(frozen=True)
class View:
    """Where the feet stand in the picture (pixels), pixels per metre there, and the camera's tilt and distance."""

    foot_x: float
    foot_y: float
    scale: float
    pitch: float
    distance: float


@dataclass(frozen=True)
class Light:
    """Towards the light in picture axes (right, up, to the viewer); how much comes from everywhere and from there."""

    direction: Point
    ambient: float
    direct: float


def linear(colour: Colour) -> Array:
    """An sRGB colour in linear light, (3, 1, 1), by the 2.2 power that is close enough here."""
    return np.power(np.asarray(colour, np.float32), np.float32(2.2)).reshape(3, 1, 1)


def unit(values: Array) -> Array:
    """The values held within 0..1: np.clip, without the checks that cost more than the work on pictures this small."""
    return np.minimum(np.maximum(values, 0.0), 1.0)


def step(values: Array, edge: float | Array, width: float) -> Array:
    """0 below the edge, 1 above it, a ramp of this width between."""
    return unit((values - edge) * (1.0 / width) + 0.5)


def mix(under: Array, over: Array, mask: Array) -> Array:
    """The colour `over` where the (H, W) mask is 1, `under` where it is 0."""
    return under + (over - under) * mask


@lru_cache(maxsize=4)
def noise_tile(stretch: float, size: int = 512) -> Array:
    """A (size, size) tile of smooth noise with unit variance, `stretch` times longer down than across; it wraps."""
    white = np.random.default_rng(int(stretch * 8)).standard_normal((size, size))
    down, across = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    radius = np.hypot(down * stretch, across) * 24.0
    smooth = np.fft.irfft2(np.fft.rfft2(white) * radius / (1.0 + radius**3.8), s=(size, size))
    return np.asarray(smooth / smooth.std(), np.float32)


@lru_cache(maxsize=64)
def _even(count: int) -> NDArray[np.float64]:
    return np.linspace(0.0, 1.0, count)


class Painter:
    """Lays tubes on a picture, (3, H, W) linear float32, which it changes in place."""

    def __init__(self, picture: Array, view: View, light: Light, yaw: float, fold_seed: int = 0) -> None:
        self.picture = picture
        self.cover = np.zeros(picture.shape[1:], np.float32)
        self.view, self.light, self.yaw, self.fold_seed = view, light, yaw, fold_seed
        self._pitch = (math.sin(view.pitch), math.cos(view.pitch))

    def project(self, point: Point) -> tuple[float, float, float, float]:
        """Pixel x and y, pixels per metre there, and how near the viewer the point is."""
        x, y, z = point
        sine, cosine = math.sin(self.yaw), math.cos(self.yaw)
        x, z = x * cosine + z * sine, z * cosine - x * sine
        y, z = y * self._pitch[1] - z * self._pitch[0], y * self._pitch[0] + z * self._pitch[1]
        scale = self.view.scale * self.view.distance / (self.view.distance - z)
        return self.view.foot_x + x * scale, self.view.foot_y - y * scale, scale, z

    def tube(
        self,
        start: Point,
        end: Point,
        widths: Any,
        paint: Paint | Array,
        *,
        depth: float = 1.0,
        caps: tuple[float, float] = (1.0, 1.0),
        folds: float = 0.0,
        shadow: float = 0.0,
        turn: float = 0.0,
    ) -> None:
        """Paints a tube from its lower to its upper end.

        `widths` are half-widths at even steps; `depth` is the section's depth over its width; `caps` how far each
        end bulges (1: half a ball); `paint` a colour, or a function of (angle, position) where angle 0 is the
        person's front and position runs 0..1; `folds` the strength of creases; `shadow` what it casts beside it;
        `turn` turns the section about the axis.
        """
        (ax, ay, scale_a, _), (bx, by, scale_b, _) = self.project(start), self.project(end)
        sine, cosine = math.sin(self.yaw + turn), math.cos(self.yaw + turn)
        knots = _even(len(widths))
        radii = np.asarray(widths) * math.hypot(cosine, depth * sine) * (scale_a + (scale_b - scale_a) * knots)
        reach = float(radii.max()) + 1.5 + (0.035 * scale_a if shadow else 0.0)
        left, right = max(int(min(ax, bx) - reach), 0), min(int(max(ax, bx) + reach) + 1, self.picture.shape[2])
        top, bottom = max(int(min(ay, by) - reach), 0), min(int(max(ay, by) + reach) + 1, self.picture.shape[1])
        if left >= right or top >= bottom:
            return
        length = max(math.hypot(bx - ax, by - ay), 0.5)
        ux, uy = (bx - ax) / length, (by - ay) / length
        x = np.arange(left, right, dtype=np.float32)[None, :] + np.float32(0.5 - ax)
        y = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5 - ay)
        along, across = x * np.float32(ux) + y * np.float32(uy), y * np.float32(ux) - x * np.float32(uy)
        inside = np.minimum(np.maximum(along, 0.0), length)
        position = inside * np.float32(1.0 / length)
        radius = np.interp(position, knots, radii).astype(np.float32)
        over = along - inside
        over = over * np.where(over < 0, np.float32(1 / caps[0]), np.float32(1 / caps[1]))
        distance = np.sqrt(across * across + over * over)
        alpha = unit(radius - distance + np.float32(0.5))
        window = (slice(top, bottom), slice(left, right))
        picture, cover = self.picture[:, *window], self.cover[window]
        if shadow:
            near = unit(1.0 - (distance - radius) * np.float32(1 / (0.035 * scale_a)))
            picture *= 1.0 - np.float32(shadow) * near * near * cover
        sideways = np.minimum(np.maximum(across / radius, -1.0), 1.0)
        lengthways = np.minimum(np.maximum(over / radius, -1.0), 1.0)
        rest = unit(1.0 - lengthways * lengthways)
        facing = np.sqrt(np.maximum(rest - sideways * sideways, 0.0))
        if callable(paint) or depth != 1.0:
            angle = np.arcsin(sideways) - np.float32(math.atan2(depth * sine, cosine))
            angle = angle - np.float32(2 * math.pi) * np.rint(angle * np.float32(0.5 / math.pi))
        if depth != 1.0:
            body_x, body_z = np.sin(angle) * np.float32(depth), np.cos(angle)
            norm = np.sqrt(rest / (body_x * body_x + body_z * body_z))
            sideways = (body_x * np.float32(cosine) + body_z * np.float32(sine)) * norm
            facing = (body_z * np.float32(cosine) - body_x * np.float32(sine)) * norm
        # The normal, dotted with the light and with straight up, each as weights of its three parts.
        light_x, light_up, light_z = self.light.direction
        lit = (
            sideways * np.float32(-light_x * uy - light_up * ux)
            + lengthways * np.float32(light_x * ux - light_up * uy)
            + facing * np.float32(light_z + light_up * self._pitch[0])
        )
        ambient = self.light.ambient
        shade = (
            np.float32(self.light.direct) * np.maximum(lit, 0.0)
            + np.float32(0.72 * ambient)
            + facing * np.float32(0.18 * ambient * (1.0 + self._pitch[0]))
            - (sideways * np.float32(ux) + lengthways * np.float32(uy)) * np.float32(0.18 * ambient)
        )
        if folds:
            tile = noise_tile(0.45)
            shift = (self.fold_seed * 37 + int(ax) + 5 * int(radii[0])) % (tile.shape[1] - self.picture.shape[2])
            crease = tile[top + self.fold_seed % 200 :, shift:][: bottom - top, : right - left]
            shade *= 1.0 + np.float32(folds) * crease
        colour = paint(angle, position) if callable(paint) else paint
        picture += (colour * shade - picture) * alpha
        np.maximum(cover, alpha, out=cover)
