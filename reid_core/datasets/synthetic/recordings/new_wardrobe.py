"""People in clothes that the shipped model `synthetic` never saw: other people, other colours, more patterns."""

from __future__ import annotations

import colorsys
from dataclasses import replace

import numpy as np

from reid_core.datasets.synthetic.drawing import Colour, Person
from reid_core.datasets.synthetic.wardrobe import make_person

NEWCOMERS = 2_000_000  # people from this number on are of no training set, whatever its seed
NEWCOMER = 7  # the stream of random numbers that is kept for their clothes

# Hue, saturation and value of ranges that lie between the colours of `wardrobe`.
UPPER = (
    (0.50, 0.55, 0.60),  # turquoise
    (0.78, 0.35, 0.62),  # lilac
    (0.04, 0.55, 0.80),  # salmon
    (0.28, 0.40, 0.70),  # mint
    (0.14, 0.65, 0.85),  # straw
    (0.92, 0.60, 0.55),  # magenta
    (0.60, 0.30, 0.80),  # sky
    (0.08, 0.60, 0.45),  # rust
    (0.00, 0.00, 0.72),  # silver
    (0.66, 0.20, 0.22),  # ink
)
LOWER = (
    (0.09, 0.35, 0.55),  # sand
    (0.55, 0.30, 0.35),  # petrol
    (0.80, 0.25, 0.30),  # plum
    (0.35, 0.25, 0.38),  # moss
    (0.62, 0.15, 0.66),  # pale denim
    (0.02, 0.45, 0.42),  # brick
    (0.00, 0.00, 0.16),  # black
)
PATTERNS = {
    "t-shirt": ("stripes", "chest band", "two-tone", "plain"),
    "shirt": ("stripes", "checks", "plain"),
    "sweater": ("checks", "chest band", "two-tone", "plain"),
    "hoodie": ("two-tone", "stripes", "chest band", "plain"),
    "jacket": ("checks", "two-tone", "chest band", "plain"),
    "coat": ("checks", "two-tone", "plain"),
    "puffer": ("stripes", "two-tone", "plain"),
    "dress": ("checks", "stripes", "two-tone", "plain"),
}


def make_newcomer(seed: int, number: int) -> Person:
    """The newcomer with this number: the same for every site that has this seed."""
    person = make_person(seed, NEWCOMERS + number)
    generator = np.random.default_rng((seed, NEWCOMER, number))
    upper, lower, accent, bag = (_colour(generator, ranges) for ranges in (UPPER, LOWER, UPPER, UPPER))
    patterns = PATTERNS.get(person.upper, ("plain",))
    pattern = patterns[int(generator.integers(len(patterns)))]
    if float(np.abs(np.subtract(accent, upper)).sum()) < 0.5:  # a pattern must show
        accent = (0.92, 0.9, 0.84) if sum(upper) < 1.6 else (0.13, 0.12, 0.2)
    return replace(
        person,
        upper_colour=upper,
        lower_colour=upper if person.upper == "suit" else lower,
        accent=accent,
        pattern=pattern,
        bag_colour=bag,
        headwear_colour=upper if person.headwear == "hood" else _colour(generator, UPPER),
        scarf=None if person.scarf is None else _colour(generator, UPPER),
    )


def _colour(generator: np.random.Generator, ranges: tuple[tuple[float, float, float], ...]) -> Colour:
    hue, saturation, value = ranges[int(generator.integers(len(ranges)))]
    hue = (hue + float(generator.uniform(-0.03, 0.03))) % 1.0
    saturation = float(np.clip(saturation * generator.uniform(0.75, 1.2), 0.0, 1.0))
    return colorsys.hsv_to_rgb(hue, saturation, float(np.clip(value * generator.uniform(0.85, 1.12), 0.05, 0.95)))
