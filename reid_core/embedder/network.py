"""The embedding network: timm backbone → pooling → BNNeck.

BNNeck: Luo et al., "Bag of Tricks and a Strong Baseline for Deep Person Re-Identification", CVPRW 2019.
GeM: Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2019.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from reid_core.embedder import torchvision_shim  # noqa: F401  isort: skip  (before timm)
import timm
import torch
from torch import nn

from reid_core.errors import ReidError

TODAYS_NAMES = {"tf_efficientnet_b0_ns": "tf_efficientnet_b0.ns_jft_in1k"}  # names that papers and recipes still use


@dataclass(frozen=True)
class Architecture:
    """`projection` is the embedding size after a linear layer; 0 keeps the backbone's own number of features."""

    backbone: str
    pooling: str = "average"
    projection: int = 0


class GeM(nn.Module):
    """Generalised mean over space, `(B, C, H, W) → (B, C)`: p = 1 averages, p → ∞ takes the maximum."""

    def __init__(self, p: float = 3.0) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor(p))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(min=1e-6).pow(self.p).mean(dim=(2, 3)).pow(1.0 / self.p)


class Average(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=(2, 3))


POOLINGS: dict[str, type[nn.Module]] = {"average": Average, "gem": GeM}


class EmbeddingNetwork(nn.Module):
    """`(B, 3, H, W) → (B, D)`, not yet of unit length: losses take it as it is, `UnitLength` makes it a vector."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        if architecture.pooling not in POOLINGS:
            raise ReidError(f"Pooling {architecture.pooling!r} is not known; use {' or '.join(POOLINGS)}.")
        self.backbone = create_backbone(architecture.backbone)
        self.pool = POOLINGS[architecture.pooling]()
        features: int = self.backbone.num_features  # type: ignore[assignment]
        size = architecture.projection or features
        self.project = nn.Linear(features, size, bias=False) if architecture.projection else nn.Identity()
        self.neck = nn.BatchNorm1d(size)
        self.neck.bias.requires_grad_(False)  # the paper's neck has no shift
        self.embedding_size = size

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.neck(self.project(self.pool(self.backbone(images))))


class UnitLength(nn.Module):
    """The network as it is used after training: vectors of length one, so that a dot product is the cosine."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.network(images), dim=1)


def create_backbone(name: str) -> nn.Module:
    """timm's network of that name without its head, with random weights. Raises ReidError with the nearest names."""
    resolved = TODAYS_NAMES.get(name, name)
    if not timm.is_model(resolved):
        near = difflib.get_close_matches(name, timm.list_models(), n=3, cutoff=0.3)
        raise ReidError(f"timm has no backbone {name!r}. Nearest names: {', '.join(near) or 'none'}.")
    return timm.create_model(resolved, pretrained=False, num_classes=0, global_pool="")
