"""Which pairs of different people pass a threshold, and how often that happens in any part of queries and gallery.

A share of pairs is uncertain on both sides: of whom one asks, and who else is there. So people are drawn anew, and each
pair counts as often as both its people were drawn together (Owen, "The pigeonhole bootstrap", Annals of Applied
Statistics 2007). Drawing queries or pairs alone gives intervals that are far too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reid_core.blocks import in_blocks
from reid_core.evaluation.intervals import LEAST_PEOPLE
from reid_core.evaluation.ranking.pair_scores import FINE_BINS, FINE_WIDTH, edge_of, fine_bins, first_bin
from reid_core.evaluation.ranking.ranking import DISTRACTOR_CODE, JUNK_CODE, Labels
from reid_core.evaluation.report_parts import Estimate

SAMPLES = 1_000

Rows = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FalseMatches:
    """The pairs of different people at or above a threshold: row of the query, row of the gallery crop, (M,) each.

    Junk is in no pair. `asked` and `held` are the labels of Q queries and N gallery crops.
    """

    asked: Labels
    held: Labels
    query: Rows
    crop: Rows

    def passed(self, queries: Mask, crops: Mask) -> int:
        """How many pairs of these queries (Q,) and gallery crops (N,) pass."""
        return int((queries[self.query] & crops[self.crop]).sum())

    def rate(self, queries: Mask, crops: Mask, *, interval: bool = True, seed: int = 0) -> Estimate | None:
        """Share of the pairs of different people among these that pass; None where there is no such pair."""
        crops = crops & (self.held.identity != JUNK_CODE)
        chosen = queries[self.query] & crops[self.crop]
        people, codes = np.unique(
            np.concatenate([self.asked.identity[queries], self.held.identity[crops]]), return_inverse=True
        )
        code = dict(zip(people.tolist(), range(len(people)), strict=True))
        asking, shown = np.split(codes, [int(queries.sum())])
        asks, shows = (np.bincount(part, minlength=len(people)).astype(np.float64) for part in (asking, shown))
        # Each distractor is somebody else and never a query's own: a part of the gallery that is never drawn anew.
        own = np.where(people > DISTRACTOR_CODE, asks * shows, 0.0)
        total = asks.sum() * shows.sum() - own.sum()
        if total <= 0:
            return None
        value = float(chosen.sum() / total)
        if not interval or (asks > 0).sum() < LEAST_PEOPLE or not chosen.any():
            return Estimate(value)  # of nothing that passed, drawing anew makes no more
        cells = (
            np.array([code[i] for i in self.asked.identity[self.query[chosen]].tolist()], dtype=np.int64),
            np.array([code[i] for i in self.held.identity[self.crop[chosen]].tolist()], dtype=np.int64),
        )
        found = sparse.coo_array((np.ones(len(cells[0])), cells), shape=(len(people), len(people))).tocsr()
        drawn = _drawn(found, asks, shows, own, people <= DISTRACTOR_CODE, seed)
        low, high = np.nanpercentile(drawn, (2.5, 97.5))
        return Estimate(value, float(low), float(high))


def find_false_matches(
    query_features: NDArray[np.float32],
    gallery_features: NDArray[np.float32],
    labels: tuple[Labels, Labels],
    threshold: float,
) -> FalseMatches:
    """Those of (Q, D) queries in an (N, D) gallery; the threshold is one that `verification.threshold_at` gives."""
    asked, held = labels
    transposed = np.ascontiguousarray(gallery_features).T
    junk = np.flatnonzero(held.identity == JUNK_CODE)
    order = np.argsort(held.identity, kind="stable")
    starts = np.searchsorted(held.identity, asked.identity, side="left", sorter=order)
    stops = np.searchsorted(held.identity, asked.identity, side="right", sorter=order)
    stops[asked.identity <= DISTRACTOR_CODE] = starts[asked.identity <= DISTRACTOR_CODE]
    least = _least_similarity(threshold)

    def find(first: int, last: int) -> tuple[Rows, Rows]:
        passes = query_features[first:last] @ transposed >= least
        passes[:, junk] = False
        for row, query in enumerate(range(first, last)):
            passes[row, order[starts[query] : stops[query]]] = False
        queries, crops = np.divmod(np.flatnonzero(passes), passes.shape[1])
        return (queries + first).astype(np.int32), crops.astype(np.int32)

    blocks = list(in_blocks(len(query_features), len(gallery_features), find))
    query, crop = (np.concatenate([np.empty(0, np.int32), *side]) for side in zip(*blocks, strict=True))
    return FalseMatches(asked, held, query, crop)


def _drawn(
    found: sparse.csr_array,
    asks: NDArray[np.float64],
    shows: NDArray[np.float64],
    own: NDArray[np.float64],
    fixed: Mask,
    seed: int,
) -> NDArray[np.float64]:
    """(SAMPLES,) rates over people drawn with replacement; `fixed` ones count once."""
    people = np.flatnonzero(~fixed)
    random = np.random.default_rng(seed)
    weights = np.ones((SAMPLES, len(asks)))
    weights[:, people] = random.multinomial(len(people), np.full(len(people), 1 / max(1, len(people))), size=SAMPLES)
    passed = ((weights @ found) * weights).sum(axis=1)
    total = (weights @ asks) * (weights @ shows) - (weights**2) @ own
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, passed / total, np.nan)


def _least_similarity(threshold: float) -> np.float32:
    """The lowest float32 that counts as at or above the threshold, as `fine_bins` rounds: found by halving, as next to
    0 there are millions of float32 within one rounding of the edge. Infinite where all pass, or none.
    """
    edge = first_bin(threshold)
    if edge <= 0 or edge >= FINE_BINS:
        return np.float32(-np.inf if edge <= 0 else np.inf)
    below, least = (np.float32(edge_of(edge) + side * FINE_WIDTH) for side in (-1, 1))
    if edge == FINE_BINS - 1:
        least = np.float32(1)
    while True:
        middle = np.float32((np.float64(below) + np.float64(least)) / 2)
        if middle in (below, least):
            return least
        if fine_bins(np.array([middle]))[0] >= edge:
            least = middle
        else:
            below = middle
