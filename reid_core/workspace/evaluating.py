"""How well a model finds the people of a gallery's query split in its gallery split."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.evaluation.metrics import RetrievalMetrics, retrieval_metrics
from reid_core.evaluation.ranking import encode_labels, match_ranks, match_ranks_from_distances
from reid_core.retrieval.rerank import k_reciprocal_distances
from reid_core.signals import StopRequest
from reid_core.workspace.indexing import embed_gallery
from reid_core.workspace.workspace import Workspace


def evaluate_gallery(
    workspace: Workspace,
    gallery: str,
    embedder: Embedder,
    *,
    rerank: bool = False,
    stop: StopRequest,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> RetrievalMetrics:
    """Metrics under the Market-1501 protocol; crops of the two splits that have no vector yet are embedded first.

    Crops that cannot be embedded are left out. Raises ReidError when the gallery has no such splits or no query has
    a match, and when `stop` was requested.
    """
    if embed_gallery(
        workspace, gallery, embedder, splits=("query", "gallery"), stop=stop, on_progress=on_progress
    ).stopped:
        raise ReidError("Stopped before all crops were embedded; run it again to go on.")
    crops = workspace.catalogue.crops(gallery, ("query", "gallery"))
    ids, vectors, _, _ = workspace.catalogue.vectors_since(gallery, embedder.id, -1)
    row_of = {int(id): row for row, id in enumerate(ids)}
    crops = crops[[int(id) in row_of for id in crops["id"]]]
    queries, others = crops[crops["split"] == "query"], crops[crops["split"] == "gallery"]
    if queries.empty or others.empty:
        raise ReidError(
            f"Gallery {gallery!r} has {len(queries):,} query and {len(others):,} gallery crops; an evaluation needs "
            "both. Import labelled crops: identities are divided when the source names no split."
        )

    def vectors_of(table_ids: npt.ArrayLike) -> npt.NDArray[np.float32]:
        return vectors[[row_of[int(id)] for id in np.asarray(table_ids)]]

    labels = encode_labels(*(list(table[column]) for table in (queries, others) for column in ("identity", "camera")))
    query_vectors, gallery_vectors = vectors_of(queries["id"]), vectors_of(others["id"])
    if rerank:
        return retrieval_metrics(
            match_ranks_from_distances(k_reciprocal_distances(query_vectors, gallery_vectors), *labels)
        )
    return retrieval_metrics(match_ranks(query_vectors, gallery_vectors, *labels))
