"""Losses over embeddings, from pytorch-metric-learning where it has them."""

from __future__ import annotations

import math

import torch
from pytorch_metric_learning import losses
from pytorch_metric_learning.utils.common_functions import TorchInitWrapper
from torch import nn

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


def create_loss(recipe: Recipe, *, classes: int, embedding_size: int) -> nn.Module:
    """Module `(embeddings (B, D), labels (B,)) → scalar`; its weights are trained with the network's."""
    if recipe.loss == "cross-entropy":
        return CrossEntropy(classes, embedding_size, recipe.label_smoothing)
    return losses.ArcFaceLoss(
        num_classes=classes,
        embedding_size=embedding_size,
        margin=math.degrees(recipe.margin),  # the library takes degrees
        scale=recipe.scale,
        # The library starts the classes' directions from unit normal numbers, which an Adam step of 1e-3 hardly turns.
        weight_init_func=TorchInitWrapper(nn.init.normal_, std=0.01),
    )
