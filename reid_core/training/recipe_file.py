"""Recipes as YAML: every value in a line of its own, its meaning in the line above."""

from __future__ import annotations

from pathlib import Path

import yaml

from reid_core.errors import ReidError
from reid_core.training.recipe import Recipe, get_recipe, recipe_values

SUFFIXES = (".yaml", ".yml")
LARGEST = 2**16  # bytes; a recipe is about 4,000


def to_yaml(recipe: Recipe) -> str:
    """Every value of the recipe, with its meaning as a comment; `from_yaml` reads the same recipe back."""
    lines = []
    for value in recipe_values():
        default = "" if value.default == "" else f" Default: {value.default}."
        lines.append(f"# {value.meaning[0].upper()}{value.meaning[1:]}.{default}")
        set_to = getattr(recipe, value.name)
        plain = str(set_to).isprintable()  # control characters are lost unless they are escaped
        lines.append(yaml.safe_dump({value.name: set_to}, width=2**16, allow_unicode=plain).strip())
    return "\n".join(lines) + "\n"


def from_yaml(text: str, *, called: str = "the recipe") -> Recipe:
    """The recipe; values that are left out are the reference recipe's.

    Raises ReidError for what is no YAML, for a name that stands there twice, and as `Recipe.replace` does.
    """
    try:
        values = yaml.load(text, Loader=_OnceLoader)  # a SafeLoader: builds nothing but plain values
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first = " ".join(str(error).split())[:200]
        raise ReidError(f"{called} is not YAML that can be read ({first}). Write lines such as epochs: 5.") from error
    if not isinstance(values, dict):
        raise ReidError(f"{called} holds no values; write lines such as epochs: 5.")
    try:
        return Recipe().replace(**{str(name): value for name, value in values.items()})
    except ReidError as error:
        raise ReidError(f"{called}: {error}") from error


def read_recipe(name: str) -> Recipe:
    """A recipe by its name, or by the path of a .yaml file. Raises ReidError when there is none or it is not right."""
    file = Path(name)
    if file.suffix.lower() not in SUFFIXES:
        return get_recipe(name)
    try:
        if file.stat().st_size > LARGEST:
            raise ReidError(f"{name} is larger than any recipe ({LARGEST:,} bytes). Give another file.")
        return from_yaml(file.read_text(encoding="utf-8"), called=name)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ReidError(
            f"The recipe {name} cannot be read ({reason}). Give a .yaml file, or a recipe's name."
        ) from error


class _OnceLoader(yaml.SafeLoader):
    """A SafeLoader that refuses a key that stands there twice, of which YAML readers silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        names = [key.value for key, _ in node.value]
        if repeated := {name for name in names if isinstance(name, str) and names.count(name) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"{min(repeated)} stands there twice", node.start_mark)
        return super().construct_mapping(node, deep)
