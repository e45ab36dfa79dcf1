"""How alike pairs of crops are, of one person and of two: counted person by person, never held as a matrix of crops.

A pair is two crops from different cameras, as in the ranking protocol; where either camera is unknown it counts. Sums
are kept for each person, because that is what an honest interval needs: pairs that share a person are not independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.ranking.pair_scores import FINE_BINS, fine_bins
from reid_core.evaluation.ranking.ranking import UNKNOWN_CAMERA, Labels

STEPS = FINE_BINS  # of similarity from -1 to 1; thresholds lie on them
_ROWS = 256  # crops compared at a time
_CELLS = 4_000_000  # counts held at a time: 32 MB


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pairs at or above each of T rising thresholds, for each of P people.

    - `different`: (T, P) pairs of a person's crops with everybody else's; each pair is in the sums of two people.
    - `different_all`: (P,) the same at any similarity.
    - `squares`, `products`: (T,) sums over pairs of people of count² and of count × all; `squares_all` of all².
    - `same`, `same_all`: (T, P) and (P,) pairs of two crops of the person.
    """

    thresholds: NDArray[np.float64]
    different: NDArray[np.float64]
    different_all: NDArray[np.float64]
    squares: NDArray[np.float64]
    products: NDArray[np.float64]
    squares_all: float
    same: NDArray[np.float64]
    same_all: NDArray[np.float64]

    @property
    def people(self) -> int:
        return len(self.same_all)


def similarity_histogram(
    features: NDArray[np.float32], labels: Labels, *, same_camera: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of different people and pairs of one person in each of `STEPS` equal steps of similarity from -1 to 1.

    `features` are (N, D) unit vectors of labelled people. With `same_camera` pairs of one camera count too.
    """
    sorted_crops = _Sorted(features, labels, same_camera)
    different, same = np.zeros(STEPS, np.int64), np.zeros(STEPS, np.int64)
    for first, last in sorted_crops.blocks(len(features)):
        steps, wanted, one_person = sorted_crops.compare(first, last)
        same += np.bincount(steps[wanted & one_person], minlength=STEPS)
        different += np.bincount(steps[wanted & ~one_person], minlength=STEPS)
    return different, same


def count_pairs(
    features: NDArray[np.float32], labels: Labels, thresholds: ArrayLike, *, same_camera: bool = False
) -> PairCounts:
    """Count at the rising thresholds, which are rounded to the nearest step. Raises ReidError for unfit arrays."""
    steps = threshold_steps(thresholds)
    sorted_crops = _Sorted(features, labels, same_camera)
    people, count = sorted_crops.people, len(steps)
    different, squares, products = np.zeros((people, count + 1)), np.zeros(count), np.zeros(count)
    same, squares_all = np.zeros((people, count + 1)), 0.0
    for first, counts in _person_pairs(sorted_crops, steps):
        for row, person in enumerate(range(first, first + len(counts))):
            same[person] = counts[row, person]
            counts[row, person] = 0
        different[first : first + len(counts)] += counts.sum(axis=1)
        different += counts.sum(axis=0)
        squares += np.einsum("ijt,ijt->t", counts[..., 1:], counts[..., 1:])
        products += np.einsum("ijt,ij->t", counts[..., 1:], counts[..., 0])
        squares_all += float((counts[..., 0] ** 2).sum())
    return PairCounts(
        steps / (STEPS / 2) - 1,
        different[:, 1:].T, different[:, 0], squares, products, squares_all, same[:, 1:].T, same[:, 0],
    )  # fmt: skip


def pair_matrix(
    features: NDArray[np.float32], labels: Labels, thresholds: ArrayLike, *, same_camera: bool = False
) -> NDArray[np.int32]:
    """(T + 1, P, P) pairs of crops of each two people: at any similarity, then at or above each threshold. Symmetric;
    the diagonal holds pairs of one person. For a few thresholds and at most some thousand people."""
    steps = threshold_steps(thresholds)
    sorted_crops = _Sorted(features, labels, same_camera)
    matrix = np.zeros((len(steps) + 1, sorted_crops.people, sorted_crops.people), np.int32)
    for first, counts in _person_pairs(sorted_crops, steps):
        matrix[:, first : first + len(counts)] = counts.transpose(2, 0, 1)
    both: NDArray[np.int32] = matrix + np.triu(matrix, 1).transpose(0, 2, 1)  # it holds the upper half so far
    return both


def counts_of(matrix: NDArray[np.int32], thresholds: NDArray[np.float64], chosen: NDArray[np.int64]) -> PairCounts:
    """The counts among the chosen people alone, from `pair_matrix`."""
    counts = matrix[:, chosen[:, None], chosen[None]].astype(np.float64)
    same = np.diagonal(counts, axis1=1, axis2=2).copy()
    counts[:, range(len(chosen)), range(len(chosen))] = 0
    some, every = counts[1:], counts[0]
    return PairCounts(
        np.asarray(thresholds), some.sum(axis=2), every.sum(axis=1), (some**2).sum(axis=(1, 2)) / 2,
        (some * every).sum(axis=(1, 2)) / 2, float((every**2).sum() / 2), same[1:], same[0],
    )  # fmt: skip


def threshold_steps(thresholds: ArrayLike) -> NDArray[np.int64]:
    """The step that each threshold begins; they must rise."""
    steps = np.rint((np.asarray(thresholds, np.float64) + 1) * (STEPS / 2)).astype(np.int64)
    if not len(steps) or (np.diff(steps) <= 0).any():
        raise ReidError("Thresholds of similarity must rise, by more than 0.00003 each.")
    return steps


def _person_pairs(crops: _Sorted, steps: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """For some people at a time: the number of the first, and (p, P, T + 1) pairs with each who is not before."""
    bin_of_step = np.searchsorted(steps, np.arange(STEPS), side="right")
    width = len(steps) + 2  # below all thresholds, at or above 1, 2, ... of them, not wanted
    for first, last in crops.blocks(_CELLS // (crops.people * width)):
        found, wanted, _ = crops.compare(first, last)
        bins = np.where(wanted, bin_of_step[found], width - 1)
        begin, end = crops.person[first], crops.person[last - 1] + 1
        cells = ((crops.person[first:last] - begin) * crops.people)[:, None] + crops.person[None, first:]
        shape = (end - begin, crops.people, width)
        counts = np.bincount((cells * width + bins).ravel(), minlength=int(np.prod(shape))).reshape(shape)[..., :-1]
        at_or_above = np.cumsum(counts[..., ::-1], axis=2)[..., ::-1].astype(np.float64)
        yield int(begin), at_or_above


class _Sorted:
    """Crops in order of their people, who are numbered from 0."""

    def __init__(self, features: NDArray[np.float32], labels: Labels, same_camera: bool) -> None:
        features = np.asarray(features, np.float32)
        if features.ndim != 2 or len(features) != len(labels):
            raise ReidError(f"Features of shape {features.shape} do not fit the labels of {len(labels)} crops.")
        if not np.isfinite(features).all():
            row = int(np.flatnonzero(~np.isfinite(features).all(axis=1))[0])
            raise ReidError(f"Row {row} of the features is not finite; embed that crop again.")
        order = np.argsort(labels.identity, kind="stable")
        self.features = np.ascontiguousarray(features[order])
        self.person = np.unique(labels.identity[order], return_inverse=True)[1].astype(np.int64)
        self.people = int(self.person[-1]) + 1 if len(order) else 0
        self._camera = labels.camera[order]
        self._same_camera = same_camera

    def blocks(self, most_people: int) -> Iterator[tuple[int, int]]:
        """First and last (exclusive) crop of about `_ROWS` crops of whole people, and of so many people at most."""
        starts = np.flatnonzero(np.diff(self.person, prepend=-1))
        cuts = [0]
        for number, (start, stop) in enumerate(pairwise([*starts, len(self.person)])):
            too_many = stop - cuts[-1] > _ROWS or number - self.person[cuts[-1]] >= max(1, most_people)
            if too_many and start > cuts[-1]:
                cuts.append(int(start))
        yield from pairwise([*cuts, len(self.person)] if len(self.person) else [])

    def compare(self, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Of the crops from `first` to `last` with those from `first` on: step of similarity, whether the pair counts
        (each once), whether it is of one person."""
        similarity = self.features[first:last] @ self.features[first:].T
        steps = fine_bins(similarity)
        wanted = np.arange(len(self.person) - first)[None] > np.arange(last - first)[:, None]
        if not self._same_camera:
            camera, others = self._camera[first:last, None], self._camera[None, first:]
            wanted &= (camera != others) | (camera == UNKNOWN_CAMERA)
        return steps, wanted, self.person[first:last, None] == self.person[None, first:]
