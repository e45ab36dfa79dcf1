"""Rates of error, and whether their intervals hold what they say: by drawing people anew, again and again."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.evaluation.calibration.rates import Rates, false_match_rates, false_non_match_rates
from reid_core.evaluation.ranking.pairs import STEPS, count_pairs, similarity_histogram
from reid_core.evaluation.ranking.ranking import Labels
from tests.evaluation.simulated_people import draw, plain_rates

TARGETS = (1e-1, 1e-2, 1e-3)
DRAWS = 150


@lru_cache
def truth() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Similarities at which 1500 people give those rates of false matches, and both rates there."""
    different, same = similarity_histogram(*draw(np.random.default_rng(5), 1500))
    alike = np.cumsum(different[::-1])[::-1] / different.sum()
    missed = np.concatenate([[0.0], np.cumsum(same)[:-1]]) / same.sum()
    steps = np.array(sorted(int(np.flatnonzero(alike <= target)[0]) for target in TARGETS))
    return steps / (STEPS / 2) - 1, alike[steps], missed[steps]


def covered(rates: Rates, expected: np.ndarray) -> np.ndarray:
    return (rates.low <= expected) & (expected <= rates.high)


def test_rates_are_shares_of_the_pairs() -> None:
    features, labels = draw(np.random.default_rng(3), 40)
    thresholds = np.array([0.0, 0.5, 0.9])
    counts = count_pairs(features, labels, thresholds)
    different, same = false_match_rates(counts), false_non_match_rates(counts)
    for place, threshold in enumerate(thresholds):
        expected = plain_rates(features, labels, threshold)
        assert (different.value[place], same.value[place]) == pytest.approx(expected)
        assert different.low[place] <= different.value[place] <= different.high[place]


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    thresholds, alike, missed = truth()
    random = np.random.default_rng(1)
    held = []
    for _ in range(DRAWS):
        counts = count_pairs(*draw(random, 60), thresholds)
        held.append([*covered(false_match_rates(counts), alike), *covered(false_non_match_rates(counts), missed)])
    shares = np.mean(held, axis=0)
    assert shares.min() > 0.86, shares
    assert shares.mean() < 0.99, shares


def test_pairs_taken_for_independent_would_promise_far_too_much() -> None:
    """The reason for all this: the binomial interval of as many pairs misses the truth every second time."""
    thresholds, alike, _ = truth()
    random = np.random.default_rng(2)
    held = []
    for _ in range(60):
        counts = count_pairs(*draw(random, 60), thresholds[:1])
        pairs = counts.different_all.sum() / 2
        rate = false_match_rates(counts).value[0]
        held.append(abs(rate - alike[0]) <= 1.96 * (rate * (1 - rate) / pairs) ** 0.5)
    assert np.mean(held) < 0.6


def test_what_other_people_will_give_lies_in_the_wider_interval() -> None:
    thresholds, _, _ = truth()
    random = np.random.default_rng(4)
    held, held_by_the_narrow = [], []
    for _ in range(DRAWS):
        ours, theirs = (count_pairs(*draw(random, 50), thresholds[:2]) for _ in range(2))
        measured = false_match_rates(theirs).value
        held.append(covered(false_match_rates(ours, among=50), measured))
        held_by_the_narrow.append(covered(false_match_rates(ours), measured))
    assert np.mean(held) > 0.9
    assert np.mean(held_by_the_narrow) < np.mean(held) - 0.04


def test_no_false_match_is_not_the_same_as_none_ever() -> None:
    features, labels = draw(np.random.default_rng(6), 30)
    counts = count_pairs(features, labels, [0.5, 0.9999])
    rates = false_match_rates(counts)
    assert rates.value[1] == 0
    assert rates.low[1] == 0
    # Three divided by as many pairs would be the bound if they were independent; they are not.
    assert rates.high[1] > 3 / (counts.different_all.sum() / 2)


def test_few_people_are_refused() -> None:
    features, labels = draw(np.random.default_rng(7), 9)
    with pytest.raises(ReidError, match="of 9 people; rates of error need at least 10"):
        false_match_rates(count_pairs(features, labels, [0.5]))


def test_one_camera_gives_no_pairs() -> None:
    features, labels = draw(np.random.default_rng(8), 20)
    one_camera = Labels(labels.identity, np.zeros_like(labels.camera))
    with pytest.raises(ReidError, match="0 pairs of one person that count"):
        false_non_match_rates(count_pairs(features, one_camera, [0.5]))


def test_where_no_pair_counts_the_interval_begins_at_exactly_zero() -> None:
    """Rounding left 7e-18 there, and a report printed all of its digits."""
    counts = count_pairs(*draw(np.random.default_rng(3), 25), np.array([-1.0, -0.9999, 0.9999]))
    for rates in (false_match_rates(counts), false_non_match_rates(counts)):
        assert set(rates.low[rates.value == 0]) <= {0.0}
        assert set(rates.high[rates.value == 1]) <= {1.0}
    assert 0 in false_non_match_rates(counts).value
    assert {0, 1} <= set(false_match_rates(counts).value)
