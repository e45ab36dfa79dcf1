"""What a similarity means: how often different people look this much alike, and how often one person does not.

Measured on pairs of crops from different cameras, of people whom the model did not learn from. It holds for that model
and that kind of gallery: the same cameras, the same detector, people dressed for the same season.

A similarity becomes a probability only with a prior that somebody states: the odds before looking, times how much
likelier this similarity is for one person than for two. That ratio is made to rise with similarity by pooling adjacent
violators (Zadrozny & Elkan, KDD 2002), with one more person of either kind at the ends, so that it is never infinite.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.calibration.rates import Rates, false_match_rates, false_non_match_rates
from reid_core.evaluation.ranking.pairs import STEPS, PairCounts, count_pairs, similarity_histogram
from reid_core.evaluation.ranking.ranking import Labels
from reid_core.records import two_digits

TARGETS = (1e-1, 1e-2, 1e-3, 1e-4)  # rates of false matches for which a threshold is given
LEAST_EFFECTIVE = 10  # false matches that a threshold needs, counted as if pairs were independent
_LAST_STEP = float(f"{1 - 2 / STEPS:.6g}")  # where a table's similarity of 1 lies, as tables are rounded
_PER_DECADE = 8  # points of the table for each power of ten of the false match rate
_SHARES = (
    0.001,
    0.002,
    0.005,
    0.01,
    *np.linspace(0.02, 0.98, 25),
)  # of the pairs of one person, where it has points too


@dataclass(frozen=True)
class Rate:
    """A share of 1 with its 95 % interval."""

    value: float
    low: float
    high: float

    def describe(self) -> str:
        value, low, high = (two_digits(100 * share) for share in (self.value, self.low, self.high))
        return f"{value} % ({low} to {high})"


@dataclass(frozen=True)
class Threshold:
    """The similarity from which at most `target` of the pairs of different people match.

    `similarity` and rates are None where the people are too few to say: `effective` false matches, where
    `LEAST_EFFECTIVE` are needed; and where more pairs of different people than `target` have similarity 1
    (`saturated`).
    """

    target: float
    effective: float
    similarity: float | None = None
    false_matches: Rate | None = None
    false_non_matches: Rate | None = None
    saturated: bool = False


@dataclass(frozen=True)
class Calibration:
    """Rates of error by similarity, for the model of that id on galleries of that kind.

    `galleries` are those for which it holds. `table` has T rising `similarity` values and for each the rates with their
    intervals (`fmr`, `fmr_low`, `fmr_high`, `fnmr`, `fnmr_low`, `fnmr_high`), and `evidence` at the T + 1 steps around
    them: the decimal logarithm of how much likelier it is for one person. `caution` says that cameras were not known,
    "" where they were. `check` is what people whom it did not see said of it (`check.Check` as plain
    values), None before.
    """

    model: str
    galleries: tuple[str, ...]
    kind: str
    people: int
    different_pairs: int
    same_pairs: int
    thresholds: tuple[Threshold, ...]
    table: dict[str, tuple[float, ...]]
    same_camera: bool = False
    at: str = ""
    caution: str = ""
    check: dict[str, Any] | None = field(default=None, compare=False)

    def false_matches(self, similarity: float) -> Rate:
        """Share of the pairs of different people that are at least this similar."""
        return self._rate("fmr", similarity, 1.0, 0.0)

    def false_non_matches(self, similarity: float) -> Rate:
        """Share of the pairs of one person that are less similar."""
        return self._rate("fnmr", similarity, 0.0, 1.0)

    def probability(self, similarity: float, prior: float) -> float:
        """That a pair this similar shows one person, where `prior` was the probability before looking at it.

        Raises ReidError unless the prior lies between 0 and 1.

        Evidence of 2 makes one person 100 times likelier, so odds of 1 to 99 become about even:

        >>> table = {"similarity": (0.5,), "evidence": (2.0, 2.0)}
        >>> measured = Calibration("model", ("door",), "crops", 300, 10**6, 5_000, (), table)
        >>> round(measured.probability(0.5, prior=0.01), 2)
        0.5
        """
        if not 0 < prior < 1:
            raise ReidError(f"A prior of {prior} is not usable; give the probability before looking, between 0 and 1.")
        odds = prior / (1 - prior) * 10 ** self.evidence(similarity)
        return odds / (1 + odds)

    def evidence(self, similarity: float) -> float:
        """Decimal logarithm of how much likelier this similarity is for one person than for two."""
        ends = np.array([-1.0, *self.table["similarity"], 1.0])
        return float(np.interp(similarity, (ends[1:] + ends[:-1]) / 2, self.table["evidence"]))

    def at_rate(self, target: float) -> Threshold | None:
        return next((one for one in self.thresholds if math.isclose(one.target, target)), None)

    def _rate(self, name: str, similarity: float, below: float, above: float) -> Rate:
        """Between the points of the table in the logarithm of the rate; above the last its interval reaches from 0."""
        points = np.array(self.table["similarity"])
        similarity = min(similarity, _LAST_STEP)
        if similarity > points[-1]:
            last = self.table[f"{name}_high" if above == 0 else f"{name}_low"][-1]
            return Rate(above, min(above, last), max(above, last))
        if similarity < points[0]:
            first = self.table[f"{name}_low" if below == 1 else f"{name}_high"][0]
            return Rate(below, min(below, first), max(below, first))
        value, low, high = (_between(similarity, points, self.table[key]) for key in _columns(name))
        return Rate(value, low, high)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a model's card."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Calibration:
        """Raises ReidError for anything but what `to_dict` gives."""
        try:
            thresholds = tuple(_read_threshold(one) for one in values["thresholds"])
            table = {name: tuple(float(value) for value in column) for name, column in values["table"].items()}
            points = len(table["similarity"])
            lengths = {len(table[name]) for name in (*_columns("fmr"), *_columns("fnmr"))}
            if not points or len(table["evidence"]) != points + 1 or lengths != {points}:
                raise ValueError("its table has columns of several lengths")
            if not all(math.isfinite(value) for column in table.values() for value in column):
                raise ValueError("its table has values that are no numbers")
            return cls(**{**values, "galleries": tuple(values["galleries"]), "thresholds": thresholds, "table": table})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReidError(
                f"This calibration cannot be read ({error}). Measure it again with `reid calibrate`."
            ) from error


def calibrate(
    features: NDArray[np.float32],
    labels: Labels,
    *,
    model: str,
    galleries: tuple[str, ...],
    kind: str,
    same_camera: bool = False,
    at: str = "",
) -> Calibration:
    """Measure on (N, D) unit vectors of labelled people. With `same_camera` pairs of one camera count too.

    Raises ReidError when there are too few people, or none who is seen by two cameras.
    """
    different, same = similarity_histogram(features, labels, same_camera=same_camera)
    _refuse_no_pairs(labels, int(different.sum()), int(same.sum()), same_camera)
    points = _points(different, same)
    counts = count_pairs(features, labels, points, same_camera=same_camera)
    false_match, false_non_match = false_match_rates(counts), false_non_match_rates(counts)
    table = {"similarity": points}
    for name, rates in (("fmr", false_match), ("fnmr", false_non_match)):
        table |= dict(zip(_columns(name), (rates.value, rates.low, rates.high), strict=True))
    table["evidence"] = _evidence(counts, false_match)
    return Calibration(
        model,
        galleries,
        kind,
        counts.people,
        int(different.sum()),
        int(same.sum()),
        tuple(_threshold(target, points, false_match, false_non_match) for target in TARGETS),
        {name: tuple(float(f"{value:.6g}") for value in column) for name, column in table.items()},
        same_camera,
        at,
    )


def rate_at(rates: Rates, place: int) -> Rate:
    return Rate(float(rates.value[place]), float(rates.low[place]), float(rates.high[place]))


def _read_threshold(values: dict[str, Any]) -> Threshold:
    read: dict[str, Any] = {key: Rate(**one) if isinstance(one, dict) else one for key, one in values.items()}
    return Threshold(**read)


def _threshold(target: float, points: NDArray[np.float64], different: Rates, same: Rates) -> Threshold:
    fits = np.flatnonzero(different.value <= target)
    if not len(fits):
        return Threshold(target, 0.0, saturated=True)
    place = int(fits[0])
    effective = float(different.effective[place] * different.value[place])
    if effective < LEAST_EFFECTIVE:
        return Threshold(target, round(effective, 2))
    return Threshold(target, round(effective, 2), float(points[place]), rate_at(different, place), rate_at(same, place))


def _points(different: NDArray[np.int64], same: NDArray[np.int64]) -> NDArray[np.float64]:
    """Similarities at which the rates are kept: evenly in powers of ten of the false match rate, down to one pair, and
    evenly in the false non-match rate."""
    alike = np.cumsum(different[::-1])[::-1] / different.sum()  # at or above the beginning of each step
    missed = np.concatenate([[0.0], np.cumsum(same)[:-1]]) / same.sum()
    decades = math.ceil(math.log10(different.sum()))
    wanted = 10.0 ** (-np.arange(1, decades * _PER_DECADE + 1) / _PER_DECADE)
    steps = {int(np.searchsorted(-alike, -rate)) for rate in (0.99, 0.95, *wanted, *TARGETS)}
    steps |= {int(np.searchsorted(missed, share)) for share in _SHARES}
    # A share that is found at no step below 1 is that of the last step, where a similarity of 1 lies.
    kept = {min(step, STEPS - 1) for step in steps if step > 0}
    return np.array(sorted(kept), np.float64) / (STEPS / 2) - 1


def _evidence(counts: PairCounts, rates: Rates) -> NDArray[np.float64]:
    """(T + 1,) log10 of the ratio of shares between the thresholds."""
    from scipy.optimize import isotonic_regression  # slow to import, and pages only read calibrations

    different, same = bin_shares(counts)
    different[np.flatnonzero(different + same)[-1]] += 1 / max(1.0, float(rates.effective[-1]))
    same[0] += 1 / counts.people
    weights = different + same
    filled = weights > 0
    share = np.zeros(len(weights))
    pooled = isotonic_regression(same[filled] / weights[filled], weights=weights[filled]).x
    share = np.interp(np.arange(len(weights)), np.flatnonzero(filled), pooled)
    share = np.clip(share, 1e-9, 1 - 1e-9)
    ratio: NDArray[np.float64] = np.log10(share / (1 - share))
    return ratio


def bin_shares(counts: PairCounts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(T + 1,) shares of the pairs of different people, and of those of one person, between the thresholds."""
    shares = []
    for some, every in ((counts.different, counts.different_all), (counts.same, counts.same_all)):
        at_or_above = np.concatenate([[every.sum()], some.sum(axis=1), [0.0]])
        shares.append(-np.diff(at_or_above) / every.sum())
    return shares[0], shares[1]


def _refuse_no_pairs(labels: Labels, different: int, same: int, same_camera: bool) -> None:
    if different and same:
        return
    if not same_camera and len(np.unique(labels.camera)) < 2:
        raise ReidError(
            "All these crops come from one camera, and a calibration compares cameras. Take a gallery of several, or "
            "allow pairs of one camera (--same-camera); then it says nothing of finding people in another."
        )
    raise ReidError(
        f"There are {different:,} pairs of different people and {same:,} of one person; a calibration needs both. "
        "Label people who were seen more than once."
    )


def _between(similarity: float, points: NDArray[np.float64], column: tuple[float, ...]) -> float:
    """In the logarithm, but where a neighbour is 0: its logarithm would promise rates that nobody has seen."""
    place = (
        int(np.clip(np.searchsorted(points, similarity, side="right"), 1, len(points) - 1)) if len(points) > 1 else 0
    )
    around = np.array(column)[max(0, place - 1) : place + 1]
    if around.min() <= 0:
        return float(np.interp(similarity, points, column))
    return float(np.exp(np.interp(similarity, points, np.log(np.maximum(column, 1e-300)))))


def _columns(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"
