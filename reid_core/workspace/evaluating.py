"""How well a model finds the people of a gallery's query split in its gallery split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reid_core.errors import ReidError
from reid_core.evaluation.metrics import RetrievalMetrics, retrieval_metrics
from reid_core.evaluation.ranking import MatchRanks, encode_labels, match_ranks, match_ranks_from_distances
from reid_core.records import JUNK
from reid_core.retrieval.rerank import k_reciprocal_distances
from reid_core.workspace.vectors import read_vectors
from reid_core.workspace.workspace import Workspace

SPLITS = ("query", "gallery")


@dataclass(frozen=True, eq=False)
class Ranked:
    """Ranks of each query's true matches, and the (Q,) labels of the queries' people."""

    ranks: MatchRanks
    identities: npt.NDArray[np.object_]


def rank_gallery(
    workspace: Workspace, gallery: str, model: str, *, rerank: bool = False, allow_missing: bool = False
) -> Ranked:
    """Rank the gallery split for each query by the vectors of the model with that id.

    Raises ReidError when crops of the two splits have no vector (unless `allow_missing`: then they are left out, and
    the figures are those of a smaller gallery), or when there are no such splits.
    """
    every = workspace.catalogue.crops(gallery, SPLITS)
    ids, vectors = read_vectors(workspace.catalogue, gallery, model)
    row_of = {int(id): row for row, id in enumerate(ids)}
    crops = every[[int(id) in row_of for id in every["id"]]]
    if len(crops) < len(every) and not allow_missing:
        raise ReidError(
            f"{len(every) - len(crops):,} of the {len(every):,} crops to evaluate are not embedded, so the figures "
            "would be those of another gallery. Bring their pictures back, or say --allow-missing."
        )
    # Whom nobody knows can be judged neither way, and must not count as a neighbour in re-ranking either.
    crops = crops[crops["identity"].notna() & (crops["identity"] != JUNK)]
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
        ranks = match_ranks_from_distances(k_reciprocal_distances(query_vectors, gallery_vectors), *labels)
    else:
        ranks = match_ranks(query_vectors, gallery_vectors, *labels)
    return Ranked(ranks, queries["identity"].to_numpy(dtype=object))


def evaluate_gallery(
    workspace: Workspace, gallery: str, model: str, *, rerank: bool = False, allow_missing: bool = False
) -> RetrievalMetrics:
    """Metrics of the model with that id under the Market-1501 protocol, from the vectors that the catalogue holds.

    Raises ReidError as `rank_gallery` does, and when no query has a match.
    """
    ranked = rank_gallery(workspace, gallery, model, rerank=rerank, allow_missing=allow_missing)
    return retrieval_metrics(ranked.ranks)
