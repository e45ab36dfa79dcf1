"""Parts of an evaluation's report, plain values all: estimates, pairs, open set, slices, people, failures.

Shares are fractions of 1, similarities are cosines. Crops are named by their ids in the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 2048  # of similarity, from -1 to 1; their edges are exact in binary
BIN_WIDTH = 2.0 / BINS
FALSE_MATCH_RATES = (1e-1, 1e-2, 1e-3, 1e-4)  # that true match rates are told for


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval over people; `low` and `high` are None where too few people tell nothing."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class TrueMatchRate:
    """Share of same-person pairs at or above the `threshold`, the lowest at which different people's pairs pass at
    most at `fmr`. `threshold` and `rate` are None where no threshold can be given: because more of these pairs than
    that have similarity 1 (`saturated`), or because there are too few of them to tell.
    """

    fmr: float
    threshold: float | None
    rate: Estimate | None
    saturated: bool = False

    @property
    def untold(self) -> str:
        """Why there is no threshold, in words for a table."""
        return "more of their pairs have similarity 1" if self.saturated else "too few pairs to tell"


@dataclass(frozen=True)
class Verification:
    """Every query compared with every valid gallery crop, by similarity.

    `same`, `different` are numbers of pairs in `BINS` bins of `BIN_WIDTH` from -1 on (a pair on an edge belongs to the
    bin above it); `closest_other` are numbers of queries, by the similarity of the most similar crop of somebody else.
    `curve` is ROC and DET at once: (threshold, FMR, FNMR) from the highest threshold down, FMR evenly on a log scale.
    A threshold above 1 is one that no pair passes.
    """

    same: tuple[int, ...]
    different: tuple[int, ...]
    closest_other: tuple[int, ...]
    curve: tuple[tuple[float, float, float], ...]
    true_match_rates: tuple[TrueMatchRate, ...]
    equal_error_rate: float

    @staticmethod
    def edge(threshold: float) -> int:
        """The first bin that counts as at or above the threshold: thresholds act in steps of `BIN_WIDTH`.

        Similarities of 1 lie in the last bin, so a threshold of 1 takes it in and only a higher one leaves it out.
        """
        return BINS if threshold > 1 else int(np.clip(round((threshold + 1) / BIN_WIDTH), 0, BINS - 1))

    def fmr(self, threshold: float) -> float:
        """Share of different people's pairs at or above the threshold."""
        return _share_from(self.different, self.edge(threshold))

    def fnmr(self, threshold: float) -> float:
        """Share of same-person pairs below the threshold."""
        return 1 - _share_from(self.same, self.edge(threshold))


@dataclass(frozen=True)
class OpenSet:
    """Some people are taken out of the gallery, and everybody is asked for (Grother & Ngan, NIST IR 8271).

    At each false alarm rate (share of probes without a mate for whom anybody is at or above the threshold) stands the
    detection and identification rate: probes whose true match is ranked first and is at or above it. `curve` is
    (threshold, false alarm rate, rate) and `points` are those at round rates, (rate, threshold, estimate); rates that
    the number of absent probes cannot tell are left out.
    """

    absent_people: int
    absent_probes: int
    present_probes: int
    simulated: bool
    points: tuple[tuple[float, float, Estimate], ...]
    curve: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class SingleShot:
    """One gallery crop of each person, drawn `repeats` times: mean CMC, and the spread of Rank-1 over the draws."""

    repeats: int
    people: int
    cmc: tuple[float, ...]
    rank1_spread: float


@dataclass(frozen=True)
class CameraPair:
    """Queries of one camera in the crops of another alone. Figures are None where no query has a match there.

    `fmr` is that at the threshold whose FMR over all cameras is `Slice.at_fmr`.
    """

    query_camera: str
    gallery_camera: str
    queries: int
    mAP: float | None
    rank1: float | None
    fmr: float | None


@dataclass(frozen=True)
class Slice:
    """Figures of the queries of one group: `value` of `column`. `doubt` says why they tell little, else it is empty.

    `fmr` is the share of pairs of these queries with other people that pass the threshold at which all pairs pass at
    `at_fmr`; `fmr_within` the same among pairs within the group, None where gallery crops have no such groups.
    """

    column: str
    value: str
    queries: int
    people: int
    mAP: Estimate | None
    rank1: Estimate | None
    fmr: Estimate | None
    fmr_within: Estimate | None
    at_fmr: float | None
    doubt: str = ""


@dataclass(frozen=True)
class Person:
    """Figures of one identity's queries that have a match."""

    identity: str
    queries: int
    mAP: float
    rank1: float
    mINP: float


@dataclass(frozen=True)
class Failure:
    """A query that went wrong. `match` and `other` are the most similar true match and the most similar crop of
    somebody else (None: there is none). `reasons` are keys of `failures.REASONS`, the likeliest first; `why` says it.
    """

    crop: int
    identity: str
    camera: str | None
    average_precision: float | None
    first_rank: int | None
    match: int | None
    match_similarity: float | None
    other: int | None
    other_identity: str | None
    other_similarity: float | None
    reasons: tuple[str, ...]
    why: str


def bin_counts(fine: NDArray[np.int64]) -> tuple[int, ...]:
    """Counts in a multiple of `BINS` bins put together into `BINS`."""
    return tuple(fine.reshape(BINS, -1).sum(axis=1).tolist())


def _share_from(counts: Sequence[int], first: int) -> float:
    total = sum(counts)
    return sum(counts[first:]) / total if total else float("nan")
