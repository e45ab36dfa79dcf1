from __future__ import annotations

import dataclasses
import json
import math

import pytest

from reid_core.cli.shared import recipe_options
from reid_core.errors import ReidError
from reid_core.training.recipe import Recipe, get_recipe
from reid_core.training.schedule import learning_rate


def test_the_reference_recipe_is_the_reference_experiment() -> None:
    recipe = get_recipe("reference")
    assert recipe.backbone == "tf_efficientnet_b0_ns"
    assert recipe.weights == "pretrained"
    assert (recipe.batch_size, recipe.epochs, recipe.optimiser) == (16, 5, "adamw")
    assert (recipe.learning_rate, recipe.schedule) == (1e-3, "cosine")
    assert (recipe.weight_decay, recipe.gradient_clip) == (0, 0)


def test_values_given_as_text_take_the_type_of_the_recipe() -> None:
    recipe = Recipe().replace(epochs="7", learning_rate="3e-4", backbone="resnet18")
    assert (recipe.epochs, recipe.learning_rate, recipe.backbone) == (7, 3e-4, "resnet18")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"epoch": "7"}, "Did you mean epochs"),
        ({"epochs": "seven"}, "whole number"),
        ({"epochs": 2.5}, "whole number"),
        ({"epochs": 0}, "too small"),
        ({"batch_size": 1}, "too small"),
        ({"loss": "hinge"}, "Known are: cross-entropy, arcface"),
        ({"flip": 1.5}, "share from 0 to 1"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": "nan"}, "learning_rate"),
        ({"weight_decay": -1}, "below 0"),
    ],
)
def test_impossible_values_are_sentences(values: dict[str, object], said: str) -> None:
    with pytest.raises(ReidError, match=said):
        Recipe().replace(**values)


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(ReidError, match="reference"):
        get_recipe("referense")


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(epochs=3, margin=0.2)
    assert Recipe(**json.loads(json.dumps(dataclasses.asdict(recipe)))) == recipe


def test_cosine_falls_from_the_full_rate_to_none_after_linear_warm_up() -> None:
    recipe = Recipe(learning_rate=0.1, epochs=5, warmup=1.0)
    assert learning_rate(recipe, 0.5) == pytest.approx(0.05, rel=0.01)
    assert learning_rate(recipe, 1.0) == pytest.approx(0.1)
    assert learning_rate(recipe, 3.0) == pytest.approx(0.05)
    assert learning_rate(recipe, 2.0) == pytest.approx(0.1 * (1 + math.sqrt(0.5)) / 2)
    assert learning_rate(recipe, 5.0) == pytest.approx(0.0)
    assert learning_rate(dataclasses.replace(recipe, schedule="constant"), 4.0) == 0.1


def test_every_value_can_be_given_as_an_option() -> None:
    assert recipe_options.parse(["--epochs", "3", "--learning-rate=1e-4"]) == {"epochs": "3", "learning_rate": "1e-4"}
    for field in dataclasses.fields(Recipe):
        assert f"--{field.name.replace('_', '-')} " in recipe_options.help_text()


@pytest.mark.parametrize("arguments", [["--epochs"], ["epochs", "3"]])
def test_an_option_without_value_or_dashes_is_a_sentence(arguments: list[str]) -> None:
    with pytest.raises(ReidError):
        recipe_options.parse(arguments)
