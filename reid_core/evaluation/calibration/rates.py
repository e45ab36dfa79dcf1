"""How often different people look alike, and one person does not, with intervals that are honest about dependence.

Millions of pairs come from some hundred people, and a person with a common look is in thousands of them. Treating pairs
as independent gives intervals that are far too narrow. So the variance is taken over people: for pairs of two people
the one of Aronow, Samii & Assenova ("Cluster-robust variance estimation for dyadic data", Political Analysis 2015), for
pairs of one person the usual one of clusters. The interval is Wilson's for as many independent pairs as would give that
variance (Fogliato, Patil & Perona, "Confidence intervals for error rates in 1:1 matching tasks", IJCV 2024), with
Student's quantile for the number of people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.ranking.pairs import PairCounts

CONFIDENCE = 0.95
LEAST_PEOPLE = 10  # fewer say nothing of others
ENOUGH_PEOPLE = 70  # from here on intervals were found to hold about as often as they say, by simulation


@dataclass(frozen=True, eq=False)
class Rates:
    """T rates as shares of 1, each with its interval; `effective` is how many independent pairs would tell as much."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    effective: NDArray[np.float64]


def false_match_rates(counts: PairCounts, *, among: int | None = None) -> Rates:
    """Share of the pairs of different people at or above each threshold.

    The interval is that of the rate among all people of this kind; with `among` it is that of the rate that will be
    measured among so many other people, which is wider. Raises ReidError for fewer than `LEAST_PEOPLE` or no pairs.
    """
    total = counts.different_all.sum() / 2
    _check(counts.people, total, "different people")
    rate = counts.different.sum(axis=1) / (2 * total)
    residual = counts.different - rate[:, None] * counts.different_all
    twice = counts.squares - 2 * rate * counts.products + rate**2 * counts.squares_all
    variance = ((residual**2).sum(axis=1) - twice) / total**2
    return _rates(rate, variance, total, counts.people, among)


def false_non_match_rates(counts: PairCounts, *, among: int | None = None) -> Rates:
    """Share of the pairs of one person below each threshold; see `false_match_rates`."""
    total = counts.same_all.sum()
    people = int((counts.same_all > 0).sum())
    _check(people, total, "one person")
    below = counts.same_all - counts.same
    rate = below.sum(axis=1) / total
    variance = ((below - rate[:, None] * counts.same_all) ** 2).sum(axis=1) / total**2
    return _rates(rate, variance, total, people, among)


def few_people(people: int) -> str:
    """What is to be said of intervals from so few people; "" where they are enough."""
    if people >= ENOUGH_PEOPLE:
        return ""
    return f"Only {people} people: below {ENOUGH_PEOPLE} these intervals are too narrow, and hold less often than 95 %."


def _check(people: int, pairs: float, of: str) -> None:
    if people < LEAST_PEOPLE or not pairs:
        raise ReidError(
            f"There are {pairs:,.0f} pairs of {of} that count, of {people} people; rates of error need at least "
            f"{LEAST_PEOPLE} people, each seen by two cameras (or of unknown cameras)."
        )


def _rates(
    rate: NDArray[np.float64], variance: NDArray[np.float64], total: float, people: int, among: int | None
) -> Rates:
    independent = rate * (1 - rate)
    variance = np.maximum(variance, independent / total) * people / (people - 2)
    effective = np.full(len(rate), np.nan)
    np.divide(independent, variance, out=effective, where=variance > 0)
    effective = _fill(effective, independent > 0)
    seen = effective if among is None else effective / (1 + people / among)
    from scipy.special import stdtrit  # here, as every command imports this file, and it takes a quarter second

    low, high = _wilson(rate, seen, float(stdtrit(people - 1, (1 + CONFIDENCE) / 2)))
    return Rates(rate, low, high, effective)


def _fill(values: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Where a rate is 0 or 1 nothing varies: there the number of its nearest neighbour that does is taken."""
    places = np.flatnonzero(known)
    if not len(places):
        return np.ones(len(values))
    nearest = places[np.abs(np.arange(len(values))[:, None] - places[None]).argmin(axis=1)]
    filled: NDArray[np.float64] = values[nearest]
    return filled


def _wilson(
    rate: NDArray[np.float64], number: NDArray[np.float64], z: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centre = (rate + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z / (1 + z**2 / number) * np.sqrt(rate * (1 - rate) / number + z**2 / (4 * number**2))
    # At the ends both cancel but for rounding, which would be taken for a rate that was measured.
    low, high = np.where(rate <= 0, 0.0, centre - half), np.where(rate >= 1, 1.0, centre + half)
    return np.maximum(0.0, low), np.minimum(1.0, high)
