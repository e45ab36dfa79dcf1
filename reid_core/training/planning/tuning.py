"""A search over recipe values: what is tried, and what to try next.

The next trial is TPE's choice (Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011) by
Optuna, an extra. It follows from the seed and the earlier trials alone, so a search that stopped goes on as it would.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from reid_core.errors import ReidError
from reid_core.training.recipe import Recipe, recipe_values

MOST = 10_000  # choices
NOT_TRIED = ("seed", "validation")  # they decide who validates, and trials on different people do not compare
_QUESTIONS = 50  # of the sampler, which may give what was tried
Space = Mapping[str, tuple[Any, ...]]
Choice = tuple[Any, ...]


def parse_space(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """`["learning_rate=1e-3,3e-4", "loss=arcface|triplet"]` → the values to try of each name, as text.

    With a | anywhere, only that separates. Raises ReidError for anything else, and for what cannot be compared.
    """
    known = {value.name: value for value in recipe_values()}
    space: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, rest = text.partition("=")
        name = name.strip().replace("-", "_")
        values = tuple(value.strip() for value in rest.split("|" if "|" in rest else ","))
        if not equals or not all(values):
            raise ReidError(f"--try {text!r} must be written name=value,value or name=value|value.")
        if name not in known:
            Recipe().replace(**{name: rest})  # raises, with the nearest name
        if name in NOT_TRIED:
            raise ReidError(f"{name} decides who validates, so trials of it cannot be compared. Leave it as it is.")
        if name in space:
            raise ReidError(f"--try {name} is given twice. Give all its values in one.")
        space[name] = values
    if not space:
        raise ReidError("Say what to try, such as --try learning_rate=1e-3,3e-4.")
    return space


def typed_space(recipe: Recipe, space: Mapping[str, Sequence[str]]) -> dict[str, Choice]:
    """The values as the recipe has them, none twice. Raises ReidError for one that fits with none of the others."""
    count = math.prod(len(values) for values in space.values())
    if count > MOST:
        raise ReidError(f"These are {count:,} combinations; {MOST:,} are the most. Try fewer values.")
    typed: dict[str, dict[Any, None]] = {name: {} for name in space}
    problems: dict[tuple[str, str], ReidError] = {}
    fitting: set[tuple[str, str]] = set()
    for choice in itertools.product(*space.values()):
        given = dict(zip(space, choice, strict=True))
        try:
            recipe.replace(**given)
        except ReidError as error:
            problems |= {item: error for item in given.items() if item not in problems}
        else:
            fitting |= set(given.items())
    for name, values in space.items():
        for value in values:
            if (name, value) not in fitting:
                raise problems[name, value]
            typed[name][_as_kept(recipe, name, value, space)] = None
    return {name: tuple(values) for name, values in typed.items()}


def _as_kept(recipe: Recipe, name: str, value: str, space: Mapping[str, Sequence[str]]) -> Any:
    """The value as a number where it is one; by a combination that it fits into."""
    for choice in itertools.product(*({**space, name: (value,)}).values()):
        try:
            return getattr(recipe.replace(**dict(zip(space, choice, strict=True))), name)
        except ReidError:
            continue
    raise AssertionError("no combination holds the value, which was looked for before")


def recipes_of(recipe: Recipe, space: Space) -> dict[Choice, Recipe | ReidError]:
    """The recipe of every choice, or why there is none; the last value of the space changes fastest."""
    recipes: dict[Choice, Recipe | ReidError] = {}
    for choice in itertools.product(*space.values()):
        try:
            recipes[choice] = recipe.replace(**dict(zip(space, choice, strict=True)))
        except ReidError as error:
            recipes[choice] = error
    return recipes


def check_tuner() -> None:
    """Raises ReidError where Optuna is not installed."""
    if importlib.util.find_spec("optuna") is None:
        raise ReidError(
            "Choosing trials needs Optuna, which is not installed. Run: pip install 'retrace-reid[tune]', or leave out "
            "--trials to try every combination."
        )


def suggest(space: Space, done: Sequence[tuple[Choice, float | None]], left: Sequence[Choice], *, seed: int) -> Choice:
    """The choice out of `left` to try next, after `done` with its results (None: it failed), the highest the best."""
    check_tuner()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # Numbers of the values rather than the values: any may then be tried, whatever its kind.
    kinds: dict[str, Any] = {
        name: optuna.distributions.CategoricalDistribution(range(len(values))) for name, values in space.items()
    }
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=4)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for choice, result in done:
        numbers = {name: values.index(value) for (name, values), value in zip(space.items(), choice, strict=True)}
        state = optuna.trial.TrialState.FAIL if result is None else optuna.trial.TrialState.COMPLETE
        study.add_trial(optuna.trial.create_trial(state=state, params=numbers, distributions=kinds, value=result))
    for _ in range(_QUESTIONS):
        numbers = study.ask(kinds).params
        choice = tuple(values[numbers[name]] for name, values in space.items())
        if choice in left:
            return choice
    return left[seed % len(left)]
