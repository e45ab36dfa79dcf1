"""The optimiser of a recipe, with learning rates of their own for the backbone and its layers."""

from __future__ import annotations

from collections.abc import Iterable

from reid_core.embedder import torchvision_shim  # noqa: F401  isort: skip  (before timm)
import timm.models
import torch
from torch import nn

from reid_core.embedder.network import EmbeddingNetwork
from reid_core.errors import ReidError
from reid_core.training.recipe import Recipe

SHARE = "share"  # of a group's learning rate in the schedule's


def create_optimiser(recipe: Recipe, network: EmbeddingNetwork, loss: nn.Module) -> torch.optim.Optimizer:
    """Over every weight of the network and of the loss; `set_rate` sets its learning rate."""
    weights = [weight for module in (network, loss) for weight in module.parameters() if weight.requires_grad]
    shares = rate_shares(recipe, network)
    groups = [
        {"params": [weight for weight in weights if shares.get(id(weight), 1.0) == share], SHARE: share}
        for share in sorted({shares.get(id(weight), 1.0) for weight in weights}, reverse=True)
    ]
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=recipe.momentum, weight_decay=decay)
    kind = torch.optim.Adam if recipe.optimiser == "adam" else torch.optim.AdamW
    return kind(groups, lr=rate, weight_decay=decay)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get(SHARE, 1.0)


def rate_shares(recipe: Recipe, network: EmbeddingNetwork) -> dict[int, float]:
    """Share of the learning rate by the `id` of each backbone weight; empty where all learn alike."""
    if recipe.backbone_rate == recipe.layer_decay == 1:
        return {}
    backbone = network.backbone
    if recipe.layer_decay == 1:
        return {id(weight): recipe.backbone_rate for weight in backbone.parameters()}
    layers = _layers(recipe, backbone)
    return {
        id(backbone.get_parameter(name)): recipe.backbone_rate * recipe.layer_decay**below
        for below, names in enumerate(reversed(layers))
        for name in names
    }


def _layers(recipe: Recipe, backbone: nn.Module) -> list[list[str]]:
    """Names of the weights of each layer, from the picture upwards."""
    matcher = getattr(backbone, "group_matcher", None)
    if matcher is None:
        raise ReidError(f"timm does not know the layers of {recipe.backbone}; leave --layer-decay at 1.")
    found = timm.models.group_parameters(backbone, matcher(coarse=False))
    names: Iterable[tuple[int, list[str]]] = sorted(found.items())
    return [layer for _, layer in names]
