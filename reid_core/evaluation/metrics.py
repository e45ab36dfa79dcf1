"""mAP, CMC Rank-k, mINP and R-precision from the ranks of true matches.

- AP is the step sum used by Market-1501's successors: the mean over a query's n true matches of i / rank_i (not the
  trapezoid of the first Matlab code); mAP is its mean over queries.
- Rank-k is the share of queries whose first true match stands at rank k or before (CMC).
- INP is n / rank_n, the precision at the last true match (Ye et al., "Deep Learning for Person Re-identification: A
  Survey and Outlook", TPAMI 2021); mINP is its mean.
- R-precision is the share of true matches among the first n (Musgrave et al., "A Metric Learning Reality Check", ECCV
  2020).

Queries without a true match in another camera are in no mean; their number is given beside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.ranking.ranking import MatchRanks


@dataclass(frozen=True)
class RetrievalMetrics:
    """Figures of one evaluation; mAP, Rank-k, mINP and R-precision are fractions of 1.

    `queries` are those counted in the means, `queries_without_match` the others; `gallery` is the number of gallery
    crops without junk.
    """

    mAP: float
    rank1: float
    rank5: float
    rank10: float
    rank20: float
    mINP: float
    r_precision: float
    queries: int
    gallery: int
    queries_without_match: int

    def to_dict(self) -> dict[str, float | int]:
        return asdict(self)


def retrieval_metrics(ranks: MatchRanks) -> RetrievalMetrics:
    """Means over the queries that have a true match. Raises ReidError when none has."""
    counts = ranks.match_counts
    counted = counts > 0
    if not counted.any():
        raise ReidError(
            f"None of the {len(ranks)} queries has a true match among the {ranks.gallery} gallery crops: a match is "
            "the same identity in another camera (the same camera does not count). Give crops of the same people from "
            "at least two cameras, or let matches of the same camera count (--same-camera); of one moment, they prove "
            "little."
        )
    share_found = cumulative_matches(ranks, 20)
    return RetrievalMetrics(
        mAP=float(average_precision(ranks)[counted].mean()),
        rank1=float(share_found[0]),
        rank5=float(share_found[4]),
        rank10=float(share_found[9]),
        rank20=float(share_found[19]),
        mINP=float(inverse_penalty(ranks)[counted].mean()),
        r_precision=float(r_precision(ranks)[counted].mean()),
        queries=int(counted.sum()),
        gallery=ranks.gallery,
        queries_without_match=int((~counted).sum()),
    )


def average_precision(ranks: MatchRanks) -> NDArray[np.float64]:
    """(Q,) average precision of each query, NaN where it has no true match.

    Of two queries the first finds its two true matches at ranks 1 and 3, the second its only one at rank 2: their
    average precision is (1/1 + 2/3) / 2 and 1/2, and mAP is the mean of these.

    >>> ranks = MatchRanks(np.array([1, 3, 2]), np.array([0, 2, 3]), valid_gallery=np.array([9, 9]), gallery=9)
    >>> average_precision(ranks).round(3).tolist()
    [0.833, 0.5]
    >>> round(retrieval_metrics(ranks).mAP, 3)
    0.667
    """
    counts = ranks.match_counts
    query = np.repeat(np.arange(len(ranks)), counts)
    place = np.arange(1, len(ranks.ranks) + 1) - np.repeat(ranks.offsets[:-1], counts)
    total = np.bincount(query, weights=place / ranks.ranks, minlength=len(ranks))
    precision = np.full(len(ranks), np.nan)
    np.divide(total, counts, out=precision, where=counts > 0)
    return precision


def inverse_penalty(ranks: MatchRanks) -> NDArray[np.float64]:
    """(Q,) precision at each query's last true match, NaN where it has none.

    >>> ranks = MatchRanks(np.array([1, 4]), np.array([0, 2]), valid_gallery=np.array([9]), gallery=9)
    >>> inverse_penalty(ranks).tolist()  # both of its matches are found once four crops are looked at
    [0.5]
    """
    penalties = np.full(len(ranks), np.nan)
    counted = ranks.match_counts > 0
    penalties[counted] = ranks.match_counts[counted] / ranks.ranks[ranks.offsets[1:][counted] - 1]
    return penalties


def r_precision(ranks: MatchRanks) -> NDArray[np.float64]:
    """(Q,) share of each query's n true matches that stand among the first n, NaN where it has none."""
    counts = ranks.match_counts
    query = np.repeat(np.arange(len(ranks)), counts)
    inside = np.bincount(query, weights=ranks.ranks <= counts[query], minlength=len(ranks))
    precision = np.full(len(ranks), np.nan)
    np.divide(inside, counts, out=precision, where=counts > 0)
    return precision


def first_ranks(ranks: MatchRanks) -> NDArray[np.float64]:
    """(Q,) rank of each query's first true match, NaN where it has none."""
    first = np.full(len(ranks), np.nan)
    counted = ranks.match_counts > 0
    first[counted] = ranks.ranks[ranks.offsets[:-1][counted]]
    return first


def cumulative_matches(ranks: MatchRanks, depth: int) -> NDArray[np.float64]:
    """The CMC curve: (depth,) shares of the queries with a true match that find their first at rank 1, 2, ... depth.

    NaN throughout where no query has a match.

    >>> ranks = MatchRanks(np.array([1, 3, 2]), np.array([0, 2, 3]), valid_gallery=np.array([9, 9]), gallery=9)
    >>> cumulative_matches(ranks, 3).tolist()  # of two queries one finds its first at rank 1, the other at rank 2
    [0.5, 1.0, 1.0]
    """
    counted = ranks.match_counts > 0
    first = ranks.ranks[ranks.offsets[:-1][counted]]
    found = np.cumsum(np.bincount(np.minimum(first, depth + 1), minlength=depth + 2)[1 : depth + 1])
    shares: NDArray[np.float64] = found / len(first) if len(first) else np.full(depth, np.nan)
    return shares


def found_within(ranks: MatchRanks, depth: int) -> NDArray[np.float64]:
    """(Q,) 1 where a true match stands among the first `depth`, else 0; NaN where there is none."""
    first = first_ranks(ranks)
    return np.where(np.isnan(first), np.nan, first <= depth)


@dataclass(frozen=True)
class Figure:
    """A figure of a report: its heading in tables, and the value (Q,) of each query whose mean it is, NaN for queries
    without a true match."""

    heading: str
    of_queries: Callable[[MatchRanks], NDArray[np.float64]]


# A new figure is a row here: reports, tables, CSV and JSON have it in this order.
FIGURES: Mapping[str, Figure] = {
    "mAP": Figure("mAP", average_precision),
    **{f"rank{depth}": Figure(f"Rank-{depth}", partial(found_within, depth=depth)) for depth in (1, 5, 10, 20)},
    "mINP": Figure("mINP", inverse_penalty),
    "r_precision": Figure("R-precision", r_precision),
}
