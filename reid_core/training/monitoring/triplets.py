"""How hard a batch is: its hardest positives and negatives (Hermans et al., "In Defense of the Triplet Loss", 2017)."""

from __future__ import annotations

import torch


@torch.no_grad()
def triplet_statistics(embeddings: torch.Tensor, labels: torch.Tensor, margin: float) -> dict[str, float]:
    """Of (B, D) embeddings and (B,) labels, over the crops that have a positive and a negative in the batch.

    `hardest_positive` and `hardest_negative` are mean Euclidean distances of unit vectors (0 to 2), `active_triplets`
    the share whose positive is not nearer than its negative by more than `margin`; NaN where there is no such crop.
    """
    unit = torch.nn.functional.normalize(embeddings.float(), dim=1)
    distances = torch.cdist(unit, unit, compute_mode="donot_use_mm_for_euclid_dist")
    same = labels[:, None] == labels[None, :]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    positive = distances.masked_fill(~same | itself, -torch.inf).amax(dim=1)
    negative = distances.masked_fill(same, torch.inf).amin(dim=1)
    both = positive.isfinite() & negative.isfinite()
    positive, negative = positive[both], negative[both]
    return {
        "hardest_positive": float(positive.mean()),
        "hardest_negative": float(negative.mean()),
        "active_triplets": float((positive - negative + margin > 0).float().mean()),
    }
