"""One model on one gallery: every figure of the report, from the crops' vectors and labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.cameras import camera_pairs
from reid_core.evaluation.copies import count_mislabelled
from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.failures import failures
from reid_core.evaluation.intervals import estimates
from reid_core.evaluation.metrics import (
    FIGURES,
    average_precision,
    cumulative_matches,
    first_ranks,
    inverse_penalty,
    retrieval_metrics,
)
from reid_core.evaluation.presentation.policy_sentences import (
    ALONE,
    cameras_note,
    copies_note,
    saturated_note,
    sentences,
)
from reid_core.evaluation.ranking.false_matches import find_false_matches
from reid_core.evaluation.ranking.pair_scores import PairScores
from reid_core.evaluation.ranking.protocols import open_set, single_shot
from reid_core.evaluation.ranking.ranking import MatchRanks, match_ranks, match_ranks_from_distances
from reid_core.evaluation.report import EvaluationReport, PerQuery, Protocol, Tested
from reid_core.evaluation.report_parts import FALSE_MATCH_RATES, Estimate, Person, Slice, Verification
from reid_core.evaluation.slices import QueryFigures, groups_of, slices
from reid_core.evaluation.verification import threshold_at, verification
from reid_core.records import DISTRACTOR, JUNK, plural

CMC_DEPTH = 50
JUDGED_AT = FALSE_MATCH_RATES[2:0:-1]  # FMR of groups and camera pairs: the first of these that can be told
TRACKLET_LENGTH = "tracklet length"
USUAL = ("camera", TRACKLET_LENGTH, "height", "sharpness")  # columns that queries are always divided by
_STEPS = 5

Distances = Callable[[int, int], NDArray[np.float32]]


def evaluate(
    queries: Crops,
    gallery: Crops,
    tested: Tested,
    protocol: Protocol,
    *,
    distances: Distances | None = None,
    by: Sequence[str] = (),
    notes: Sequence[str] = (),
    cautions: Sequence[str] = (),
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> EvaluationReport:
    """The report of queries, pooled and mixed as the protocol says, in a gallery without junk and unlabelled crops.

    `distances(first, last)` gives rows of re-ranked distances. Groups are made from the columns named in `by`, besides
    the usual ones; `notes` go before the policies, `cautions` before those found here. Raises ReidError when no query
    has a match, and says why.
    """
    _refuse_nobody_in_both(queries, gallery, tested.gallery)
    _refuse_one_camera(queries, gallery, protocol, tested.gallery)
    labels = labels_of(queries, gallery, same_camera=protocol.same_camera)
    plain = distances is None
    pairs = PairScores(count_others=plain)
    ranks = match_ranks(queries.features, gallery.features, *labels, pairs=pairs)
    if distances is not None:
        ranks = match_ranks_from_distances(distances, *labels)
    metrics = retrieval_metrics(ranks)
    on_progress(1, _STEPS)
    verified = verification(pairs, ranks, queries.identity, seed=protocol.seed) if plain else None
    absent = open_set(queries, gallery, labels, seed=protocol.seed) if plain else None
    on_progress(2, _STEPS)
    shot = single_shot(queries, gallery, labels, ranks, pairs, seed=protocol.seed) if plain else None
    on_progress(3, _STEPS)
    judged = next((fmr for fmr in JUDGED_AT if plain and threshold_at(pairs.others, fmr) is not None), None)
    threshold = None if judged is None else threshold_at(pairs.others, judged)
    wrong = None if threshold is None else find_false_matches(queries.features, gallery.features, labels, threshold)
    cameras = camera_pairs(queries, gallery, labels, wrong) if plain else []
    on_progress(4, _STEPS)
    precision, first = average_precision(ranks), first_ranks(ranks)
    figures = QueryFigures(queries.identity, precision, first, wrong, judged, protocol.seed)
    failed, reasons = failures(queries, gallery, labels, ranks, pairs)
    report = EvaluationReport(
        tested=tested,
        protocol=protocol,
        figures=_figures(ranks, queries.identity, protocol.seed),
        queries=metrics.queries,
        queries_without_match=metrics.queries_without_match,
        cmc=tuple(cumulative_matches(ranks, CMC_DEPTH).tolist()),
        verification=verified,
        open_set=absent,
        single_shot=shot,
        camera_pairs=tuple(cameras),
        slices=tuple(_slices(queries, gallery, figures, by)),
        people=tuple(_people(queries.identity, precision, first, inverse_penalty(ranks))),
        failures=tuple(failed),
        failure_counts=reasons,
        per_query=_per_query(queries, precision, first),
        notes=(*notes, *sentences(protocol)),
        cautions=(*cautions, *_cautions(queries, gallery, verified, protocol, ranks)),
    )
    on_progress(_STEPS, _STEPS)
    return report


def _cautions(
    queries: Crops, gallery: Crops, verified: Verification | None, protocol: Protocol, ranks: MatchRanks
) -> list[str]:
    """Where cameras are not known, one picture has two labels, no threshold tells people apart, or there is nobody
    else."""
    counted = ranks.match_counts > 0
    alone = bool((ranks.match_counts == ranks.valid_gallery)[counted].all())
    people = [side.camera[~np.isin(side.identity, [DISTRACTOR, JUNK])] for side in (queries, gallery)]
    copies = count_mislabelled(queries, gallery)
    rates = [rate.fmr for rate in verified.true_match_rates if rate.saturated] if verified else []
    said = [
        cameras_note(np.concatenate(people), same_camera=protocol.same_camera),
        ALONE if alone else "",
        copies_note(copies) if copies else "",
        saturated_note(max(rates), copies=bool(copies)) if rates else "",
    ]
    return [sentence for sentence in said if sentence]


def _refuse_nobody_in_both(queries: Crops, gallery: Crops, name: str) -> None:
    if not (set(queries.identity) & set(gallery.identity)) - {DISTRACTOR, JUNK, None}:
        raise ReidError(
            f"Nobody is in both splits of gallery {name!r}, so there is nobody to find: no person of its "
            f"{plural(len(queries), 'query crop')} has another among its {plural(len(gallery), 'gallery crop')}. "
            "Label crops of the same people in both."
        )


def _refuse_one_camera(queries: Crops, gallery: Crops, protocol: Protocol, name: str) -> None:
    cameras = {*queries.camera, *gallery.camera}
    if not protocol.same_camera and len(cameras) == 1 and None not in cameras:
        raise ReidError(
            f"All crops of gallery {name!r} are of camera {cameras.pop()!r}. Matches of the query's own camera do not "
            "count, as the same moment proves nothing, and so none is left. Import crops of a second camera, or let "
            "matches of the same camera count with --same-camera."
        )


def _figures(ranks: MatchRanks, identities: NDArray[np.object_], seed: int) -> dict[str, Estimate]:
    counted = ranks.match_counts > 0
    values = {name: figure.of_queries(ranks)[counted] for name, figure in FIGURES.items()}
    found = estimates(identities[counted], np.array(list(values.values()), np.float64), seed=seed)
    return dict(zip(values, found, strict=True))


def _slices(queries: Crops, gallery: Crops, figures: QueryFigures, by: Sequence[str]) -> list[Slice]:
    of_queries = {**queries.columns, "camera": queries.camera}
    of_gallery = {**gallery.columns, "camera": gallery.camera}
    found = []
    for column in dict.fromkeys((*USUAL, *by)):
        if column not in of_queries:
            if column in by:
                raise ReidError(f"There is no column {column!r}. There are: {', '.join(sorted(of_queries))}.")
            continue
        names, groups, held = groups_of(column, of_queries[column], of_gallery[column] if column in by else None)
        if column in by or len(names) > 1:
            found += slices(column, names, groups, figures, held)
    return found


def _people(
    identities: NDArray[np.object_],
    precision: NDArray[np.float64],
    first: NDArray[np.float64],
    penalty: NDArray[np.float64],
) -> list[Person]:
    """Worst first."""
    counted = np.flatnonzero(~np.isnan(precision))
    people, codes = np.unique(identities[counted].astype(str), return_inverse=True)
    queries = np.bincount(codes, minlength=len(people))
    means = [
        np.bincount(codes, weights=values[counted], minlength=len(people)) / queries
        for values in (precision, first == 1, penalty)
    ]
    order = np.argsort(means[0], kind="stable")
    return [Person(str(people[p]), int(queries[p]), *(float(mean[p]) for mean in means)) for p in order]


def _per_query(queries: Crops, precision: NDArray[np.float64], first: NDArray[np.float64]) -> PerQuery:
    return PerQuery(
        tuple(queries.ids.tolist()),
        tuple(map(str, queries.identity)),
        tuple(None if np.isnan(value) else float(value) for value in precision),
        tuple(None if np.isnan(value) else int(value) for value in first),
    )
