"""Is one model better than another? Both are asked the same queries, and people are drawn anew (paired bootstrap).

Queries of one person are alike, so whole people are drawn and not queries (cluster bootstrap; Field & Welsh,
"Bootstrapping clustered data", J. R. Stat. Soc. B 2007). Intervals are percentiles (Efron & Tibshirani, 1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reid_core.errors import ReidError
from reid_core.evaluation.intervals import LEAST_PEOPLE, SAMPLES, per_person, resampled


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
    ours, theirs = (np.atleast_2d(np.asarray(values, np.float64)) for values in (present, candidate))
    queries, sums = per_person(identities, np.stack([*ours, *theirs]))
    count = len(queries)
    if count < LEAST_PEOPLE:
        raise ReidError(
            f"The queries show {count} person, and how sure a difference is can be told from 2 on. "
            "Give query crops of more people."
        )
    drawn = resampled(sums, queries[None], samples, seed)
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
