"""Command-line options for the values of a recipe, made from the recipe itself so that none can be forgotten."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from reid_core.errors import ReidError
from reid_core.training.recipe import RECIPES, Recipe


def parse(arguments: Sequence[str]) -> dict[str, str]:
    """`["--epochs", "10", "--learning-rate=3e-4"]` → `{"epochs": "10", "learning_rate": "3e-4"}`.

    Raises ReidError for anything else; unknown names are left to `Recipe.replace`, which knows the nearest.
    """
    values: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        option = rest.pop(0)
        if not option.startswith("--"):
            raise ReidError(
                f"{option!r} is not expected here; values of the recipe are written --name value, after the gallery."
            )
        name, equals, value = option[2:].partition("=")
        if not equals:
            if not rest:
                raise ReidError(f"{option} needs a value.")
            value = rest.pop(0)
        values[name.replace("-", "_")] = value
    return values


def help_text() -> str:
    """The recipes and the reference recipe's values, as options."""
    values = ", ".join(f"--{f.name.replace('_', '-')} {f.default}" for f in dataclasses.fields(Recipe))
    return f"Recipes: {', '.join(RECIPES)}. Values and their defaults in the reference recipe: {values}."
