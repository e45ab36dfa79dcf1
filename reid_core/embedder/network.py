"""The embedding network: timm backbone → pooling → BNNeck.

BNNeck: Luo et al., "Bag of Tricks and a Strong Baseline for Deep Person Re-Identification", CVPRW 2019.
GeM: Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.embedder import torchvision_shim  # noqa: F401  isort: skip  (before timm)
import timm
import torch
from torch import nn

from reid_core.embedder.network_names import TODAYS_NAMES, unknown
from reid_core.errors import ReidError


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
        if x.ndim != 4:
            raise RuntimeError("it gives no feature map")
        return x.clamp(min=1e-6).pow(self.p).mean(dim=(2, 3)).pow(1.0 / self.p)


POOLINGS = ("average", "gem")


class EmbeddingNetwork(nn.Module):
    """`(B, 3, H, W) → (B, D)`, not yet of unit length: losses take it as it is, `UnitLength` makes it a vector.

    `size` is (H, W), which transformers are built for. Raises ReidError for an unknown backbone or pooling, and for
    GeM on a backbone that gives no feature map.
    """

    def __init__(self, architecture: Architecture, size: tuple[int, int]) -> None:
        super().__init__()
        if architecture.pooling not in POOLINGS:
            raise ReidError(f"Pooling {architecture.pooling!r} is not known; use {' or '.join(POOLINGS)}.")
        self.backbone = create_backbone(architecture.backbone, size)
        self.pool = GeM() if architecture.pooling == "gem" else None
        features = self._features_of(torch.zeros(1, 3, *size), architecture)
        embedding_size = architecture.projection or features
        self.project = nn.Linear(features, embedding_size, bias=False) if architecture.projection else nn.Identity()
        self.neck = nn.BatchNorm1d(embedding_size)
        self.neck.bias.requires_grad_(False)  # the paper's neck has no shift
        self.embedding_size = embedding_size

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.neck(self.project(self._pooled(images)))

    def _pooled(self, images: torch.Tensor) -> torch.Tensor:
        features = self.backbone.forward_features(images)  # type: ignore[operator]
        # A backbone's own head averages a feature map, or takes what a transformer calls its summary.
        if self.pool:
            return self.pool(features)
        return self.backbone.forward_head(features, pre_logits=True)  # type: ignore[operator]

    @torch.inference_mode()
    def _features_of(self, grey: torch.Tensor, architecture: Architecture) -> int:
        training = self.backbone.training
        self.backbone.eval()
        try:
            pooled = self._pooled(grey)
        except (RuntimeError, IndexError, AssertionError, AttributeError) as error:
            height, width = grey.shape[2:]
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ReidError(
                f"The backbone {architecture.backbone!r} cannot take {height}x{width} pictures with "
                f"{architecture.pooling} pooling ({reason}). "
                "Choose another --height and --width, --pooling or --backbone."
            ) from error
        self.backbone.train(training)
        return pooled.shape[1]


class UnitLength(nn.Module):
    """The network as it is used after training: vectors of length one, so that a dot product is the cosine."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.network(images), dim=1)


def check_backbone(name: str) -> str:
    """The name by which timm knows the network today. Raises ReidError, with the nearest names, when it does not."""
    resolved = TODAYS_NAMES.get(name, name)
    if not timm.is_model(resolved):
        raise unknown(name, timm.list_models())
    return resolved


def create_backbone(name: str, size: tuple[int, int]) -> nn.Module:
    """timm's network of that name without its classifier, with random weights. Raises as `check_backbone` does."""
    resolved = check_backbone(name)
    try:
        return timm.create_model(resolved, pretrained=False, num_classes=0, img_size=size)
    except TypeError:  # convolutional networks take any size and do not know the word
        return timm.create_model(resolved, pretrained=False, num_classes=0)
