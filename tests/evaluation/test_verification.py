"""Pairs of the same and of different people against a loop over all pairs."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.ranking.pair_scores import FINE_BINS, FINE_WIDTH, PairScores, fine_bins
from reid_core.evaluation.ranking.ranking import MatchRanks, match_ranks
from reid_core.evaluation.report_parts import BIN_WIDTH, BINS, Verification
from reid_core.evaluation.verification import threshold_at, verification
from tests.evaluation.scene import pairs_of, scene


def measured(queries: Crops, gallery: Crops) -> Verification:
    scores = PairScores()
    ranks = match_ranks(queries.features, gallery.features, *labels_of(queries, gallery), pairs=scores)
    found = verification(scores, ranks, queries.identity)
    assert found is not None
    return found


@pytest.mark.parametrize("same_camera", [False, True])
@pytest.mark.parametrize("block", [None, 1, 7])
def test_every_valid_pair_is_counted_once(same_camera: bool, block: int | None) -> None:
    queries, gallery = scene(1)
    found = PairScores()
    labels = labels_of(queries, gallery, same_camera=same_camera)
    ranks = match_ranks(queries.features, gallery.features, *labels, pairs=found, block=block)
    pairs = pairs_of(queries, gallery, same_camera=same_camera)
    expected = np.zeros(FINE_BINS, int)
    for pair in pairs:
        if not pair.same:
            expected[int((pair.similarity + 1) / FINE_WIDTH)] += 1
    # In float32 a pair on the edge of a bin may fall into the neighbour: sums at any edge differ by a pair or two.
    assert found.others.sum() == expected.sum()
    assert np.abs(np.cumsum(found.others) - np.cumsum(expected)).max() <= 2
    for query in range(len(queries)):
        own = sorted((p for p in pairs if p.query == query and p.same), key=lambda p: -p.similarity)
        span = slice(ranks.offsets[query], ranks.offsets[query + 1])
        assert found.match_rows[span].tolist() == [p.crop for p in own]
        assert found.match_similarities[span] == pytest.approx([p.similarity for p in own], abs=1e-6)
        best = max((p for p in pairs if p.query == query and not p.same), key=lambda p: p.similarity)
        assert found.other_rows[query] == best.crop
        assert found.other_similarities[query] == pytest.approx(best.similarity, abs=1e-6)


def test_a_query_whom_nobody_else_is_beside_has_no_other() -> None:
    queries, gallery = scene(0, people=1, distractors=0, junk=2)
    found = PairScores()
    match_ranks(queries.features, gallery.features, *labels_of(queries, gallery), pairs=found)
    assert set(found.other_rows.tolist()) == {-1}
    assert np.isneginf(found.other_similarities).all()
    assert found.others.sum() == 0


def test_bins_take_in_what_rounding_puts_beyond_one() -> None:
    values = np.array([-1.0000002, -1, 0, 0.99999, 1, 1.0000002], np.float32)
    assert fine_bins(values).tolist() == [0, 0, FINE_BINS // 2, FINE_BINS - 1, FINE_BINS - 1, FINE_BINS - 1]


def test_rates_at_any_threshold_are_those_of_a_loop() -> None:
    queries, gallery = scene(2, people=20)
    found = measured(queries, gallery)
    pairs = pairs_of(queries, gallery)
    same = np.array([p.similarity for p in pairs if p.same])
    other = np.array([p.similarity for p in pairs if not p.same])
    assert (sum(found.same), sum(found.different)) == (len(same), len(other))
    assert len(found.same) == BINS
    for threshold in (-1 + 700 * BIN_WIDTH, 0.0, 0.5, 1.0):
        assert found.fmr(threshold) == pytest.approx((other >= threshold).mean(), abs=1.1 / len(other))
        assert found.fnmr(threshold) == pytest.approx((same < threshold).mean(), abs=1.1 / len(same))
        closest = [max(p.similarity for p in pairs if p.query == q and not p.same) for q in range(len(queries))]
        assert sum(found.closest_other[found.edge(threshold) :]) == (np.array(closest) >= threshold).sum()
    for threshold, fmr, fnmr in found.curve:
        assert fmr == pytest.approx((other >= threshold).mean(), abs=1.1 / len(other))
        assert fnmr == pytest.approx((same < threshold).mean(), abs=1.1 / len(same))
    thresholds, fmrs, fnmrs = np.array(found.curve).T
    assert (np.diff(thresholds) < 0).all()
    assert (np.diff(fmrs) >= 0).all()
    assert (np.diff(fnmrs) <= 0).all()
    assert (fmrs[0], fmrs[-1], fnmrs[-1]) == (0, 1, 0)


def test_the_true_match_rate_is_read_at_the_lowest_threshold_that_holds_the_rate() -> None:
    queries, gallery = scene(3, people=20)
    found = measured(queries, gallery)
    pairs = pairs_of(queries, gallery)
    same = np.array([p.similarity for p in pairs if p.same])
    other = np.array([p.similarity for p in pairs if not p.same])
    told = [rate for rate in found.true_match_rates if rate.threshold is not None]
    assert [rate.fmr for rate in told] == [0.1, 0.01]
    assert len(other) * 0.001 < 10  # too few to be told
    for rate in told:
        assert rate.threshold is not None
        assert rate.rate is not None
        assert (other >= rate.threshold + 1e-6).mean() <= rate.fmr
        assert (other >= rate.threshold - 2 * FINE_WIDTH).mean() > rate.fmr - 2 / len(other)
        assert rate.rate.value == pytest.approx((same >= rate.threshold).mean(), abs=1.1 / len(same))
        assert rate.rate.low is not None
        assert rate.rate.high is not None
        assert rate.rate.low < rate.rate.value < rate.rate.high


def test_a_rate_that_the_pairs_cannot_tell_is_not_told() -> None:
    counts = np.zeros(FINE_BINS, int)
    counts[100] = 999
    assert threshold_at(counts, 0.01) is None  # ten expected among 1,000
    counts[40_000] = 1
    threshold = threshold_at(counts, 0.01)
    assert threshold == pytest.approx(-1 + 101 * FINE_WIDTH)
    assert counts[101:].sum() / counts.sum() <= 0.01


def test_where_errors_are_equal() -> None:
    """Same person: 0.9, 0.7, 0.5, 0.1; others: 0.6, 0.2, 0.0, -0.5. At 0.4 one of four is wrong either way."""
    scores = PairScores()
    scores.others += np.bincount(fine_bins(np.array([0.6, 0.2, 0.0, -0.5], np.float32)), minlength=FINE_BINS)
    scores.add_query(
        np.array([0.9, 0.7, 0.5, 0.1], np.float32), np.arange(4), np.array([0.6], np.float32), np.arange(4)
    )
    ranks = MatchRanks(np.array([1, 2, 3, 7]), np.array([0, 4]), np.array([8]), 8)
    found = verification(scores, ranks, ["a"])
    assert found is not None
    assert found.equal_error_rate == pytest.approx(0.25)
    assert [rate.rate for rate in found.true_match_rates] == [None] * 4  # four pairs tell no rate


def test_without_pairs_of_both_kinds_there_is_nothing_to_verify() -> None:
    queries, gallery = scene(0, people=1, distractors=0, junk=0)
    scores = PairScores()
    ranks = match_ranks(queries.features, gallery.features, *labels_of(queries, gallery), pairs=scores)
    assert verification(scores, ranks, queries.identity) is None
