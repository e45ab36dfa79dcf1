"""How good a network is on the people who were kept out of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from reid_core.embedder.card import Preprocessing
from reid_core.embedder.network import EmbeddingNetwork, UnitLength
from reid_core.evaluation.metrics import RetrievalMetrics, retrieval_metrics
from reid_core.evaluation.ranking import encode_labels, match_ranks
from reid_core.training.data import CropReader, TrainingData
from reid_core.training.predictions import Predictions, make_predictions

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
    unit = UnitLength(network).eval()

    def embed(rows: pd.DataFrame) -> np.ndarray:
        reader = CropReader(list(rows["crop"]), preprocessing)
        parts = []
        for start in range(0, len(reader), CROPS_AT_ONCE):
            stop = min(start + CROPS_AT_ONCE, len(reader))
            pixels = np.stack([reader.pixels(row) for row in range(start, stop)])
            images = torch.from_numpy(preprocessing.normalise(pixels)).to(device, memory_format=torch.channels_last)
            parts.append(unit(images).float().cpu().numpy())
        return np.concatenate(parts)

    labels = encode_labels(*(list(table[column]) for table in (queries, gallery) for column in ("identity", "camera")))
    features = embed(queries), embed(gallery)
    ranks = match_ranks(*features, *labels)
    if not ranks.match_counts.any():
        return None
    return Validation(retrieval_metrics(ranks), make_predictions(epoch, queries, gallery, *features, ranks, seed=seed))
