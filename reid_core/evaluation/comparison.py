"""Is one model better than another? Both are asked the same queries, and people are drawn anew (paired bootstrap).

Queries of one person are alike, so whole people are drawn and not queries (cluster bootstrap; Field & Welsh,
"Bootstrapping clustered data", J. R. Stat. Soc. B 2007). Intervals are percentiles (Efron & Tibshirani, 1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reid_core.errors import ReidError

SAMPLES = 2_000
_NUMBERS_AT_ONCE = 20_000_000  # drawn counts held in memory: 160 MB
LEAST_PEOPLE = 2


@dataclass(frozen=True)
class Difference:
    """Of one figure, as fractions of 1: both models', candidate minus present, and its 95 % interval.

    `worse` is the share of samples in which the candidate's was the lower.
    """

    present: float
    candidate: float
    difference: float
    low: float
    high: float
    worse: float


def paired_differences(
    identities: ArrayLike, present: ArrayLike, candidate: ArrayLike, *, samples: int = SAMPLES, seed: int = 0
) -> list[Difference]:
    """Compare means over queries of one or more figures.

    `identities` are (Q,) labels of the queries' people, `present` and `candidate` (F, Q) or (Q,) values such as average
    precisions. Raises ReidError for fewer than two people, of whom none can be drawn otherwise.
    """
    _, people = np.unique(np.asarray(identities), return_inverse=True)
    ours, theirs = (np.atleast_2d(np.asarray(values, np.float64)) for values in (present, candidate))
    count = int(people.max()) + 1 if len(people) else 0
    if count < LEAST_PEOPLE:
        raise ReidError(
            f"The queries show {count} person, and how sure a difference is can be told from 2 on. "
            "Give query crops of more people."
        )
    queries = np.bincount(people, minlength=count)
    sums = np.stack([np.bincount(people, weights=row, minlength=count) for row in (*ours, *theirs)]).astype(np.float64)
    drawn = _means(queries, sums, samples, seed)
    half = len(ours)
    differences = drawn[:, half:] - drawn[:, :half]
    low, high = np.percentile(differences, (2.5, 97.5), axis=0)
    means = sums.sum(axis=1) / queries.sum()
    return [
        Difference(
            float(means[row]),
            float(means[half + row]),
            float(means[half + row] - means[row]),
            float(low[row]),
            float(high[row]),
            float((differences[:, row] < 0).mean()),
        )
        for row in range(half)
    ]


def _means(queries: NDArray[np.int64], sums: NDArray[np.float64], samples: int, seed: int) -> NDArray[np.float64]:
    """(samples, 2F) means over the queries of as many people drawn with replacement."""
    count = len(queries)
    random = np.random.default_rng(seed)
    at_once = max(1, _NUMBERS_AT_ONCE // count)
    parts = []
    for start in range(0, samples, at_once):
        times = random.multinomial(count, np.full(count, 1 / count), size=min(at_once, samples - start))
        weights = times.astype(np.float64)
        parts.append((weights @ sums.T) / (weights @ queries.astype(np.float64))[:, None])
    return np.concatenate(parts)
