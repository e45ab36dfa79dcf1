"""Losses over embeddings, from pytorch-metric-learning where it has them, and their weighted sum."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from pytorch_metric_learning import losses, miners, reducers
from pytorch_metric_learning.utils.common_functions import TorchInitWrapper
from torch import nn

from reid_core.training.loss_text import PAIR_LOSSES, parse_losses
from reid_core.training.recipe import Recipe


class CrossEntropy(nn.Module):
    """Label-smoothed cross-entropy of a linear classifier on the embeddings."""

    def __init__(self, classes: int, embedding_size: int, label_smoothing: float) -> None:
        super().__init__()
        self.classifier = nn.Linear(embedding_size, classes, bias=False)
        nn.init.normal_(self.classifier.weight, std=0.001)
        self.loss = nn.CrossEntropyLoss(label_smoothing=label_smoothing)

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return self.loss(self.classifier(embeddings), labels)


class Mined(nn.Module):
    """A loss over the triplets that a miner finds in the batch."""

    def __init__(self, loss: nn.Module, miner: nn.Module) -> None:
        super().__init__()
        self.loss, self.miner = loss, miner

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return self.loss(embeddings, labels, self.miner(embeddings, labels))


class Memory(losses.CrossBatchMemory):
    """The library's cross-batch memory (Wang et al., CVPR 2020), with its place in the queue kept in a checkpoint."""

    def get_extra_state(self) -> dict[str, Any]:
        return {"next": self.queue_idx, "filled": self.has_been_filled}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        self.queue_idx, self.has_been_filled = state["next"], state["filled"]


class LossSum(nn.Module):
    """`(embeddings (B, D), labels (B,))` → each weighted loss by its name; their sum is what is trained."""

    def __init__(self, parts: dict[str, nn.Module], weights: dict[str, float]) -> None:
        super().__init__()
        self.parts = nn.ModuleDict(parts)
        self.weights = weights

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        return {name: self.weights[name] * part(embeddings, labels) for name, part in self.parts.items()}

    def load_old_state(self, state: dict[str, Any]) -> None:
        """A state dict; of a run from before there were sums too, which is that of the one loss."""
        if not any(name.startswith("parts.") for name in state):
            (only,) = self.parts
            state = {f"parts.{only}.{name}": value for name, value in state.items()}
        self.load_state_dict(state)


def create_loss(recipe: Recipe, *, classes: int, embedding_size: int) -> nn.Module:
    """The recipe's LossSum; its weights are trained with the network's."""
    weights = parse_losses(recipe.loss)
    parts = {name: _CREATE[name](recipe, classes, embedding_size) for name in weights}
    return LossSum(parts, weights)


def _cross_entropy(recipe: Recipe, classes: int, embedding_size: int) -> nn.Module:
    return CrossEntropy(classes, embedding_size, recipe.label_smoothing)


def _arcface(recipe: Recipe, classes: int, embedding_size: int) -> nn.Module:
    margin = math.degrees(recipe.margin)  # the library takes degrees
    return losses.ArcFaceLoss(classes, embedding_size, margin=margin, scale=recipe.scale, weight_init_func=_START)


def _cosface(recipe: Recipe, classes: int, embedding_size: int) -> nn.Module:
    return losses.CosFaceLoss(
        classes, embedding_size, margin=recipe.cosface_margin, scale=recipe.scale, weight_init_func=_START
    )


# The library starts the classes' directions from unit normal numbers, which an Adam step of 1e-3 hardly turns.
_START = TorchInitWrapper(nn.init.normal_, std=0.01)


def _pairs(recipe: Recipe, embedding_size: int, loss: nn.Module, miner: nn.Module | None = None) -> nn.Module:
    if recipe.memory:
        return Memory(loss, embedding_size, memory_size=recipe.memory, miner=miner)
    return Mined(loss, miner) if miner else loss


def _triplet(recipe: Recipe, classes: int, embedding_size: int) -> nn.Module:
    # The mean over all crops, as published; the library's own leaves out those that are right already.
    loss = losses.TripletMarginLoss(margin=recipe.triplet_margin, reducer=reducers.MeanReducer())
    return _pairs(recipe, embedding_size, loss, miners.BatchHardMiner())


def _soft_triplet(recipe: Recipe, classes: int, embedding_size: int) -> nn.Module:
    loss = losses.TripletMarginLoss(margin=0, smooth_loss=True, reducer=reducers.MeanReducer())
    return _pairs(recipe, embedding_size, loss, miners.BatchHardMiner())


def _circle(recipe: Recipe, classes: int, embedding_size: int) -> nn.Module:
    return _pairs(recipe, embedding_size, losses.CircleLoss(m=recipe.circle_margin, gamma=recipe.circle_scale))


def _supcon(recipe: Recipe, classes: int, embedding_size: int) -> nn.Module:
    return _pairs(recipe, embedding_size, losses.SupConLoss(temperature=recipe.temperature))


_CREATE: dict[str, Callable[[Recipe, int, int], nn.Module]] = {
    "cross-entropy": _cross_entropy,
    "arcface": _arcface,
    "cosface": _cosface,
    "triplet": _triplet,
    "soft-triplet": _soft_triplet,
    "circle": _circle,
    "supcon": _supcon,
}


def wants_triplet_statistics(recipe: Recipe) -> bool:
    """Where people are drawn together or compared in pairs; in random batches of one loss they would say little."""
    return recipe.batches != "random" or bool(PAIR_LOSSES.keys() & parse_losses(recipe.loss))
