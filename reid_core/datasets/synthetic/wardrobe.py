"""Who walks through the demo site: body, hair, clothes and bags drawn by chance from the number of an identity.

Colours follow what people wear on an ordinary day: mostly black, grey, navy and denim, some beige and white, now and
then a strong colour. Several people are therefore alike, and telling them apart takes more than one hue.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reid_core.datasets.synthetic.drawing import Colour, Person

PERSON = 1  # the stream of random numbers that is kept for people

Palette = tuple[tuple[float, str], ...]  # weight, hexadecimal colour

SKINS: Palette = (
    (3, "f1cdb4"),
    (3, "e5b795"),
    (2, "d29f78"),
    (2, "b98058"),
    (1.5, "93603f"),
    (1.5, "6c432c"),
    (1, "49301f"),
)
HAIRS: Palette = (
    (4, "17130f"),
    (4, "2c1e15"),
    (3, "4a3220"),
    (2, "6d4a2c"),
    (1.5, "a37b48"),
    (1, "cbb07c"),
    (0.7, "7d3b1c"),
    (1.5, "86827c"),
    (0.8, "c9c6c0"),
)
DARKS: Palette = ((5, "1b1c1f"), (3, "2f3136"), (3, "1f2a44"), (2, "4b4d52"), (1.2, "3a2d25"), (1, "2f3a2c"))
LIGHTS: Palette = ((3, "e4e2dc"), (2, "c5c4c0"), (2, "8d9094"), (1.5, "cdb591"), (1, "a7b6c6"), (0.7, "d9c3bd"))
BRIGHTS: Palette = (
    (2, "97282b"),
    (1.5, "2c5c98"),
    (1.2, "356b4b"),
    (1, "c99a35"),
    (0.8, "bd6535"),
    (1, "632a40"),
    (0.6, "594b85"),
    (0.8, "bf7789"),
    (0.8, "3a7d82"),
    (0.5, "76863f"),
    (1, "6285ad"),
)
TROUSERS: Palette = (
    (5, "1c1d20"),
    (4, "2b3a5c"),
    (3, "4b658f"),
    (1.2, "8aa0bb"),
    (3, "33353a"),
    (2, "232b3f"),
    (1.6, "a48f6d"),
    (1, "77787b"),
    (0.8, "5a5a3f"),
    (0.7, "d8d4ca"),
    (0.6, "54331f"),
    (0.4, "8c2b2f"),
)
SHOES: Palette = (
    (5, "1a191a"),
    (3, "e6e4df"),
    (2, "5c3b25"),
    (1.5, "6f7175"),
    (0.7, "97272b"),
    (0.7, "2c4a7d"),
    (0.5, "c7a877"),
)
BOOTS: Palette = ((5, "1a191a"), (2, "4a3020"), (1, "6f5238"))
BAGS: Palette = (
    (5, "1c1c1e"),
    (2, "3a4253"),
    (2, "6b4528"),
    (1, "9c2a2a"),
    (1, "46603f"),
    (1, "a9a08f"),
    (0.6, "c98a2b"),
    (0.7, "3f6da3"),
)


def _colour(generator: np.random.Generator, palette: Palette) -> Colour:
    weights = np.array([weight for weight, _ in palette])
    name = palette[int(generator.choice(len(palette), p=weights / weights.sum()))][1]
    shade = np.array([int(name[place : place + 2], 16) / 255 for place in (0, 2, 4)])
    shade = shade * generator.uniform(0.85, 1.12) + generator.uniform(-0.015, 0.015, 3)
    red, green, blue = np.clip(shade, 0.03, 0.95)
    return float(red), float(green), float(blue)


def _pick(generator: np.random.Generator, weights: dict[str, float]) -> str:
    values = np.array(list(weights.values()), float)
    return list(weights)[int(generator.choice(len(values), p=values / values.sum()))]


def _cloth(generator: np.random.Generator, dark: float, light: float, bright: float) -> Colour:
    palette = {"dark": DARKS, "light": LIGHTS, "bright": BRIGHTS}[
        _pick(generator, {"dark": dark, "light": light, "bright": bright})
    ]
    return _colour(generator, palette)


def make_person(seed: int, number: int) -> Person:
    """The person with this number: the same for every site that has this seed, however large."""
    generator = np.random.default_rng((seed, PERSON, number))
    chance = generator.random
    slight = chance() < 0.5  # narrower shoulders, longer hair, skirts at times
    upper = _pick(
        generator,
        {
            "t-shirt": 3,
            "shirt": 2,
            "sweater": 2.5,
            "hoodie": 2.5,
            "jacket": 4,
            "suit": 1.3,
            "coat": 2.5,
            "puffer": 2,
            "dress": 1.2 if slight else 0,
        },
    )
    outer = upper in ("jacket", "suit", "coat", "puffer")
    upper_colour = _cloth(generator, *((5, 1.5, 1.6) if outer else (3, 2.6, 3)))
    accent = _cloth(generator, 1, 2, 3)
    if np.abs(np.subtract(accent, upper_colour)).sum() < 0.5:  # a pattern must show
        accent = (0.88, 0.87, 0.84) if sum(upper_colour) < 1.5 else (0.12, 0.14, 0.2)
    plain = {"suit": 5.0, "coat": 4.0, "puffer": 3.0, "jacket": 2.5, "hoodie": 2.5}.get(upper, 1.6)
    knitted = upper in ("t-shirt", "sweater", "hoodie", "dress")
    pattern = _pick(
        generator,
        {
            "plain": plain,
            "stripes": 0.7 * knitted,
            "pinstripes": 0.3 * (upper in ("suit", "shirt", "dress")),
            "checks": 0.9 * (upper in ("shirt", "coat")),
            "two-tone": 0.5 * (upper in ("jacket", "puffer", "sweater")),
            "chest band": 0.35 * (upper in ("sweater", "hoodie", "jacket")),
            "logo": 0.8 * (upper in ("t-shirt", "hoodie")),
            "back print": 0.4 * (upper in ("t-shirt", "hoodie", "jacket")),
        },
    )
    lower = (
        "skirt"
        if upper == "dress"
        else _pick(
            generator,
            {
                "straight": 5,
                "skinny": 3 if slight else 1.2,
                "wide": 1.5,
                "shorts": 1.1 * (upper in ("t-shirt", "shirt", "hoodie")),
                "skirt": 1.2 * slight,
                "long skirt": 0.9 * slight,
            },
        )
    )
    covered_legs = lower in ("skirt", "long skirt") and chance() < 0.6
    sole = (0.85, 0.85, 0.82) if chance() < 0.45 else (0.1, 0.1, 0.1)
    person = Person(
        height=float(np.clip(generator.normal(1.66 if slight else 1.78, 0.07), 1.48, 1.98)),
        build=float(np.clip(generator.normal(1.0, 0.11), 0.82, 1.34)),
        shoulders=float(np.clip(generator.normal(0.93 if slight else 1.05, 0.03), 0.86, 1.12)),
        skin=_colour(generator, SKINS),
        hair=_colour(generator, HAIRS),
        hair_style=_pick(generator, {"long": 4, "ponytail": 2, "bob": 2, "curly": 1, "bun": 1.2, "short": 1.5})
        if slight
        else _pick(generator, {"short": 6, "bald": 1.6, "curly": 0.6, "bob": 0.3, "bun": 0.3}),
        headwear=_pick(
            generator,
            {
                "none": 7,
                "cap": 0.8,
                "beanie": 0.9,
                "hat": 0.3,
                "hood": 0.5 * (upper in ("hoodie", "jacket", "puffer")),
                "headscarf": 0.8 * slight,
            },
        ),
        headwear_colour=_cloth(generator, 3, 1, 1.5),
        beard=0.0 if slight or chance() < 0.55 else float(generator.uniform(0.35, 0.9)),
        glasses=bool(chance() < 0.22),
        upper=upper,
        upper_colour=upper_colour,
        accent=accent,
        inner=_cloth(generator, 1.5, 3, 1),
        pattern=pattern,
        opened=upper == "suit" or (upper in ("jacket", "coat", "puffer", "shirt") and bool(chance() < 0.45)),
        sleeve=float(generator.uniform(0.45, 0.75))
        if upper == "t-shirt" or (upper == "dress" and chance() < 0.6)
        else (1.25 if upper == "shirt" and chance() < 0.35 else 2.0),
        lower=lower,
        lower_colour=_colour(generator, TROUSERS),
        side_stripe=lower in ("straight", "skinny") and chance() < 0.09,
        tights=_colour(generator, ((4, "17171a"), (1, "3a2a2e"), (0.6, "5c5f66"))) if covered_legs else None,
        shoes=_colour(generator, SHOES),
        sole=sole,
        boots=bool(chance() < (0.4 if slight else 0.12)),
        bag=_pick(
            generator, {"none": 4, "backpack": 2.6, "shoulder bag": 1.8, "handbag": 1.8 if slight else 0.5, "tote": 0.9}
        ),
        bag_colour=_colour(generator, BAGS),
        bag_side=1 if chance() < 0.5 else -1,
        scarf=_cloth(generator, 1, 1, 2) if chance() < (0.25 if outer else 0.05) else None,
    )
    if person.headwear == "hood":
        return replace(person, headwear_colour=person.upper_colour)
    if person.upper == "suit":
        suit = _cloth(generator, 6, 0.8, 0)
        return replace(
            person, upper_colour=suit, lower="straight", lower_colour=suit, shoes=(0.09, 0.07, 0.06), boots=False
        )
    return replace(person, shoes=_colour(generator, BOOTS)) if person.boots else person
