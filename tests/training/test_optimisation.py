"""Learning rates, groups of weights and their moving average, each against its formula."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from reid_core.embedder.network import Architecture, EmbeddingNetwork
from reid_core.training.averaging import MovingAverage
from reid_core.training.optimiser import create_optimiser, set_rate
from reid_core.training.recipe import Recipe
from reid_core.training.schedule import learning_rate


def test_step_falls_by_its_factor_at_each_multiple() -> None:
    recipe = Recipe(schedule="step", learning_rate=0.1, epochs=9, step_every=2, step_factor=0.5)
    for epoch, falls in [(0, 0), (1.9, 0), (2, 1), (3.99, 1), (4, 2), (8.5, 4)]:
        assert learning_rate(recipe, epoch) == pytest.approx(0.1 * 0.5**falls)
    thirds = Recipe(schedule="step", learning_rate=0.1, epochs=10)
    assert [round(learning_rate(thirds, epoch), 9) for epoch in (3.3, 3.4, 6.6, 6.7, 9.9)] == [
        0.1,
        0.01,
        0.01,
        1e-3,
        1e-3,
    ]


def test_one_cycle_is_pytorchs() -> None:
    steps = 50
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1)
    torchs = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.2, total_steps=steps + 1, pct_start=0.4)
    recipe = Recipe(schedule="one-cycle", learning_rate=0.2, epochs=5, cycle_rise=(0.4 * (steps + 1) - 1) / steps)
    for step in range(steps):
        assert learning_rate(recipe, step / 10) == pytest.approx(torchs.get_last_lr()[0], rel=1e-6)
        optimiser.step()
        torchs.step()


def test_warm_up_comes_before_every_schedule() -> None:
    for schedule in ("cosine", "step", "constant"):
        recipe = Recipe(schedule=schedule, learning_rate=1.0, epochs=10, warmup=2)
        assert learning_rate(recipe, 1.0) == pytest.approx(0.5, rel=0.01)
        assert learning_rate(recipe, 2.0) == pytest.approx(1.0)


def test_the_average_follows_by_the_formula_and_counts_are_copied() -> None:
    linear, norm = nn.Linear(2, 2), nn.BatchNorm1d(2)
    network = nn.Sequential(linear, norm)
    average = MovingAverage(network, 0.3)
    expected = linear.weight.detach().double().clone()
    for step in range(1, 8):
        with torch.no_grad():
            linear.weight += step
        network(torch.randn(4, 2))
        keep = min(0.3, (1 + step) / (10 + step))  # 2/11, 3/12, then 0.3
        expected = keep * expected + (1 - keep) * linear.weight.detach().double()
        average.update(network, step)
    state = average.network.state_dict()
    torch.testing.assert_close(state["0.weight"].double(), expected, rtol=1e-5, atol=1e-6)
    assert int(state["1.num_batches_tracked"]) == 7
    assert not average.network.training


@pytest.fixture(scope="module")
def network() -> EmbeddingNetwork:
    return EmbeddingNetwork(Architecture("test_efficientnet"), (64, 32))


def rates(recipe: Recipe, network: EmbeddingNetwork) -> dict[int, float]:
    optimiser = create_optimiser(recipe, network, nn.Linear(2, 2))
    set_rate(optimiser, recipe.learning_rate)
    return {id(weight): group["lr"] for group in optimiser.param_groups for weight in group["params"]}


def test_the_backbone_may_learn_slower_than_the_rest(network: EmbeddingNetwork) -> None:
    found = rates(Recipe(learning_rate=0.5, backbone_rate=0.1), network)
    assert {found[id(weight)] for weight in network.backbone.parameters()} == {0.05}
    assert found[id(network.neck.weight)] == 0.5


def test_layers_learn_slower_the_nearer_they_are_to_the_picture(network: EmbeddingNetwork) -> None:
    found = rates(Recipe(learning_rate=1.0, layer_decay=0.5), network)
    named = {name: found[id(weight)] for name, weight in network.backbone.named_parameters()}
    assert named["bn2.weight"] == 1.0
    assert named["conv_stem.weight"] == min(named.values()) < 0.1
    assert named["conv_stem.weight"] < named["blocks.0.0.conv.weight"] < named["bn2.weight"]
    assert all(math.log2(rate).is_integer() for rate in named.values())


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_each_optimiser_is_there(network: EmbeddingNetwork, name: str) -> None:
    optimiser = create_optimiser(Recipe(optimiser=name, weight_decay=0.01), network, nn.Linear(2, 2))
    assert type(optimiser).__name__.lower() == name
    assert {group["weight_decay"] for group in optimiser.param_groups} == {0.01}
