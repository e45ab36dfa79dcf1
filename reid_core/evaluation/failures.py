"""Queries that went wrong, the worst first, each with the likeliest reason: what to look at, and often what to mend."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from reid_core.blocks import in_blocks
from reid_core.evaluation.copies import NOWHERE, copies_of_others
from reid_core.evaluation.crops import Crops
from reid_core.evaluation.metrics import average_precision, first_ranks
from reid_core.evaluation.ranking.pair_scores import PairScores
from reid_core.evaluation.ranking.ranking import DISTRACTOR_CODE, UNKNOWN_CAMERA, Labels, MatchRanks
from reid_core.evaluation.report_parts import Failure
from reid_core.quality import flaws

NO_OTHER_VIEW, LABEL, QUALITY, TWIN, VIEWS = (
    "no other view",
    "label suspicious",
    "low quality",
    "near-twin",
    "other views",
)
REASONS = {
    NO_OTHER_VIEW: "the gallery has no crop of this person that would count as a match",
    LABEL: "crops of another person are the same picture, or far more alike than what its own camera took of its own: "
    "the label or the frame may be wrong",
    QUALITY: "the picture is poor",
    TWIN: "somebody else is as alike as one and the same person usually is",
    VIEWS: "this person's other views look different",
}
COPY = (
    "the same picture is in the gallery under another label, so one of the two labels is wrong, or the frame shows two "
    "people"
)
LISTED = 200
MARGIN = 0.05  # of mean similarity by which another person must be nearer for a label to be in doubt
_NEAREST = 3  # crops of a person that say how alike a query is to him
_MEASURES = ("width", "height", "sharpness", "brightness", "contrast")


def failures(
    queries: Crops, gallery: Crops, labels: tuple[Labels, Labels], ranks: MatchRanks, pairs: PairScores
) -> tuple[list[Failure], dict[str, int]]:
    """Queries whose first hit is wrong or who have no match: the `LISTED` worst by average precision, then those
    without a match; and how many there are in all by their first reason.
    """
    precision, first = average_precision(ranks), first_ranks(ranks)
    failed = np.flatnonzero(~(first == 1))
    failed = failed[np.argsort(np.where(np.isnan(precision[failed]), 2, precision[failed]), kind="stable")]
    best = np.full(len(ranks), np.nan)
    counted = ranks.match_counts > 0
    best[counted] = pairs.match_similarities[ranks.offsets[:-1][counted]]
    usual = float(np.nanmedian(best)) if counted.any() else np.inf
    in_doubt = _labels_in_doubt(queries, gallery, labels, failed)
    copies = copies_of_others(queries, gallery)[failed]
    others = pairs.other_similarities
    poor = [_flaws(queries, int(row)) for row in failed]
    all_reasons: list[tuple[str, ...]] = []
    for place, row in enumerate(failed):
        copied = copies[place] != NOWHERE
        holds = {
            NO_OTHER_VIEW: not counted[row],
            LABEL: bool(in_doubt[place] or copied),
            QUALITY: bool(poor[place]),
            TWIN: bool(counted[row] and others[row] >= usual and not copied),
        }
        # A copy is certain, and whatever else holds may follow from its label.
        found = tuple(sorted((reason for reason, is_so in holds.items() if is_so), key=lambda r: copied and r != LABEL))
        all_reasons.append(found or (VIEWS,))
    counts = Counter(reasons[0] for reasons in all_reasons)
    listed = [place for place, row in enumerate(failed) if counted[row]][:LISTED]
    listed += [place for place, row in enumerate(failed) if not counted[row]][:LISTED]
    found_failures = [
        _failure(
            queries,
            gallery,
            ranks,
            pairs,
            int(failed[place]),
            int(copies[place]),
            all_reasons[place],
            poor[place],
            precision,
            first,
        )
        for place in listed
    ]
    return found_failures, {reason: counts[reason] for reason in REASONS if counts[reason]}


def _labels_in_doubt(
    queries: Crops, gallery: Crops, labels: tuple[Labels, Labels], rows: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Whether the nearest crops of one other person are more alike, by `MARGIN`, than those of the own label that the
    query's own camera took: these are left out of its list, but ought to be alike above all. Where there are none,
    nothing speaks against the label but what makes ranking hard anyway. Of an unknown camera all own crops count.
    """
    asked, held = labels
    people = held.identity > DISTRACTOR_CODE
    identity, camera = held.identity[people], held.camera[people]
    features = np.ascontiguousarray(gallery.features[people]).T
    order = np.argsort(identity, kind="stable")
    starts = np.searchsorted(identity, asked.identity, side="left", sorter=order)
    stops = np.searchsorted(identity, asked.identity, side="right", sorter=order)

    def doubts(first: int, last: int) -> list[bool]:
        found = []
        chosen = rows[first:last]
        for row, similarities in zip(chosen, queries.features[chosen] @ features, strict=True):
            own = order[starts[row] : stops[row]]
            beside = own[camera[own] == asked.camera[row]] if asked.camera[row] != UNKNOWN_CAMERA else own
            if asked.identity[row] <= DISTRACTOR_CODE or not len(beside):
                found.append(False)
                continue
            ours = float(np.sort(similarities[beside])[-_NEAREST:].mean())
            similarities[own] = -np.inf
            found.append(_nearest_other(similarities, identity) - ours > MARGIN)
        return found

    blocks = in_blocks(len(rows), len(identity), doubts)
    return np.array([one for block in blocks for one in block], dtype=bool)


def _nearest_other(similarities: NDArray[np.float32], identity: NDArray[np.int64]) -> float:
    """Mean similarity of the nearest crops of the person who has most among the nearest of all; -inf for lone crops."""
    near = np.argpartition(-similarities, min(4 * _NEAREST, len(similarities) - 1))[: 4 * _NEAREST]
    near = near[np.argsort(-similarities[near])]
    means = [
        float(similarities[own].mean())
        for person in dict.fromkeys(identity[near].tolist())
        if len(own := near[identity[near] == person][:_NEAREST]) == _NEAREST
    ]
    return max(means, default=-np.inf)


def _flaws(queries: Crops, row: int) -> tuple[str, ...]:
    if any(name not in queries.columns for name in _MEASURES):
        return ()
    width, height, sharpness, brightness, contrast = (float(queries.columns[name][row]) for name in _MEASURES)
    return flaws(int(width), int(height), sharpness, brightness, contrast)


def _failure(
    queries: Crops,
    gallery: Crops,
    ranks: MatchRanks,
    pairs: PairScores,
    row: int,
    copy: int,
    reasons: tuple[str, ...],
    poor: tuple[str, ...],
    precision: NDArray[np.float64],
    first: NDArray[np.float64],
) -> Failure:
    has_match = bool(ranks.match_counts[row])
    place = int(ranks.offsets[row])
    copied = copy != NOWHERE
    other = copy if copied else int(pairs.other_rows[row])
    similarity = float(queries.features[row] @ gallery.features[other]) if copied else pairs.other_similarities[row]
    said = {**REASONS, QUALITY: f"{REASONS[QUALITY]} ({', '.join(poor)})"} | ({LABEL: COPY} if copied else {})
    words = [said[reason] for reason in reasons]
    sentence = "; ".join(words)
    return Failure(
        crop=int(queries.ids[row]),
        identity=str(queries.identity[row]),
        camera=queries.camera[row],
        average_precision=float(precision[row]) if has_match else None,
        first_rank=int(first[row]) if has_match else None,
        match=int(gallery.ids[pairs.match_rows[place]]) if has_match else None,
        match_similarity=float(pairs.match_similarities[place]) if has_match else None,
        other=int(gallery.ids[other]) if other >= 0 else None,
        other_identity=None if other < 0 or gallery.identity[other] is None else str(gallery.identity[other]),
        other_similarity=float(similarity) if other >= 0 else None,
        reasons=reasons,
        why=f"{sentence[0].upper()}{sentence[1:]}.",
    )
