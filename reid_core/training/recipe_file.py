"""Recipes as YAML: every value in a line of its own, its meaning in the line above.

What stands there is read as it was typed. Readers of YAML 1.1 take `1:30` for 90, `010` for 8, `1_0` for 10, `yes` for
true and `2026-03-02` for a date; here those are text, which is no number and says so. What a list of values never needs
is refused: anchors and aliases (of which a few hundred bytes make gigabytes), tags, and depth.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from reid_core.errors import ReidError, shortened
from reid_core.images import BadImage, read_file
from reid_core.training.recipe import MOST_DIGITS, Recipe, get_recipe, recipe_values

SUFFIXES = (".yaml", ".yml")
LARGEST = 2**16  # bytes; a recipe is about 4,000
DEEPEST = 4  # lists and groups inside one another; a recipe has one group
_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)|[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?)")  # what is no text unless quoted
_NOT_FINITE = re.compile(r"[-+]?\.(?:nan|inf)", re.IGNORECASE)
_NOTHING = ("", "~", "null")


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

    Raises ReidError for what is no YAML or larger than any recipe, for a name that stands there twice or has no value,
    and as `Recipe.replace` does.

    >>> recipe = from_yaml("epochs: 10\\nloss: arcface + 0.5 triplet")
    >>> recipe.epochs, recipe.loss, recipe.batch_size == Recipe().batch_size
    (10, 'arcface + 0.5 triplet', True)
    """
    called = shortened(called, 200)
    if len(text) > LARGEST:
        raise ReidError(f"{called} is larger than any recipe ({LARGEST:,} bytes). Give another file.")
    try:
        node = _PlainLoader(text).get_single_node()
    except (yaml.YAMLError, ValueError) as error:
        raise ReidError(
            f"{called} is not YAML that can be read ({_why(error)}). Write lines such as epochs: 5."
        ) from error
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise ReidError(f"{called} holds no values; write lines such as epochs: 5.")
    try:
        return Recipe().replace(**_values(node))
    except ReidError as error:
        raise ReidError(f"{called}: {error}") from error


def read_recipe(name: str) -> Recipe:
    """A recipe by its name, or by the path of a .yaml file. Raises ReidError when there is none or it is not right."""
    if not name.lower().endswith(SUFFIXES):
        return get_recipe(name)
    try:
        return from_yaml(read_file(Path(name), limit=2 * LARGEST).decode("utf-8-sig"), called=name)
    except (BadImage, UnicodeDecodeError) as error:
        reason = error if isinstance(error, BadImage) else "it is no text"
        raise ReidError(
            f"The recipe {name} cannot be read: {reason}. Give a .yaml file, or a recipe's name."
        ) from error


def _why(error: yaml.YAMLError | ValueError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {shortened(str(error.problem), 200)}"
    return shortened(" ".join(str(error).split()), 200)


class _PlainLoader(yaml.SafeLoader):
    """A SafeLoader of which only the nodes are used, without anchors, aliases, tags and depth."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        event = self.peek_event()
        self._refuse(isinstance(event, yaml.AliasEvent), "uses an alias (*name); write the value out", event)
        self._refuse(event.anchor is not None, "uses an anchor (&name); leave it out", event)
        self._refuse(getattr(event, "tag", None) is not None, "names a type (!name); leave it out", event)
        self._depth += 1
        self._refuse(self._depth > DEEPEST, "is nested too deep", event)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _refuse(self, wrong: bool, problem: str, event: yaml.Event) -> None:
        if wrong:
            raise yaml.composer.ComposerError(None, None, f"it {problem}", event.start_mark)


def _values(node: yaml.MappingNode) -> dict[str, object]:
    """Name -> value as it was typed. Raises ReidError for a name that stands there twice or has no value."""
    values: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ReidError("a name is a list or a group of values; write lines such as epochs: 5.")
        if key.value in values:
            raise ReidError(f"{shortened(key.value)} stands there twice; keep one of the lines.")
        values[key.value] = _value(key.value, value)
    return values


def _value(name: str, node: yaml.Node) -> object:
    if not isinstance(node, yaml.ScalarNode):
        return node.value  # a list; `Recipe.replace` says what should stand there
    text: str = node.value
    if node.style is not None:  # quoted, or a block of text
        return text
    if text.lower() in _NOTHING:
        raise ReidError(f"{shortened(name)} has no value; write one, or leave the line out.")
    if _NOT_FINITE.fullmatch(text):
        return text.replace(".", "")
    if not _NUMBER.fullmatch(text) or len(text) > MOST_DIGITS:
        return text  # that a number is none, or has thousands of digits, `Recipe.replace` says
    return float(text) if "." in text else int(text)
