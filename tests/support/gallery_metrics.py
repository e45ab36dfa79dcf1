"""Metrics of a gallery's query and gallery splits, for tests that know what they should be."""

from __future__ import annotations

from reid_core.evaluation.metrics import RetrievalMetrics, retrieval_metrics
from reid_core.workspace.evaluations.measuring import rank_gallery
from reid_core.workspace.workspace import Workspace


def metrics_of(
    workspace: Workspace, gallery: str, model: str, *, rerank: bool = False, allow_missing: bool = False
) -> RetrievalMetrics:
    """Those of the model with that id under the Market-1501 protocol, from the vectors that the catalogue holds."""
    return retrieval_metrics(rank_gallery(workspace, gallery, model, rerank=rerank, allow_missing=allow_missing).ranks)
