"""How well a model finds the people of a gallery's query split in its gallery split."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from reid_core.errors import ReidError
from reid_core.evaluation.copies import pictures_of
from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.evaluate import TRACKLET_LENGTH, evaluate
from reid_core.evaluation.presentation.policy_sentences import cameras_note
from reid_core.evaluation.ranking.protocols import multi_query
from reid_core.evaluation.ranking.ranking import MatchRanks, match_ranks, match_ranks_from_distances
from reid_core.evaluation.report import EvaluationReport, Protocol, Tested
from reid_core.evaluation.slices import tracklet_lengths
from reid_core.records import DISTRACTOR, JUNK, plural
from reid_core.retrieval.expansion import augment_gallery, expand_queries
from reid_core.retrieval.rerank import KReciprocal
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.catalogue.vectors import read_vectors
from reid_core.workspace.evaluations.groups import group_columns
from reid_core.workspace.evaluations.kept_reports import keep_report, stamp
from reid_core.workspace.evaluations.provenance import zero_shot
from reid_core.workspace.search.no_direction import without_direction
from reid_core.workspace.workspace import ModelEntry, Workspace

SPLITS = ("query", "gallery")
_NUMBERS = ("width", "height", "sharpness", "brightness", "contrast")
_TEXTS = ("tracklet", "source")


@dataclass(frozen=True, eq=False)
class Ranked:
    """Ranks of each query's true matches, and the (Q,) labels of the queries' people."""

    ranks: MatchRanks
    identities: npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Sides:
    """Labelled crops of both splits; `left_out` had no vector, `unlabelled` no identity, `junk` were marked so.

    Of those left out, the model gives `undirected` no direction.
    """

    queries: Crops
    gallery: Crops
    left_out: int
    unlabelled: int
    junk: int
    undirected: int = 0


def read_sides(
    workspace: Workspace,
    gallery: str,
    model: str,
    *,
    allow_missing: bool = False,
    groups: pd.DataFrame | None = None,
    without: Collection[int] = (),
) -> Sides:
    """The query and gallery splits with the vectors of the model with that id; `groups` adds columns, see `groups.py`.

    Crops to which the model gives no direction are left out, and those of the ids in `without`. Raises ReidError when
    other crops of the two splits have no vector (unless `allow_missing`: then they are left out, and
    the figures are those of a smaller gallery), when a vector is not finite, or when there are no such splits.
    """
    every = workspace.catalogue.crops(gallery, SPLITS)
    ids, vectors = read_vectors(workspace.catalogue, gallery, model)
    row_of = pd.Series(np.arange(len(ids)), index=ids)
    undirected = every["id"].isin(list(without_direction(workspace.catalogue, gallery, model, SPLITS))).to_numpy(bool)
    embedded = every["id"].isin(row_of.index.difference(list(without))).to_numpy(dtype=bool)
    missing = ~embedded & ~undirected & ~every["id"].isin(list(without)).to_numpy(dtype=bool)
    if missing.any() and not allow_missing:
        raise ReidError(
            f"{missing.sum():,} of the {len(every):,} crops to evaluate are not embedded, so the figures "
            "would be those of another gallery. Bring their pictures back, or say --allow-missing."
        )
    crops = every[embedded]
    # Whom nobody knows can be judged neither way, and must not count as a neighbour in re-ranking either.
    unknown, junk = crops["identity"].isna(), crops["identity"] == JUNK
    crops = crops[~unknown & ~junk].reset_index(drop=True)
    is_query = (crops["split"] == "query").to_numpy(dtype=bool)
    if is_query.all() or not is_query.any():
        unlabelled = f", and {plural(int(unknown.sum()), 'crop')} without a label" if unknown.any() else ""
        raise ReidError(
            f"Gallery {gallery!r} has {is_query.sum():,} query and {(~is_query).sum():,} gallery crops{unlabelled}; an "
            "evaluation needs both. Import labelled crops: identities are divided when the source names no split."
        )
    columns = _columns(crops)
    if groups is not None:
        columns |= group_columns(groups, crops)
    chosen = Crops(
        crops["id"].to_numpy(np.int64),
        vectors[row_of[crops["id"]].to_numpy(np.int64)],
        crops["identity"].to_numpy(dtype=object),
        _texts(crops["camera"]),
        columns,
        pictures_of(crops["sha256"].tolist(), _texts(crops["alike"]).tolist()),
    )
    return Sides(
        chosen.take(is_query), chosen.take(~is_query), int((~embedded).sum()), int(unknown.sum()), int(junk.sum()),
        int(undirected.sum()),
    )  # fmt: skip


def evaluate_model(
    workspace: Workspace,
    gallery: str,
    model: ModelEntry,
    protocol: Protocol | None = None,
    *,
    by: Sequence[str] = (),
    groups: pd.DataFrame | None = None,
    allow_missing: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> EvaluationReport:
    """The report of a model on a gallery whose two splits it has embedded.

    It is kept in the workspace unless `groups` were given: what they say of people is not for keeping. Raises ReidError
    as `read_sides` and `evaluation.evaluate` do.
    """
    protocol = protocol or Protocol()
    measured = stamp(workspace, gallery, model.id)
    sides = read_sides(workspace, gallery, model.id, allow_missing=allow_missing, groups=groups)
    queries, held, distances = _prepared(sides.queries, sides.gallery, protocol)
    people = queries.identity != DISTRACTOR
    known, why = zero_shot(workspace, gallery, model)
    tested = Tested(
        model=model.id,
        name=model.name,
        trained_on=model.card.trained_on,
        zero_shot=known,
        why=why,
        gallery=gallery,
        at=now(),
        queries=len(queries),
        crops=len(held),
        people=len(set(queries.identity[people])),
        cameras=len(set(queries.camera) - {None}),
        left_out=sides.left_out,
        unlabelled=sides.unlabelled,
    )
    report = evaluate(
        queries,
        held,
        tested,
        protocol,
        distances=distances,
        by=by,
        notes=_notes(sides),
        cautions=_cautions(sides),
        on_progress=on_progress,
    )
    if groups is None:
        keep_report(workspace, report, measured)
    return report


def camera_caution(workspace: Workspace, gallery: str, splits: Sequence[str]) -> str:
    """What unknown cameras do to figures that are measured on the labelled people of these splits; "" for nothing."""
    crops = workspace.catalogue.crops(gallery, splits)
    people = crops["identity"].notna() & ~crops["identity"].isin([DISTRACTOR, JUNK])
    return cameras_note(_texts(crops["camera"][people]))


def rank_gallery(
    workspace: Workspace,
    gallery: str,
    model: str,
    *,
    rerank: bool = False,
    allow_missing: bool = False,
    without: Collection[int] = (),
) -> Ranked:
    """Rank the gallery split for each query by the vectors of the model with that id, leaving out the crops of the ids
    in `without`; raises as `read_sides` does."""
    sides = read_sides(workspace, gallery, model, allow_missing=allow_missing, without=without)
    queries, held, distances = _prepared(sides.queries, sides.gallery, Protocol(rerank=rerank))
    labels = labels_of(queries, held)
    if distances is not None:
        return Ranked(match_ranks_from_distances(distances, *labels), queries.identity)
    return Ranked(match_ranks(queries.features, held.features, *labels), queries.identity)


def _prepared(
    queries: Crops, gallery: Crops, protocol: Protocol
) -> tuple[Crops, Crops, Callable[[int, int], npt.NDArray[np.float32]] | None]:
    """Pooled, mixed and, where asked, re-ranked, in this order."""
    if protocol.multi_query:
        queries = multi_query(queries, gallery, same_camera=protocol.same_camera)
    if protocol.augmentation:
        gallery = gallery.with_features(augment_gallery(gallery.features, protocol.augmentation, alpha=protocol.alpha))
    if protocol.expansion:
        mixed = expand_queries(queries.features, gallery.features, protocol.expansion, alpha=protocol.alpha)
        queries = queries.with_features(mixed)
    return queries, gallery, KReciprocal(queries.features, gallery.features).distances if protocol.rerank else None


def _columns(crops: pd.DataFrame) -> dict[str, npt.NDArray]:
    columns: dict[str, npt.NDArray] = {name: crops[name].to_numpy(np.float64) for name in _NUMBERS}
    columns |= {name: _texts(crops[name]) for name in _TEXTS}
    known = crops["tracklet"].notna()
    lengths = crops.groupby(["identity", "camera", "tracklet"], dropna=False)["id"].transform("size").where(known, 0)
    return {**columns, TRACKLET_LENGTH: tracklet_lengths(lengths.to_numpy(np.int64))}


def _texts(column: pd.Series) -> npt.NDArray[np.object_]:
    return column.astype(object).where(column.notna(), None).to_numpy(dtype=object)


def _cautions(sides: Sides) -> list[str]:
    if not sides.undirected:
        return []
    return [
        f"Left out: {plural(sides.undirected, 'crop')} to which the model gives no usable vector, so these figures are "
        "of the others only; in a search such a crop is never found."
    ]


def _notes(sides: Sides) -> list[str]:
    """Who was left out, and why."""
    counts = {
        "without a vector": sides.left_out - sides.undirected,
        "of unknown identity": sides.unlabelled,
        "marked as junk": sides.junk,
    }
    return [f"Left out: {plural(count, 'crop')} {what}." for what, count in counts.items() if count]
