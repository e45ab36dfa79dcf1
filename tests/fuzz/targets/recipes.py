"""Recipes: as YAML, as options, and the values that a search tries."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from reid_core.cli.shared import recipe_options
from reid_core.training.loss_text import parse_losses
from reid_core.training.planning.tuning import parse_space, typed_space
from reid_core.training.recipe import Recipe, recipe_values
from reid_core.training.recipe_file import read_recipe, to_yaml
from reid_core.workspace.catalogue.selection import Selection
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target

NAMES = [value.name for value in recipe_values()]
LOSSES = ("arcface", "0.5 triplet", "+", " ", "1e3", "*", "supcon", "circle", "1e999", ".5", "0", "e+", "arcfac")


def _files(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        file = folder / "mine.yaml"
        if random.random() < 0.4:
            data = odd.damaged(random, to_yaml(Recipe()).encode())
        else:
            lines = [f"{_name(random)}: {_yaml(random)}" for _ in range(random.randrange(6))]
            data = "\n".join(lines).encode("utf-8", "surrogatepass")
        file.write_bytes(data)
        to_yaml(read_recipe(str(file)))

    return attempt


def _yaml(random: Random, depth: int = 0) -> str:
    kind = random.randrange(9)
    if kind < 5 or depth > 6:
        return odd.text(random)
    inside = [_yaml(random, depth + 1) for _ in range(random.randrange(4))]
    wraps = (f"[{', '.join(inside)}]", f"{{{': '.join(inside)}}}", f"&a {''.join(inside)}", "*a", "[" * 5_000)
    return random.choice((*wraps, "|\n  x\n", ">-\n y", f"!!python/name:{''.join(inside)}", f'"{"".join(inside)}"'))


def _name(random: Random) -> str:
    return random.choice(NAMES) if random.random() < 0.8 else odd.text(random)


def _options(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        kind = random.randrange(4)
        if kind == 0:
            parse_losses("".join(random.choice(LOSSES) for _ in range(random.randrange(6))))
        elif kind == 1:
            given = [f"--{_name(random)}={odd.text(random)}" for _ in range(random.randrange(1, 4))]
            Recipe().replace(**recipe_options.parse(given))
        elif kind == 2:
            texts = [f"{_name(random)}={odd.text(random)},{odd.text(random)}" for _ in range(random.randrange(1, 3))]
            typed_space(Recipe(), parse_space(texts))
        else:
            Recipe().replace(**{_name(random): odd.value(random) for _ in range(random.randrange(1, 4))})

    return attempt


def _selections(prepared: Path) -> Attempt:
    names = list(vars(Selection()))

    def attempt(random: Random, folder: Path) -> None:
        values = {random.choice(names): odd.value(random) for _ in range(random.randrange(4))}
        text = json.dumps(values) if random.random() < 0.8 else "[" * random.choice((1, 100_000)) + odd.text(random)
        Selection.from_json(text).describe()

    return attempt


TARGETS = (Target("recipes", _files), Target("recipe-options", _options), Target("selections", _selections))
