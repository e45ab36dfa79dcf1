"""Tracklets that took up two people are split where looks jump.

A tracker that sees boxes only may go on with the wrong person where two cross. The vectors of the tracklet's candidates
tell: cut in two, the similarity between both sides is as low as between strangers. How low that is depends on the model
and on the scene, so it is learnt from the recording itself: almost all of its tracklets are pure, and two tracklets
that are in view at one time are two people. No labels and no figures of a model are needed.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

FEWEST_KNOWN = 10  # tracklets, and pairs of strangers: before, nothing is split
REMEMBERED = 500  # of each: the scene may change with the hours
RECENT = 32  # tracklets that a new one is compared with
DEVIATIONS = 3.0  # below the median; about 1 % of pure tracklets are, since their tail is heavier than a normal one
QUARTILE = 0.6745  # standard deviations from the median of a normal distribution
ROUNDS = 5  # of setting aside what seems mixed and looking again at the rest
# Of three models on Market-1501 the similarity across a tracklet varies by .74 to .81 of what that of strangers varies
# by. While few tracklets are known, this says more than they do.
ALIKE_SPREAD = 0.8
PRIOR = 100  # tracklets that this counts as
STRANGERS = 95  # percentile of the similarity of strangers
SURELY = 75  # the same: as unlike as three of four strangers, hardly any pure tracklet is


class Purity:
    """What pure tracklets and strangers look like in one recording, and whether a tracklet is pure."""

    def __init__(self) -> None:
        self._within: deque[float] = deque(maxlen=REMEMBERED)  # of each tracklet, across its worst cut
        self._between: deque[float] = deque(maxlen=REMEMBERED)  # of two tracklets that were in view together
        self._recent: deque[tuple[float, float, Vectors]] = deque(maxlen=RECENT)  # start, end, mean vector

    def learn(self, vectors: Vectors, start: float, end: float) -> None:
        """A tracklet's unit vectors (N, D), in the order of time, and its seconds."""
        if not len(vectors):
            return
        mean = vectors.mean(axis=0, dtype=np.float32)
        for other_start, other_end, other in self._recent:
            if start < other_end and other_start < end:
                self._between.append(float(mean @ other))
        self._recent.append((start, end, mean))
        if len(vectors) > 1:
            self._within.append(_worst_cut(vectors)[0])

    @property
    def limit(self) -> float | None:
        """The similarity across a cut below which a tracklet is split; None while too little is known."""
        if min(len(self._within), len(self._between)) < FEWEST_KNOWN:
            return None
        within, between = np.array(self._within), np.array(self._between)
        expected = ALIKE_SPREAD * between.std()
        pure = -1.0
        for _ in range(ROUNDS):
            kept = within[within >= pure]
            quarter, half = np.percentile(kept, [25, 50])
            spread = (len(kept) * (half - quarter) / QUARTILE + PRIOR * expected) / (len(kept) + PRIOR)
            pure = half - DEVIATIONS * spread
        strangers = float(np.percentile(between, STRANGERS))
        between_them = float(pure + min(pure, strangers)) / 2  # halfway where there is room
        return max(between_them, float(np.percentile(between, SURELY)))  # also where most tracklets are mixed

    def split(self, vectors: Vectors) -> list[list[int]]:
        """The rows of (N, D), in the order of time, by person: groups of rows that follow each other; mostly one."""
        limit = self.limit
        if limit is None or len(vectors) < 2:
            return [list(range(len(vectors)))]
        return [list(range(low, high)) for low, high in _parts(vectors, 0, len(vectors), limit)]

    def state(self) -> dict[str, Any]:
        """All that it remembers, as plain values for JSON."""
        recent = [[start, end, base64.b64encode(mean.tobytes()).decode("ascii")] for start, end, mean in self._recent]
        return {"within": list(self._within), "between": list(self._between), "recent": recent}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Purity:
        found = cls()
        found._within.extend(state["within"])
        found._between.extend(state["between"])
        for start, end, mean in state["recent"]:
            found._recent.append((start, end, np.frombuffer(base64.b64decode(mean), np.float32)))
        return found


def _parts(vectors: Vectors, low: int, high: int, limit: float) -> Iterator[tuple[int, int]]:
    similarity, cuts = _worst_cut(vectors[low:high]) if high - low > 1 else (1.0, ())
    if similarity >= limit:
        yield low, high
        return
    bounds = [low, *(low + cut for cut in cuts), high]
    for first, last in pairwise(bounds):
        yield from _parts(vectors, first, last, limit)


def _worst_cut(vectors: Vectors) -> tuple[float, tuple[int, ...]]:
    """The lowest mean similarity between a stretch of rows and the others, and where that stretch begins and ends.

    Stretches at an end have one cut; those in the middle, a swap and a swap back, have two. A single row in the middle
    that is like none of the others is rather a person who passed in front: it is left out, and tells nothing.
    """
    rows = np.arange(len(vectors))
    while True:
        similarity, (low, high) = _worst_stretch(vectors[rows])
        if not (high - low == 1 and low > 0 and high < len(rows)):
            return similarity, tuple(int(rows[cut]) for cut in (low, high) if 0 < cut < len(rows))
        rows = np.delete(rows, low)


def _worst_stretch(vectors: Vectors) -> tuple[float, tuple[int, int]]:
    count = len(vectors)
    sums = np.concatenate([np.zeros((1, vectors.shape[1]), np.float32), vectors.cumsum(axis=0, dtype=np.float32)])
    stretches = [(0, cut) for cut in range(1, count)]
    stretches += [(low, high) for low in range(1, count) for high in range(low + 1, count)]

    def across(stretch: tuple[int, int]) -> float:
        low, high = stretch
        inner = sums[high] - sums[low]
        return float(inner @ (sums[-1] - inner)) / ((high - low) * (count - high + low))

    worst = min(stretches, key=across)
    return across(worst), worst
