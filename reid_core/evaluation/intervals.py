"""How sure a figure is: its interval when people are drawn anew (bootstrap).

Queries of one person are alike, so whole people are drawn and not queries (cluster bootstrap; Field & Welsh,
"Bootstrapping clustered data", J. R. Stat. Soc. B 2007). Intervals are percentiles (Efron & Tibshirani, 1993).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reid_core.evaluation.report_parts import Estimate

SAMPLES = 2_000
LEAST_PEOPLE = 2  # with fewer there is nothing to draw
LEAST_ERRORS = 10  # expected below which a rate of errors is not told
_NUMBERS_AT_ONCE = 20_000_000  # drawn counts held in memory: 160 MB


def estimates(
    identities: ArrayLike,
    values: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> list[Estimate]:
    """Of one or more figures, each the sum of `values` over the sum of `weights`, with 95 % intervals.

    `identities` are (Q,) labels of the queries' people, `values` and `weights` (F, Q) or (Q,); without weights the
    figures are means over queries. They are shares, of 0 to 1. No interval is given for fewer than two people.
    """
    rows = np.atleast_2d(np.asarray(values, np.float64))
    shares = np.ones_like(rows) if weights is None else np.broadcast_to(np.asarray(weights, np.float64), rows.shape)
    queries, sums = per_person(identities, np.concatenate([rows, shares]))
    half = len(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        figures = sums[:half].sum(axis=1) / sums[half:].sum(axis=1)
    if len(queries) < LEAST_PEOPLE:
        return [Estimate(float(figure)) for figure in figures]
    told = (sums[half:] > 0).sum(axis=1)  # people who have a part in each figure
    drawn = resampled(sums[:half], sums[half:], samples, seed)
    low, high = np.nanpercentile(drawn, (2.5, 97.5), axis=0)
    # Where all were right, all who are drawn are: then the exact bound for as many people says more (Clopper-Pearson).
    bound = 1 - 0.025 ** (1 / np.maximum(told, 1))
    low, high = np.where(figures == 1, 1 - bound, low), np.where(figures == 0, bound, high)
    return [
        Estimate(*map(float, three)) if count >= LEAST_PEOPLE else Estimate(float(three[0]))
        for count, *three in zip(told, figures, low, high, strict=True)
    ]


def per_person(identities: ArrayLike, values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(P,) queries of each of P people, and (F, P) sums over them of the (F, Q) values."""
    labels = np.asarray(identities)
    _, people = np.unique(labels.astype(str) if labels.dtype == object else labels, return_inverse=True)
    count = int(people.max()) + 1 if len(people) else 0
    sums = [np.bincount(people, weights=row, minlength=count) for row in values]
    return np.bincount(people, minlength=count), np.array(sums, np.float64).reshape(len(values), count)


def resampled(
    numerators: NDArray[np.float64], denominators: NDArray, samples: int = SAMPLES, seed: int = 0
) -> NDArray[np.float64]:
    """(samples, F) ratios of sums over as many people drawn with replacement, of (F, P) or (1, P) sums of each person.

    NaN where those drawn have nothing in the denominator.
    """
    count = numerators.shape[1]
    random = np.random.default_rng(seed)
    at_once = max(1, _NUMBERS_AT_ONCE // count)
    parts = []
    for start in range(0, samples, at_once):
        times = random.multinomial(count, np.full(count, 1 / count), size=min(at_once, samples - start))
        weights = times.astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            parts.append((weights @ numerators.T) / (weights @ denominators.astype(np.float64).T))
    return np.concatenate(parts)
