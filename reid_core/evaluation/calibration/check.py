"""Does a calibration hold for people whom it did not see? Stated rates against measured, and how often they agree."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.calibration.calibration import Calibration, Rate, Threshold, bin_shares, rate_at
from reid_core.evaluation.calibration.rates import LEAST_PEOPLE, false_match_rates
from reid_core.evaluation.ranking.pairs import count_pairs, counts_of, pair_matrix
from reid_core.evaluation.ranking.ranking import Labels

DIVISIONS = 100
MOST_PEOPLE = 1_000  # whose pairs are kept to be divided again and again: some 50 MB
_BINS = 10  # of predicted probability


@dataclass(frozen=True)
class Checked:
    """One threshold: what the calibration states of it, and what the people of the check give.

    `expected` is the interval in which a rate measured among so many other people should lie; it is wider than the
    stated one, which is of the rate among all people. `within` says whether the measured rate lies in the stated one.
    """

    target: float
    similarity: float
    stated: Rate
    measured: Rate
    expected: Rate
    within: bool


@dataclass(frozen=True)
class Check:
    """A calibration on people whom it did not see.

    - `curve`: by similarity, stated and measured rates (`similarity`, `stated`, `low`, `high`, `measured`).
    - `reliability`: rows of predicted probability, observed share of pairs of one person, and share of all pairs, for
      one person and two being equally likely beforehand; `calibration_error` is their mean difference, weighted by
      that share (expected calibration error; Naeini, Cooper & Hauskrecht, AAAI 2015).
    - `coverage`: in `divisions` random halves of all these people, how often the rate measured in one half lay in the
      interval that the other half states for it; 0.95 is what it should be. None where people are too few to divide.
    """

    people: int
    different_pairs: int
    same_pairs: int
    thresholds: tuple[Checked, ...]
    curve: dict[str, tuple[float, ...]]
    reliability: tuple[tuple[float, float, float], ...]
    calibration_error: float
    coverage: float | None = None
    divisions: int = 0

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def check_calibration(calibration: Calibration, features: NDArray[np.float32], labels: Labels) -> Check:
    """Measure on (N, D) unit vectors of people who are not those of the calibration.

    Raises ReidError for too few people or pairs.
    """
    points = np.array(calibration.table["similarity"])
    counts = count_pairs(features, labels, points, same_camera=calibration.same_camera)
    different = false_match_rates(counts)
    checked = []
    for one in calibration.thresholds:
        if one.similarity is not None:
            place = int(np.abs(points - one.similarity).argmin())
            checked.append(_checked(one, rate_at(different, place), counts.people, calibration))
    curve = {
        "similarity": points, "stated": np.array(calibration.table["fmr"]),
        "low": np.array(calibration.table["fmr_low"]), "high": np.array(calibration.table["fmr_high"]),
        "measured": different.value,
    }  # fmt: skip
    reliability, error = _reliability(calibration, *bin_shares(counts))
    return Check(
        counts.people,
        int(counts.different_all.sum() / 2),
        int(counts.same_all.sum()),
        tuple(checked),
        {name: tuple(float(f"{value:.4g}") for value in values) for name, values in curve.items()},
        reliability,
        error,
    )


def interval_coverage(
    features: NDArray[np.float32],
    labels: Labels,
    similarities: tuple[float, ...],
    *,
    same_camera: bool = False,
    divisions: int = DIVISIONS,
    seed: int = 0,
) -> float | None:
    """How often false match rates at these similarities, measured among half of the people, lie in the interval that
    the other half states; None for too few people, or no similarity. See `Check.coverage`."""
    random = np.random.default_rng(seed)
    people = np.unique(labels.identity)
    if len(people) > MOST_PEOPLE:
        people = np.sort(random.choice(people, MOST_PEOPLE, replace=False))
        kept = np.isin(labels.identity, people)
        features, labels = features[kept], Labels(labels.identity[kept], labels.camera[kept])
    if len(people) < 2 * LEAST_PEOPLE or not similarities:
        return None
    matrix = pair_matrix(features, labels, similarities, same_camera=same_camera)
    within = []
    for _ in range(divisions):
        order = random.permutation(len(people))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        try:
            ours, theirs = (counts_of(matrix, np.array(similarities), np.sort(half)) for half in halves)
            stated = false_match_rates(ours, among=theirs.people)
            measured = false_match_rates(theirs).value
        except ReidError:  # a half in which nobody was seen by two cameras
            continue
        within.append((stated.low <= measured) & (measured <= stated.high))
    return float(np.mean(within)) if within else None


def _checked(one: Threshold, measured: Rate, people: int, calibration: Calibration) -> Checked:
    assert one.similarity is not None
    assert one.false_matches is not None
    stated = one.false_matches
    widen = (1 + calibration.people / people) ** 0.5
    # In the logarithm both sides of Wilson's interval are close to symmetric, so it can be widened there.
    low, high = (stated.value * (limit / stated.value) ** widen for limit in (stated.low, stated.high))
    return Checked(
        one.target,
        one.similarity,
        stated,
        measured,
        Rate(stated.value, low, min(1.0, high)),
        stated.low <= measured.value <= stated.high,
    )


def _reliability(
    calibration: Calibration, different: NDArray[np.float64], same: NDArray[np.float64]
) -> tuple[tuple[tuple[float, float, float], ...], float]:
    evidence = np.array(calibration.table["evidence"])
    predicted = 1 / (1 + 10.0**-evidence)  # between the thresholds, one person and two being equally likely
    weight = (different + same) / 2
    bins = np.minimum((predicted * _BINS).astype(int), _BINS - 1)
    rows, error = [], 0.0
    for number in range(_BINS):
        here = bins == number
        share = float(weight[here].sum())
        if share > 0:
            said = float((predicted[here] * weight[here]).sum() / share)
            observed = float(same[here].sum() / 2 / share)
            rows.append((round(said, 5), round(observed, 5), round(share, 5)))
            error += share * abs(said - observed)
    return tuple(rows), error
