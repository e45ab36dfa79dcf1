"""Photo to vector: network, pretrained weights, model folders with their cards, and fast inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["SHIPPED_MODELS", "Embedder", "ModelCard", "Preprocessing", "add_network", "load_network", "model_id"]

if TYPE_CHECKING:
    from reid_core.embedder.card import ModelCard
    from reid_core.embedder.inference import Embedder
    from reid_core.embedder.model import SHIPPED_MODELS, load_network, model_id
    from reid_core.embedder.preprocessing import Preprocessing
    from reid_core.embedder.third_party.adding import add_network
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "card": ("ModelCard",),
            "inference": ("Embedder",),
            "model": ("SHIPPED_MODELS", "load_network", "model_id"),
            "preprocessing": ("Preprocessing",),
            "third_party.adding": ("add_network",),
        },
    )
