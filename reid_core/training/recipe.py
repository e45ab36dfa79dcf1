"""What a training run is told: every value of a recipe, visible and checked."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from typing import Any, get_type_hints

from reid_core.errors import ReidError

LOSSES = ("arcface", "cross-entropy")
OPTIMISERS = ("adamw",)
SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True)
class Recipe:
    """Values of one training run; the defaults are the reference experiment's.

    Times are in epochs, sizes in pixels, angles in radians, shares from 0 to 1.
    """

    backbone: str = "tf_efficientnet_b0_ns"
    weights: str = "pretrained"  # "pretrained", "none" (random) or a file
    pooling: str = "average"  # "average" or "gem"
    projection: int = 0  # embedding size after a linear layer; 0: the backbone's own number of features
    height: int = 256
    width: int = 128
    loss: str = "arcface"
    margin: float = 0.15  # of arcface
    scale: float = 20.0  # of arcface
    label_smoothing: float = 0.0  # of cross-entropy
    batch_size: int = 16
    epochs: int = 5
    optimiser: str = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warmup: float = 0.0  # epochs of linear warm-up
    gradient_clip: float = 0.0  # largest norm of the gradient; 0: off
    flip: float = 0.5  # share of crops that are mirrored
    pad_crop: float = 0.04  # largest shift, as a share of the height
    erasing: float = 0.0  # share of crops of which a rectangle is erased (Zhong et al., AAAI 2020)
    validation: float = 0.1  # share of the training identities kept out to choose the best checkpoint by
    seed: int = 0

    def __post_init__(self) -> None:
        _choice("loss", self.loss, LOSSES)
        _choice("optimiser", self.optimiser, OPTIMISERS)
        _choice("schedule", self.schedule, SCHEDULES)
        for name in ("flip", "pad_crop", "erasing", "label_smoothing", "validation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ReidError(f"{name} is {getattr(self, name)}; it is a share from 0 to 1.")
        if self.validation == 1:
            raise ReidError("validation is 1, which leaves nobody to train on; use a share such as 0.1.")
        if self.seed < 0 or max(self.height, self.width) > 2048:
            raise ReidError("seed cannot be below 0, nor height or width above 2048.")
        for name in ("batch_size", "epochs", "height", "width"):
            if getattr(self, name) < (2 if name == "batch_size" else 1):
                raise ReidError(f"{name} is {getattr(self, name)}; it is too small.")
        for name in ("weight_decay", "gradient_clip", "warmup", "projection", "margin"):
            if getattr(self, name) < 0:
                raise ReidError(f"{name} is {getattr(self, name)}; it cannot be below 0.")
        if not 0 < self.learning_rate < 10:
            raise ReidError(f"learning_rate is {self.learning_rate}; use a value such as 0.001.")

    def replace(self, **values: Any) -> Recipe:
        """A copy with some values changed. Raises ReidError for an unknown name, with the nearest one."""
        kinds = get_type_hints(Recipe)
        checked = {}
        for name, value in values.items():
            if name not in kinds:
                near = difflib.get_close_matches(name, kinds, n=1, cutoff=0.4)
                hint = f" Did you mean {near[0]}?" if near else f" Known are: {', '.join(kinds)}."
                raise ReidError(f"A recipe has no value {name!r}.{hint}")
            try:
                number = kinds[name](value)
            except (TypeError, ValueError) as error:
                raise ReidError(f"{name} is {value!r}; it must be {_word(kinds[name])}.") from error
            if kinds[name] is int and float(value) != number:
                raise ReidError(f"{name} is {value!r}; it must be a whole number.")
            checked[name] = number
        return dataclasses.replace(self, **checked)


def _choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ReidError(f"{name} {value!r} is not known; use {' or '.join(known)}.")


def _word(kind: type) -> str:
    return {int: "a whole number", float: "a number", str: "text"}[kind]


RECIPES: dict[str, Recipe] = {
    "reference": Recipe(),
    "quick": Recipe(backbone="tf_efficientnet_lite0", height=128, width=64, epochs=1, erasing=0.0),
}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises ReidError with the names that there are."""
    if name not in RECIPES:
        raise ReidError(f"There is no recipe {name!r}. There are: {', '.join(RECIPES)}.")
    return RECIPES[name]
