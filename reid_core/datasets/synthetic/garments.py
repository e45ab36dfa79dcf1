"""What the surfaces of a drawn person look like: cloth patterns, openings, sleeves, legs, bags, faces.

Each function returns a paint for `drawing.Painter.tube`: given the angle round the tube (0 is the person's front,
positive to the left) and the position along it (0 the lower end), both (H, W), the colour (3, H, W) in linear light.
"""

from __future__ import annotations

import numpy as np

from reid_core.datasets.synthetic.drawing import Array, Paint, Person, linear, mix, step

FOLDS = {
    "t-shirt": 0.07,
    "shirt": 0.09,
    "sweater": 0.06,
    "hoodie": 0.08,
    "jacket": 0.08,
    "suit": 0.05,
    "coat": 0.05,
    "puffer": 0.04,
    "dress": 0.06,
}
NECK = 0.842  # where the torso's tube ends, as a fraction of stature


def _band(values: Array, middle: float | Array, half_width: float, soft: float) -> Array:
    """1 within half_width of the middle."""
    return 1.0 - step(np.abs(values - middle), half_width, soft)


def _fill(colour: Array, like: Array) -> Array:
    return np.broadcast_to(colour, (3, *like.shape))


def _pattern(person: Person, colour: Array, angle: Array, level: Array) -> Array:
    """The cloth's pattern; level is the height in fractions of stature."""
    accent, front = linear(person.accent), np.abs(angle)
    if person.pattern == "stripes":
        return mix(colour, accent, step(np.sin(level * 170.0), 0.2, 0.9))
    if person.pattern == "pinstripes":
        return mix(colour, accent, 0.13 * step(np.cos(angle * 14.0), 0.75, 0.4))
    if person.pattern == "checks":
        grid = step(np.sin(level * 130.0), 0.0, 0.9) + step(np.cos(angle * 10.0), 0.0, 0.9)
        return mix(colour, accent, 0.45 * grid)
    if person.pattern == "two-tone":
        return mix(colour, accent, step(level, 0.705, 0.008))
    if person.pattern == "chest band":
        return mix(colour, accent, _band(level, 0.69, 0.032, 0.008))
    if person.pattern == "logo":
        return mix(
            colour,
            accent,
            _band(level, 0.72, 0.022, 0.008)
            * _band(angle, 0.0, 0.42, 0.08)
            * step(np.cos(angle * 17.0) * np.cos(level * 190.0), -0.35, 0.5),
        )
    if person.pattern == "back print":
        return mix(colour, accent, _band(level, 0.7, 0.05, 0.01) * step(front, 2.55, 0.1))
    return colour


def upper_paint(person: Person, hem: float) -> Paint:
    """The torso's garment from hem to neck, with what lies open, hangs across it or shows at the neck."""
    base, accent, inner = linear(person.upper_colour), linear(person.accent), linear(person.inner)
    bag, skin, below = linear(person.bag_colour), linear(person.skin), linear(person.lower_colour)

    def paint(angle: Array, position: Array) -> Array:
        front, level = np.abs(angle), hem + position * np.float32(NECK - hem)
        colour = _pattern(person, _fill(base, angle), angle, level)
        if person.upper == "puffer":
            colour = colour * (0.72 + 0.36 * np.sqrt(np.abs(np.sin(level * 75.0))))
        if person.opened:
            if person.upper == "suit":
                gap = np.clip((level - 0.6) * 2.6, 0.0, 0.5) + np.clip(0.5 - level, 0.0, 1.0) * 1.5
            else:
                gap = 0.14 + 0.55 * np.clip(level - 0.6, 0.0, 1.0) + 0.5 * np.clip(0.56 - level, 0.0, 1.0)
            under = mix(_fill(below, angle), inner, step(level, 0.555, 0.01))
            if person.upper == "suit":
                under = mix(under, accent, _band(angle, 0.0, 0.075, 0.05) * step(level, 0.56, 0.01))
            colour = mix(colour * (0.65 + 0.35 * step(front, gap + 0.07, 0.06)), under, 1 - step(front, gap, 0.06))
        elif person.upper in ("jacket", "puffer", "coat", "shirt"):
            colour = colour * (1.0 - 0.5 * _band(angle, 0.0, 0.02, 0.06))
        if person.upper == "hoodie":
            pouch = (
                step(level, 0.51, 0.01) * (1 - step(level, 0.61 - 0.1 * front, 0.01)) * _band(angle, 0.0, 0.62, 0.04)
            )
            colour = colour * (1.0 - 0.22 * pouch)
        if person.upper in ("t-shirt", "dress", "sweater", "hoodie"):
            colour = mix(colour, skin, step(level, 0.8 + 0.035 * front, 0.006) * _band(angle, 0.0, 0.95, 0.1))
        else:
            colour = colour * (1.0 - 0.35 * _band(level, 0.82, 0.003, 0.006))
        colour = colour * (0.65 + 0.35 * step(level, hem + 0.008, 0.006))
        if person.bag == "backpack":
            colour = mix(colour, bag, _band(front, 0.66, 0.11, 0.06) * step(level, 0.64, 0.02))
        if person.bag == "shoulder bag":
            # From the hip on the bag's side up to the other shoulder, over the chest and over the back.
            round_side = np.sin(angle) * person.bag_side
            colour = mix(colour, bag, _band(level, 0.68 - 0.135 * round_side, 0.009, 0.008))
        return colour

    return paint


def sleeve_paint(person: Person, fore: bool) -> Paint:
    """An arm, from wrist to elbow or from elbow to shoulder, covered as far as the sleeve goes."""
    base, skin, accent = linear(person.upper_colour), linear(person.skin), linear(person.accent)
    bare_below = 2.0 - person.sleeve if fore else 1.0 - person.sleeve

    def paint(angle: Array, position: Array) -> Array:
        cloth = _fill(base, angle)
        if person.pattern == "stripes":
            cloth = mix(cloth, accent, step(np.sin(position * 25.13 - 1.57), 0.2, 0.9))
        elif person.pattern == "checks":
            cloth = mix(
                cloth, accent, 0.45 * (step(np.sin(position * 20.0), 0.0, 0.9) + step(np.cos(angle * 4), 0.0, 0.9))
            )
        elif person.pattern == "two-tone" and not fore:
            cloth = mix(cloth, accent, step(position, 0.42, 0.05))
        elif person.pattern == "pinstripes":
            cloth = mix(cloth, accent, 0.13 * step(np.cos(angle * 6.0), 0.75, 0.4))
        if person.upper == "puffer":
            cloth = cloth * (0.74 + 0.34 * np.sqrt(np.abs(np.sin(position * 13.0))))
        if bare_below >= 1.0:
            return _fill(skin, angle)
        if bare_below <= 0.0:
            cuff = _band(position, 0.0, 0.04, 0.05) if fore else np.zeros_like(position)
            return cloth * (1.0 - 0.25 * cuff)
        return mix(
            _fill(skin, angle),
            cloth * (1.0 - 0.3 * _band(position, bare_below, 0.05, 0.05)),
            step(position, bare_below, 0.03),
        )

    return paint


def lower_paint(person: Person, side: int, shin: bool) -> Paint:
    """A leg, from ankle to knee or from knee to hip, as trousers, shorts, skirt, boots and socks leave it."""
    cloth, shoes, accent = linear(person.lower_colour), linear(person.shoes), linear(person.accent)
    bare = linear(person.skin if person.tights is None else person.tights)
    skirt = person.lower in ("skirt", "long skirt")
    top = 0.6 if skirt or person.lower in ("shorts", "skinny") else 0.08  # of the boots
    covered = not skirt and not (shin and person.lower == "shorts")

    def paint(angle: Array, position: Array) -> Array:
        colour = _fill(cloth if covered else bare, angle)
        if covered and person.side_stripe:
            colour = mix(colour, accent, _band(angle, side * 1.57, 0.22, 0.1))
        if not shin and person.lower == "shorts":
            colour = mix(_fill(bare, angle), colour, step(position, 0.22, 0.03))
        if shin and person.boots:
            colour = mix(_fill(shoes, angle), colour, step(position, top, 0.03))
        elif shin and not covered and person.tights is None:
            colour = mix(_fill(linear(person.sole), angle), colour, step(position, 0.1, 0.03))
        return colour

    return paint


def bag_paint(person: Person, seams: tuple[float, ...]) -> Paint:
    """A bag with dark seams at these positions."""
    base = linear(person.bag_colour)

    def paint(angle: Array, position: Array) -> Array:
        seam = np.zeros_like(position)
        for place in seams:
            seam = seam + _band(position, place, 0.02, 0.04)
        return base * (1.0 - 0.5 * seam)

    return paint


def face_paint(person: Person, pitch: float) -> Paint:
    """The head from chin to crown: face, beard, glasses, hair or what covers it."""
    skin, hair, hat = linear(person.skin), linear(person.hair), linear(person.headwear_colour)
    lips = skin * np.array([[[0.85]], [[0.55]], [[0.55]]], np.float32)
    # The hairline over |angle|: forehead, temple, sideburn, behind the ear, nape.
    lines = {"bald": (1.3, 1.3, 1.3, 1.3, 1.3), "short": (0.84, 0.8, 0.52, 0.3, 0.12)}
    line = lines.get(person.hair_style, (0.84, 0.74, 0.2, -1.0, -1.0))

    def paint(angle: Array, position: Array) -> Array:
        front = np.abs(angle)
        position = position - np.float32(0.25 * pitch) * np.cos(angle) + np.float32(0.1 * pitch)
        shadow = 0.16 * _band(position, 0.3, 0.04, 0.06) * _band(angle, 0.0, 0.12, 0.1)
        sockets = 0.34 * _band(position, 0.56, 0.035, 0.06) * _band(front, 0.42, 0.17, 0.12)
        colour = mix(
            _fill(skin, angle) * (1.0 - shadow - sockets),
            linear((0.08, 0.06, 0.05)),
            0.75 * _band(position, 0.54, 0.014, 0.02) * _band(front, 0.42, 0.1, 0.06),
        )
        colour = mix(
            colour, hair * 0.6 + skin * 0.1, 0.7 * _band(position, 0.635, 0.014, 0.02) * _band(front, 0.42, 0.2, 0.08)
        )
        if person.beard:
            chin = (1 - step(position, 0.2 + 0.13 * front, 0.16)) * _band(angle, 0.0, 1.3, 0.4)
            lip = _band(position, 0.285, 0.02, 0.04) * _band(angle, 0.0, 0.38, 0.15)
            colour = mix(colour, hair * 0.8 + skin * 0.1, person.beard * np.maximum(chin, lip))
        colour = mix(colour, lips, 0.8 * _band(position, 0.2, 0.022, 0.03) * _band(angle, 0.0, 0.26, 0.1))
        if person.glasses:
            rim = _band(position, 0.55, 0.07, 0.03) * _band(front, 0.45, 0.32, 0.06)
            rim = rim - 0.65 * _band(position, 0.55, 0.042, 0.02) * _band(front, 0.45, 0.24, 0.05)
            colour = mix(
                colour,
                linear((0.06, 0.06, 0.07)),
                np.clip(rim + _band(position, 0.58, 0.015, 0.02) * _band(front, 1.0, 0.5, 0.1), 0.0, 0.9),
            )
        ear = _band(position, 0.48, 0.1, 0.04) * _band(front, 1.72, 0.14, 0.06)
        edge = np.interp(front, [0.55, 0.95, 1.35, 1.9, 2.5], line).astype(np.float32)
        colour = mix(colour, hair * (0.96 + 0.07 * np.sin(angle * 23.0)), step(position, edge, 0.05))
        if person.hair_style in ("short", "bald", "bun"):
            colour = mix(colour, skin * 0.85, ear)
        if person.headwear in ("cap", "beanie", "hat"):
            low = {"cap": 0.74, "beanie": 0.66, "hat": 0.74}[person.headwear]
            knit = 1.0 - 0.2 * _band(position, low + 0.13, 0.012, 0.03)
            colour = mix(colour, hat * knit, step(position, low - 0.05 * np.clip(front - 1.0, 0.0, 1.5), 0.03))
        elif person.headwear in ("hood", "headscarf"):
            opening = ((position - 0.42) / 0.44) ** 2 + (front / 0.92) ** 2
            colour = mix(colour, hat * (1.0 - 0.4 * _band(opening, 1.05, 0.12, 0.2)), step(opening, 1.0, 0.15))
        return colour

    return paint
