"""How good a network is on the people who were kept out of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from reid_core.embedder.card import Preprocessing
from reid_core.embedder.network import EmbeddingNetwork, UnitLength
from reid_core.evaluation.metrics import RetrievalMetrics, retrieval_metrics
from reid_core.evaluation.ranking.ranking import encode_labels, match_ranks
from reid_core.training.crops.data import CropReader, TrainingData
from reid_core.training.monitoring.predictions import Predictions, make_predictions

CROPS_AT_ONCE = 64


@dataclass(frozen=True)
class Validation:
    """Figures of one epoch and what they come from."""

    metrics: RetrievalMetrics
    predictions: Predictions


@torch.inference_mode()
def validate(
    network: EmbeddingNetwork,
    data: TrainingData,
    preprocessing: Preprocessing,
    device: torch.device,
    *,
    epoch: int,
    seed: int,
) -> Validation | None:
    """Retrieval metrics on the validation identities; None where they give no query with a match."""
    queries, gallery = data.rows("query"), data.rows("gallery")
    if queries.empty or gallery.empty:
        return None
    labels = encode_labels(*(list(table[column]) for table in (queries, gallery) for column in ("identity", "camera")))
    of_queries, of_gallery = (
        embed_crops(network, list(rows["crop"]), preprocessing, device) for rows in (queries, gallery)
    )
    features = of_queries, of_gallery
    ranks = match_ranks(*features, *labels)
    if not ranks.match_counts.any():
        return None
    return Validation(retrieval_metrics(ranks), make_predictions(epoch, queries, gallery, *features, ranks, seed=seed))


@torch.inference_mode()
def embed_crops(
    network: EmbeddingNetwork, crops: Sequence[tuple[Path, str]], preprocessing: Preprocessing, device: torch.device
) -> npt.NDArray[np.float32]:
    """(N, D) unit vectors of N crops, each a folder or zip and a path in it."""
    unit = UnitLength(network).eval()
    reader = CropReader(crops, preprocessing)
    parts = []
    for start in range(0, len(reader), CROPS_AT_ONCE):
        stop = min(start + CROPS_AT_ONCE, len(reader))
        pixels = np.stack([reader.pixels(row) for row in range(start, stop)])
        images = torch.from_numpy(preprocessing.normalise(pixels)).to(device, memory_format=torch.channels_last)
        parts.append(unit(images).float().cpu().numpy())
    return np.concatenate(parts)
