"""What a training run is told: every value of a recipe, its meaning and unit, visible and checked."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from reid_core.embedder.model import SYNTHETIC
from reid_core.embedder.network_names import NONE, PRETRAINED
from reid_core.errors import NotThere, ReidError, shortened, shown
from reid_core.training.loss_text import LOSSES, PAIR_LOSSES, parse_losses

POOLINGS = ("average", "gem")
BATCHES = ("random", "pk", "pk-camera")
OPTIMISERS = ("adamw", "adam", "sgd")
SCHEDULES = ("cosine", "step", "one-cycle", "constant")
PRECISIONS = ("auto", "float32", "bfloat16")
STARTS = (PRETRAINED, SYNTHETIC, NONE)  # beside files and earlier runs
EARLIER_RUN = "run:"
MOST_OF_A_NAME = 80  # characters of an unknown one that the nearest is looked for
MOST_DIGITS = 40  # of a number as it is typed
LARGEST = 2**53  # of whole numbers, which are compared and written as floats too
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf)", re.IGNORECASE)
_PADDED = re.compile(r"[-+]?0[0-9]+")  # base 8 to some, base 10 to others

# Where a form shows a value: in sight, or folded under a heading.
OPEN = ""
NETWORK, LOSS, BATCH, OPTIM = "Network and start", "Losses", "Batches", "Optimiser and schedule"
AUGMENT, VALID = "Augmentation", "Validation and stopping"
GROUPS = (NETWORK, LOSS, BATCH, OPTIM, AUGMENT, VALID)

T = TypeVar("T")


def _value(
    default: T, meaning: str, group: str, *, choices: tuple[str, ...] = (), least: float | None = None,
    most: float | None = None,
) -> T:  # fmt: skip
    """A field of the recipe: what it means, with its unit, where a form shows it, and what it may be."""
    metadata = {"meaning": meaning, "group": group, "choices": choices, "least": least, "most": most}
    return dataclasses.field(default=default, metadata=metadata)


def _share(default: float, meaning: str, group: str) -> float:
    return _value(default, meaning, group, least=0, most=1)


@dataclass(frozen=True)
class Recipe:
    """Values of one training run; the defaults are the reference experiment's.

    Times are in epochs unless a value says steps, sizes in pixels, angles in radians, shares from 0 to 1. Raises
    ReidError, naming the value, when one is out of its range or two do not go together.
    """

    backbone: str = _value("tf_efficientnet_b0_ns", "timm's name of the network", OPEN)
    weights: str = _value(
        "pretrained",
        "its start: pretrained, synthetic (the shipped model of drawn people), none (random), a file, or run:NAME "
        "(an earlier run's best)",
        NETWORK,
    )
    pooling: str = _value("average", "how the feature map becomes a vector", NETWORK, choices=POOLINGS)
    projection: int = _value(
        0, "numbers of an embedding after a linear layer; 0: as many as the backbone gives", NETWORK, least=0
    )
    height: int = _value(256, "height of the network's input, pixels", OPEN, least=1, most=2048)
    width: int = _value(128, "width of the network's input, pixels", OPEN, least=1, most=2048)

    loss: str = _value("arcface", f"a weighted sum, such as arcface + 0.5 triplet, of {', '.join(LOSSES)}", OPEN)
    margin: float = _value(0.15, "margin of arcface, radians", LOSS, least=0)
    cosface_margin: float = _value(0.35, "margin of cosface, as a difference of cosines", LOSS, least=0, most=2)
    scale: float = _value(20.0, "what arcface and cosface multiply cosines by", LOSS, least=0)
    label_smoothing: float = _share(0.0, "of cross-entropy: share of the target that goes to all identities", LOSS)
    triplet_margin: float = _value(
        0.3, "margin of triplet, Euclidean distance of unit vectors (0 to 2)", LOSS, least=0, most=2
    )
    circle_margin: float = _share(0.25, "relaxation m of circle, as a difference of cosines", LOSS)
    circle_scale: float = _value(64.0, "what circle multiplies by (gamma)", LOSS, least=0)
    temperature: float = _value(0.1, "of supcon: what cosines are divided by", LOSS, least=1e-3)
    memory: int = _value(0, "embeddings of earlier batches that pair losses compare with too; 0: none", LOSS, least=0)

    batches: str = _value(
        "random", "how batches are drawn: any crops, or so many crops of each person", BATCH, choices=BATCHES
    )
    batch_size: int = _value(16, "crops in a batch, over all processes", OPEN, least=2)
    crops_per_person: int = _value(4, "of pk and pk-camera: crops of each person in a batch", BATCH, least=2)
    accumulation: int = _value(1, "batches whose gradients make one step", BATCH, least=1)
    epochs: int = _value(5, "how often the crops are gone through", OPEN, least=1)
    precision: str = _value(
        "auto", "of the network's numbers; auto: bfloat16 on a GPU, else float32", BATCH, choices=PRECISIONS
    )

    optimiser: str = _value("adamw", "which optimiser", OPTIM, choices=OPTIMISERS)
    learning_rate: float = _value(1e-3, "largest learning rate", OPEN)
    weight_decay: float = _value(0.0, "of the optimiser", OPTIM, least=0)
    momentum: float = _share(0.9, "of sgd", OPTIM)
    backbone_rate: float = _share(1.0, "learning rate of the backbone, as a share of the others'", NETWORK)
    layer_decay: float = _share(
        1.0, "learning rate of each layer of the backbone, as a share of the next layer's", NETWORK
    )
    frozen_steps: int = _value(0, "steps for which the backbone stays as it is", NETWORK, least=0)
    schedule: str = _value("cosine", "how the learning rate goes on after warm-up", OPTIM, choices=SCHEDULES)
    warmup: float = _value(0.0, "linear rise of the learning rate at the start, epochs", OPTIM, least=0)
    step_every: float = _value(
        0.0, "of step: epochs after which the rate falls; 0: two falls, at 1/3 and 2/3", OPTIM, least=0
    )
    step_factor: float = _share(0.1, "of step: what the rate is multiplied by at each fall", OPTIM)
    cycle_rise: float = _share(0.3, "of one-cycle: share of the run in which the rate rises", OPTIM)
    gradient_clip: float = _value(0.0, "largest norm of the gradient; 0: any", OPTIM, least=0)
    averaging: float = _share(0.0, "decay of the moving average of the weights, a step; 0: off, 0.999 is usual", OPTIM)

    flip: float = _share(0.5, "share of crops that are mirrored", AUGMENT)
    pad_crop: float = _share(0.04, "largest shift, as a share of the height", AUGMENT)
    colour_jitter: float = _share(0.0, "largest relative change of brightness, contrast and saturation", AUGMENT)
    erasing: float = _share(0.0, "share of crops of which a rectangle is erased (Zhong et al., AAAI 2020)", AUGMENT)

    validation: float = _share(0.1, "share of the training identities kept out to choose the best checkpoint by", VALID)
    patience: int = _value(
        0, "epochs without a better validation mAP after which the run ends; 0: never", VALID, least=0
    )
    keep_every: int = _value(
        0,
        "epochs from one model that is kept beside the best, as RUN@EPOCH, to the next; 0: none is",
        VALID,
        least=0,
    )
    seed: int = _value(0, "of every random choice", VALID, least=0)

    def __post_init__(self) -> None:
        for name, meta in _METADATA.items():
            _check_range(name, getattr(self, name), **{key: meta[key] for key in ("choices", "least", "most")})
        if not 0 < self.learning_rate < 10:
            raise ReidError(f"learning_rate is {self.learning_rate}; use a value such as 0.001.")
        if self.validation == 1:
            raise ReidError("validation is 1, which leaves nobody to train on; use a share such as 0.1.")
        if self.averaging == 1:
            raise ReidError("averaging is 1, which keeps the first weights for ever; use a decay such as 0.999.")
        self._check_together()

    def _check_together(self) -> None:
        terms = parse_losses(self.loss)
        if self.memory and not PAIR_LOSSES.keys() & terms:
            raise ReidError(
                f"memory is {self.memory}, but {shortened(self.loss)} compares no pairs; add triplet, circle or supcon."
            )
        if 0 < self.memory < self.batch_size:
            raise ReidError(f"memory is {self.memory}; it must hold a batch of {self.batch_size} at least.")
        if self.batches != "random":
            people, rest = divmod(self.batch_size, self.crops_per_person)
            if rest or people < 2:
                raise ReidError(
                    f"batch_size is {self.batch_size} and crops_per_person {self.crops_per_person}; a batch holds at "
                    "least 2 people with so many crops each, such as 16 = 4 x 4."
                )
        if self.schedule == "one-cycle" and self.warmup:
            raise ReidError("one-cycle has a rise of its own (cycle_rise); leave warmup at 0.")
        if self.schedule == "one-cycle" and not 0 < self.cycle_rise < 1:
            raise ReidError(f"cycle_rise is {self.cycle_rise}; use a share between 0 and 1, such as 0.3.")

    @property
    def starts_from_run(self) -> bool:
        return self.weights.startswith(EARLIER_RUN)

    @property
    def starts_from_file(self) -> bool:
        return self.weights not in STARTS and not self.starts_from_run

    def replace(self, **values: Any) -> Recipe:
        """A copy with some values changed. Raises ReidError for an unknown name, with the nearest one."""
        kinds = _kinds()
        checked = {}
        for name, value in values.items():
            if name not in kinds:
                near = difflib.get_close_matches(name[:MOST_OF_A_NAME], kinds, n=1, cutoff=0.4)
                hint = f" Did you mean {near[0]}?" if near else f" Known are: {', '.join(kinds)}."
                raise ReidError(f"A recipe has no value {shown(name)}.{hint}")
            checked[name] = _converted(name, value, kinds[name])
        return dataclasses.replace(self, **checked)


_METADATA = {field.name: field.metadata for field in dataclasses.fields(Recipe)}


@dataclass(frozen=True)
class RecipeValue:
    """One value as a form shows it. `kind` is int, float or str; `choices` is empty where any text will do."""

    name: str
    kind: type
    default: Any
    meaning: str
    group: str  # one of `GROUPS`, or OPEN
    choices: tuple[str, ...]
    least: float | None
    most: float | None


def recipe_values() -> list[RecipeValue]:
    """Every value of a recipe, in the order of `Recipe`."""
    kinds = _kinds()
    return [RecipeValue(field.name, kinds[field.name], field.default, **field.metadata) for field in _fields()]


def read_value(name: str, text: Any) -> Any:
    """One value by itself, from text or as it is. Raises ReidError when it is none for that name.

    >>> read_value("epochs", "10"), read_value("learning_rate", "3e-4")
    (10, 0.0003)
    >>> read_value("epochs", "1_0")
    Traceback (most recent call last):
    reid_core.errors.ReidError: epochs is '1_0'; it must be a whole number.
    """
    value = _converted(name, text, _kinds()[name])
    _check_range(name, value, **{key: _METADATA[name][key] for key in ("choices", "least", "most")})
    if name == "loss":
        parse_losses(value)
    return value


def _fields() -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(Recipe)


def _kinds() -> dict[str, type]:
    return get_type_hints(Recipe)


def _converted(name: str, value: Any, kind: type) -> Any:
    """The value, or text that says it, as its kind; true and false are no numbers, and numbers are no text.

    Text says a number as people write it: not 1_0, ٣ or 010, of which Python or YAML make one.
    """
    problem = ReidError(f"{name} is {shown(value)}; it must be {_WORDS[kind]}.")
    if isinstance(value, bool) or (kind is str and not isinstance(value, str)):
        raise problem
    if kind is not str and isinstance(value, str):
        value = value.strip()
        if len(value) > MOST_DIGITS or not _NUMBER.fullmatch(value) or _PADDED.fullmatch(value):
            raise problem
    try:
        number = kind(value)
        whole = kind is not int or float(value) == number
    except (TypeError, ValueError, OverflowError) as error:
        raise problem from error
    if not whole:
        raise problem
    return number


_WORDS = {int: "a whole number", float: "a number", str: "text"}


def _check_range(name: str, value: Any, choices: tuple[str, ...], least: float | None, most: float | None) -> None:
    if choices and value not in choices:
        near = difflib.get_close_matches(str(value)[:MOST_OF_A_NAME], choices, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"Use {' or '.join(choices)}."
        raise ReidError(f"{name} {shown(value)} is not known. {hint}")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ReidError(f"{name} is {shown(value)}; it cannot be above {LARGEST:,}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ReidError(f"{name} is {value}; it must be a finite number.")
    if (least, most) == (0, 1) and not 0 <= value <= 1:
        raise ReidError(f"{name} is {value}; it is a share from 0 to 1.")
    if least is not None and value < least:
        raise ReidError(
            f"{name} is {value}; it {f'is too small: use {least:g} or more' if least else 'cannot be below 0'}."
        )
    if most is not None and value > most:
        raise ReidError(f"{name} is {value}; it cannot be above {most:g}.")


RECIPES: dict[str, Recipe] = {
    "reference": Recipe(),
    "strong": Recipe(  # why these values: RECIPES.md
        backbone="tf_efficientnet_lite0",
        weights="synthetic",
        margin=0.5,
        colour_jitter=0.2,
        erasing=0.3,
        epochs=10,
    ),
    "quick": Recipe(backbone="tf_efficientnet_lite0", height=128, width=64, epochs=1),
}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises ReidError with the names that there are."""
    if name not in RECIPES:
        raise NotThere(f"There is no recipe {shown(name)}. There are: {', '.join(RECIPES)}.")
    return RECIPES[name]
