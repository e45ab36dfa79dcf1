"""Same person or not? Every query with every valid gallery crop, judged by a threshold on similarity.

FMR is the share of pairs of different people at or above the threshold, FNMR that of pairs of one person below it
(ISO/IEC 19795-1). A rate is read at a threshold that holds it, never interpolated between two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reid_core.evaluation.intervals import LEAST_ERRORS, estimates
from reid_core.evaluation.ranking.pair_scores import FINE_BINS, PairScores, edge_of, fine_bins, first_bin
from reid_core.evaluation.ranking.ranking import MatchRanks
from reid_core.evaluation.report_parts import FALSE_MATCH_RATES, TrueMatchRate, Verification, bin_counts

_CURVE_POINTS = 200


def verification(pairs: PairScores, ranks: MatchRanks, identities: ArrayLike, *, seed: int = 0) -> Verification | None:
    """What the pairs of a ranking say; `identities` are the queries' labels (Q,). None without pairs of both kinds."""
    same, different = fine_counts(pairs.match_similarities), pairs.others
    if not same.sum() or not different.sum():
        return None
    fmr, tmr = _share_at_or_above(different), _share_at_or_above(same)
    wanted = np.logspace(0, -np.log10(different.sum()), _CURVE_POINTS)
    edges = np.unique([*_lowest_edge(fmr, wanted), *_lowest_edge(fmr, [0.0])])[::-1]
    curve = tuple((edge_of(int(edge)), float(fmr[edge]), float(1 - tmr[edge])) for edge in edges)
    even = int(np.abs(fmr - (1 - tmr)).argmin())
    return Verification(
        same=bin_counts(same),
        different=bin_counts(different),
        closest_other=bin_counts(fine_counts(pairs.other_similarities[pairs.other_rows >= 0])),
        curve=curve,
        true_match_rates=tuple(_true_match_rates(pairs, ranks, identities, fmr, seed)),
        equal_error_rate=float((fmr[even] + 1 - tmr[even]) / 2),
    )


def threshold_at(others: NDArray[np.int64], fmr: float) -> float | None:
    """The lowest threshold that at most a share `fmr` of pairs of different people passes; `others` are their fine
    counts. None where fewer than `LEAST_ERRORS` would be expected to pass (then the rate cannot be told), or where a
    larger share has similarity 1 (see `saturated`).
    """
    if others.sum() * fmr < LEAST_ERRORS or saturated(others, fmr):
        return None
    return edge_of(int(_lowest_edge(_share_at_or_above(others), [fmr])[0]))


def saturated(others: NDArray[np.int64], fmr: float) -> bool:
    """Whether more than a share `fmr` of pairs of different people lies in the last bin, at similarity 1: then no
    threshold lets so few of them pass, unless it lets none of one person pass either.
    """
    return bool(others[-1] > fmr * others.sum())


def fine_counts(similarities: NDArray[np.float32]) -> NDArray[np.int64]:
    """(FINE_BINS,) numbers of similarities."""
    return np.bincount(fine_bins(similarities), minlength=FINE_BINS)


def _true_match_rates(
    pairs: PairScores, ranks: MatchRanks, identities: ArrayLike, fmr: NDArray[np.float64], seed: int
) -> list[TrueMatchRate]:
    counts = ranks.match_counts
    query = np.repeat(np.arange(len(ranks)), counts)
    rates = []
    for wanted in FALSE_MATCH_RATES:
        threshold = threshold_at(pairs.others, wanted)
        if threshold is None:
            enough = int(pairs.others[-1]) >= LEAST_ERRORS  # fewer may be a crop or two under another name
            rates.append(TrueMatchRate(wanted, None, None, enough and saturated(pairs.others, wanted)))
            continue
        passed = fine_bins(pairs.match_similarities) >= first_bin(threshold)
        found = np.bincount(query, weights=passed, minlength=len(ranks))
        rates.append(TrueMatchRate(wanted, threshold, estimates(identities, found, counts, seed=seed)[0]))
    return rates


def _share_at_or_above(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """(bins + 1,) shares at or above each edge, from all to none."""
    above = np.concatenate([np.cumsum(counts[::-1])[::-1], [0]])
    return above / above[0]


def _lowest_edge(shares: NDArray[np.float64], wanted: ArrayLike) -> NDArray[np.int64]:
    """For each wanted share the first edge whose share is no larger; shares fall from edge to edge."""
    return np.searchsorted(-shares, -np.asarray(wanted, np.float64), side="left")
