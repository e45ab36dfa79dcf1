"""The places of the demo site as their cameras see them: floors and walls in perspective, things that stand in the way.

A plate is the empty picture of one camera, (3, H, W) float32 in linear light. The camera stands `height` metres above a
flat floor and looks along it: a floor point z metres away lies `focal * height / z` pixels below the horizon, and there
`focal / z` pixels make a metre. Patterns are computed from floor and wall coordinates, so they shrink as they should.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from reid_core.datasets.synthetic.drawing import Array, Colour, Light, Painter, View, linear, mix, noise_tile, step

WIDTH, HEIGHT = 900, 520
FLOORS = ("slabs", "asphalt", "station", "cobbles", "concrete")
WALLS = ("bricks", "shops", "hedge", "station", "render", "street")
OBSTACLES = ("bollard", "railing", "bench", "planter")


@dataclass(frozen=True)
class Place:
    """Where a camera hangs and what it looks at."""

    floor: str
    wall: str
    horizon: float  # pixels from the top of the plate
    focal: float  # pixels
    height: float  # metres above the floor
    wall_distance: float  # metres
    tint: Colour  # of the floor
    wall_tint: Colour
    seed: int

    @property
    def nearest(self) -> float:
        """Distance of the floor at the plate's lower edge, metres."""
        return self.focal * self.height / (HEIGHT - 4 - self.horizon)

    def view(self, x: float, z: float) -> View:
        """How someone is seen who stands x metres right of the middle, z metres away."""
        return View(
            WIDTH / 2 + x * self.focal / z,
            self.horizon + self.focal * self.height / z,
            self.focal / z,
            math.atan2(self.height - 0.9, z),
            math.hypot(z, self.height - 0.9),
        )


def make_place(generator: np.random.Generator, kind: int | None = None) -> Place:
    """A place drawn by chance; `kind` fixes which floor and wall go together, so that neighbouring cameras differ."""
    pairs = (
        ("slabs", "shops"),
        ("station", "station"),
        ("asphalt", "bricks"),
        ("concrete", "hedge"),
        ("cobbles", "render"),
        ("asphalt", "street"),
    )
    floor, wall = (
        pairs[kind % len(pairs)]
        if kind is not None
        else (FLOORS[int(generator.integers(len(FLOORS)))], WALLS[int(generator.integers(len(WALLS)))])
    )
    grey, warm = generator.uniform(0.42, 0.68), generator.uniform(-0.03, 0.05)
    wall_colours = ((0.52, 0.3, 0.24), (0.7, 0.64, 0.54), (0.56, 0.6, 0.62), (0.62, 0.48, 0.36), (0.36, 0.42, 0.46))
    shade = generator.uniform(0.8, 1.15)
    red, green, blue = wall_colours[int(generator.integers(len(wall_colours)))]
    height = float(generator.uniform(2.5, 3.8))
    focal = float(generator.uniform(900, 1150))
    horizon = float(generator.uniform(0, 60))
    return Place(
        floor,
        wall,
        horizon,
        focal,
        height,
        focal * height / float(generator.uniform(150, 215)),
        (grey + warm, grey, grey - warm),
        (red * shade, green * shade, blue * shade),
        int(generator.integers(2**31)),
    )


def _grain(x: Array, y: Array, scale: float, tile: Array) -> Array:
    """Noise of the tile at metre coordinates."""
    rows, columns = (y * scale).astype(np.int64) % tile.shape[0], (x * scale).astype(np.int64) % tile.shape[1]
    return tile[rows, columns]


def _joints(x: Array, y: Array, width: float, height: float, gap: Any, bond: bool = False) -> tuple[Array, Array]:
    """1 on the joints between blocks of this size, and a number in 0..1 that differs from block to block."""
    row = np.floor(y / height)
    shifted = x + np.where(row % 2 == 1, width / 2, 0.0) if bond else x
    column = np.floor(shifted / width)
    across, down = np.abs(shifted / width - column - 0.5) * width, np.abs(y / height - row - 0.5) * height
    edge = np.minimum(width / 2 - across, height / 2 - down)
    value = np.sin(row * 12.9898 + column * 78.233) * 43758.5453
    return 1.0 - np.clip(edge / gap, 0.0, 1.0), (value - np.floor(value)).astype(np.float32)


def paint_plate(place: Place) -> Array:
    """The empty picture of a place."""
    generator = np.random.default_rng(place.seed)
    plate = np.empty((3, HEIGHT, WIDTH), np.float32)
    base = int(place.horizon + place.focal * place.height / place.wall_distance)
    columns = np.arange(WIDTH, dtype=np.float32)[None, :] - WIDTH / 2
    z = place.focal * place.height / (np.arange(base, HEIGHT, dtype=np.float32)[:, None] + 0.5 - place.horizon)
    plate[:, base:] = _floor(place, columns * z / place.focal, np.broadcast_to(z, (HEIGHT - base, WIDTH)), generator)
    up = (base - np.arange(base, dtype=np.float32)[:, None]) * place.wall_distance / place.focal
    along = columns * place.wall_distance / place.focal
    plate[:, :base] = _wall(place, np.broadcast_to(along, (base, WIDTH)), np.broadcast_to(up, (base, WIDTH)), generator)
    contact = np.exp(-np.abs(np.arange(HEIGHT, dtype=np.float32) - base) / 9.0)
    plate *= (1.0 - 0.35 * contact)[:, None]
    blotches = noise_tile(1.0)[::2, ::2]
    soft = np.kron(blotches[:65, :113], np.ones((8, 8), np.float32))[:HEIGHT, :WIDTH]
    plate *= 1.0 + 0.02 * soft
    return np.clip(plate, 0.004, 1.2)


def _floor(place: Place, x: Array, z: Array, generator: np.random.Generator) -> Array:
    tint, tile = linear(place.tint), noise_tile(1.0)
    coarse, fine = _grain(x, z, 12.0, tile), _grain(x, z, 55.0, tile)
    footprint = z / np.float32(place.focal) * 1.5  # metres a pixel covers: joints must not flicker far away
    shade = 1.0 + 0.05 * coarse
    colour: Array
    if place.floor == "slabs":
        joint, block = _joints(x, z, 0.6, 0.6, 0.012 + footprint, bond=True)
        colour = tint * (shade * (0.9 + 0.2 * block) * (1 - 0.4 * joint))
    elif place.floor == "station":
        joint, block = _joints(x + 0.35 * z, z, 0.9, 0.9, 0.008 + footprint)
        sheen = 1.0 + 0.35 * np.exp(-((x - 0.8) ** 2) / 1.6) * np.clip((z - place.nearest) / 6.0, 0.0, 1.0)
        colour = tint * (1.1 * (0.97 + 0.06 * block) * (1 - 0.22 * joint) * sheen)
        strip = place.wall_distance - 1.6
        dots = 0.85 + 0.15 * np.cos(x * 60) * np.cos(z * 60)
        colour = mix(colour, linear((0.82, 0.66, 0.2)) * dots, step(-np.abs(z - strip), -0.22, 0.05))
    elif place.floor == "cobbles":
        joint, block = _joints(x + 0.03 * coarse, z, 0.16, 0.11, 0.012 + footprint, bond=True)
        colour = tint * (shade * (0.75 + 0.35 * block) * (1 - 0.5 * joint))
    elif place.floor == "concrete":
        joint, _ = _joints(x, z, 3.0, 3.0, 0.01 + footprint)
        colour = tint * ((shade + 0.05 * fine) * (1 - 0.35 * joint))
        grass = linear((0.3, 0.38, 0.2)) * (1.0 + 0.28 * fine)
        colour = mix(colour, grass, step(z + 0.04 * fine, place.wall_distance - generator.uniform(1.2, 2.2), 0.06))
    else:
        colour = linear((0.33, 0.335, 0.345)) * (1.0 + 0.04 * coarse + 0.08 * fine)
        kerb = place.wall_distance - generator.uniform(1.8, 3.0)
        joint, block = _joints(x, z, 0.5, 0.5, 0.012 + footprint)
        colour = mix(colour, tint * (shade * (0.92 + 0.16 * block) * (1 - 0.35 * joint)), step(z, kerb, 0.03))
        colour = mix(colour, linear((0.66, 0.65, 0.62)), step(-np.abs(z - kerb), -0.09, 0.03))
        dashes = step(-np.abs(z - place.nearest * 1.25), -0.06, 0.02) * step(np.cos(x * 1.3), 0.0, 0.05)
        colour = mix(colour, linear((0.78, 0.78, 0.75)), 0.85 * dashes)
    return colour


def _wall(place: Place, x: Array, y: Array, generator: np.random.Generator) -> Array:
    tint, tile = linear(place.wall_tint), noise_tile(1.0)
    coarse, fine = _grain(x, y, 14.0, tile), _grain(x, y, 60.0, tile)
    pixel = np.float32(1.5 * place.wall_distance / place.focal)
    phase = float(generator.uniform(0, 4))
    if place.wall in ("bricks", "street"):
        joint, block = _joints(x, y, 0.24, 0.08, 0.006 + pixel, bond=True)
        colour = tint * ((1.0 + 0.08 * coarse) * (0.8 + 0.4 * block))
        colour = mix(colour, linear((0.66, 0.63, 0.58)), 0.45 * joint)
    elif place.wall == "station":
        joint, _ = _joints(x, y, 0.6, 0.3, 0.004 + pixel)
        colour = linear((0.82, 0.82, 0.79)) * (1.0 - 0.2 * joint)
        colour = mix(colour, tint, step(-np.abs(y - 1.15), -0.16, 0.03))
    elif place.wall == "hedge":
        leaves = _grain(x, y, 38.0, tile)
        colour = linear((0.23, 0.27, 0.17)) * np.exp(0.45 * leaves + 0.25 * coarse)
    else:
        colour = tint * (1.0 + 0.05 * coarse + 0.02 * fine)
        colour = colour * (0.72 + 0.28 * step(y, 0.45, 0.03))
    if place.wall in ("shops", "street", "render", "station"):
        pitch, wide, low, high = {
            "shops": (2.6, 1.05, 0.45, 2.5),
            "street": (3.4, 0.6, 0.9, 2.3),
            "render": (3.8, 0.5, 0.0, 2.15),
            "station": (4.6, 0.75, 0.55, 1.9),
        }[place.wall]
        shifted = x + phase
        number = np.floor(shifted / pitch)
        local = shifted - (number + 0.5) * pitch
        inset = np.minimum(wide - np.abs(local), np.minimum(y - low, high - y))
        lottery = np.sin(number * 7.13 + place.seed % 97) * 0.5 + 0.5
        glass = 0.05 + 0.13 * lottery + 0.16 * step(np.sin(shifted * 2.1 + y * 1.4 + number), 0.55, 0.5) + 0.03 * coarse
        inside = glass * np.stack([1.0 + 0.3 * lottery, np.ones_like(lottery), 1.25 - 0.35 * lottery], axis=0)
        goods = step(y, low + 0.2, 0.05) * (
            1 - step(y, low + 0.25 + 0.7 * np.abs(np.sin(np.floor(shifted / 0.23) * 1.7)), 0.05)
        )
        if place.wall == "shops":
            stock = np.floor(shifted / 0.23) * 2.9
            hue = np.stack([0.16 + 0.13 * np.sin(stock + k * 1.1) for k in range(3)], axis=0)
            inside = mix(inside, hue, 0.75 * goods)
        if place.wall == "station":
            hue = np.stack([0.25 + 0.2 * np.sin(number * 2.3 + y * 1.6 + k * 1.9) for k in range(3)], axis=0)
            inside = mix(hue, linear((0.9, 0.9, 0.88)), step(-np.abs(y - 0.95), -0.16, 0.02))
        if place.wall == "render":
            inside = linear((0.28, 0.2, 0.15)) * (1.0 - 0.3 * step(-np.abs(np.abs(local) - 0.25), -0.02, 0.02))
        colour = mix(colour, linear((0.2, 0.2, 0.21)), step(inset, -0.07, 0.03))
        colour = mix(colour, inside.astype(np.float32), step(inset, 0.0, 0.03))
    return np.asarray(colour, np.float32)


def paint_obstacle(picture: Array, view: View, light: Light, kind: str, seed: int) -> None:
    """Draws something that stands between the camera and the person, in place; view is where it stands."""
    painter = Painter(picture, view, light, 0.0, seed % 97)
    generator = np.random.default_rng(seed)
    steel = linear((0.3, 0.31, 0.33)) * float(generator.uniform(0.5, 1.6))
    if kind == "bollard":
        painter.tube((0, 0, 0), (0, 0.95, 0), [0.09, 0.075, 0.075, 0.08], steel, caps=(0.4, 0.6))
        painter.tube((0, 0.76, 0), (0, 0.83, 0), [0.08, 0.08], linear((0.85, 0.85, 0.82)), caps=(0.2, 0.2))
    elif kind == "railing":
        for level in (0.15, 0.58, 1.0):
            painter.tube((-2, level, 0), (2, level, 0), [0.025, 0.025], steel)
        for place in np.arange(-1.9, 2.0, 0.95 if seed % 2 else 0.16):
            thick = 0.03 if seed % 2 else 0.012
            painter.tube((float(place), 0, 0), (float(place), 1.0, 0), [thick, thick], steel)
    elif kind == "bench":
        wood = linear((0.45, 0.3, 0.18)) * float(generator.uniform(0.6, 1.3))
        for level, back in ((0.42, 0.2), (0.6, -0.05), (0.74, -0.08)):
            painter.tube(
                (-0.75, level, back), (0.75, level, back), [0.055, 0.055], wood, depth=0.6, caps=(0.3, 0.3), folds=0.08
            )
        for place in (-0.6, 0.6):
            painter.tube((place, 0, 0), (place, 0.72, -0.05), [0.03, 0.03], steel)
    else:
        pot = linear((0.5, 0.46, 0.4)) * float(generator.uniform(0.6, 1.2))
        for _ in range(26):
            x, y, r = generator.uniform(-0.36, 0.36), generator.uniform(0.5, 1.0), generator.uniform(0.07, 0.15)
            leaf = linear((0.24, 0.36, 0.16)) * float(generator.uniform(0.5, 1.3))
            painter.tube((x, y, 0), (x + 0.03, y + 0.06, 0), [r, r * 0.7], leaf, folds=0.4)
        painter.tube((0, 0.03, 0), (0, 0.5, 0), [0.34, 0.38, 0.4], pot, caps=(0.2, 0.1), folds=0.04)
