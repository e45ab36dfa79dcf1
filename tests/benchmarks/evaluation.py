"""Evaluation at the sizes of Market-1501's and MSMT17's test sets: CPU seconds over all threads, and memory on top.

What it is compared with, written plainly in numpy with the same output:

- Ranking by sorting, as the evaluation code of torchreid does it (its Cython part only speeds the loop up): the whole
  distance matrix, an argsort of all of it, then CMC and AP of each query's list.
- k-reciprocal re-ranking as published (Zhong et al., CVPR 2017) with dense matrices of all crops by all crops.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.evaluate import evaluate
from reid_core.evaluation.metrics import retrieval_metrics
from reid_core.evaluation.ranking.pair_scores import PairScores
from reid_core.evaluation.ranking.ranking import Labels, match_ranks
from reid_core.evaluation.report import Protocol, Tested
from reid_core.retrieval.rerank import KReciprocal, k_reciprocal_distances

DIMENSION = 512
MARKET = (3_368, 19_732, 750, 6)  # queries, gallery crops, people, cameras
MSMT17 = (11_659, 82_161, 3_060, 15)
NOISE = 2.5  # beside centres of unit variance: about as far apart as a trained embedder's people
DENSE_BYTES = 14 << 30  # that the dense method needs at Market-1501's size
REPEATS = 3
RANDOM = np.random.default_rng(0)


def people(rows: int, count: int, cameras: int) -> tuple[np.ndarray, Labels]:
    """Unit vectors that cluster by identity."""
    identity = RANDOM.integers(1, count + 1, rows)
    vectors = np.random.default_rng(1).standard_normal((count + 1, DIMENSION), dtype=np.float32)[identity]
    # Half of what differs is common to some people (coats), so that not all others are equally far.
    coats = np.random.default_rng(2).standard_normal((20, DIMENSION), dtype=np.float32)[identity % 20]
    vectors += coats
    vectors += NOISE * RANDOM.standard_normal((rows, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, Labels(identity, RANDOM.integers(0, cameras, rows))


def measured(action: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float, float]:
    """Least CPU seconds and wall seconds of some repeats, and the most memory that one took on top, in MB."""
    best_cpu = best_wall = np.inf
    most = 0.0
    for _ in range(repeats):
        before = _reset_peak()
        cpu, wall = time.process_time(), time.perf_counter()
        action()
        best_cpu = min(best_cpu, time.process_time() - cpu)
        best_wall = min(best_wall, time.perf_counter() - wall)
        most = max(most, _peak() - before)
    return best_cpu, best_wall, most


def _reset_peak() -> float:
    """Resident MB now, from which on the peak is measured; 0 where the system cannot say."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0.0
    return _peak()


def _peak() -> float:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def by_sorting(queries: np.ndarray, gallery: np.ndarray, asked: Labels, held: Labels) -> tuple[float, list[float]]:
    """mAP and Rank-1, 5, 10, 20."""
    order = np.argsort(1 - queries @ gallery.T, axis=1)
    precisions, firsts = [], []
    for query, row in enumerate(order):
        same = held.identity[row] == asked.identity[query]
        matches = same[~(same & (held.camera[row] == asked.camera[query]))]
        if matches.any():
            found = np.cumsum(matches)
            places = np.flatnonzero(matches)
            firsts.append(places[0] + 1)
            precisions.append((found[places] / (places + 1)).mean())
    return float(np.mean(precisions)), [float(np.mean(np.array(firsts) <= depth)) for depth in (1, 5, 10, 20)]


def dense_reranking(queries: np.ndarray, gallery: np.ndarray, k1: int = 20, k2: int = 6, share: float = 0.3):
    """(Q, N) final distances, through matrices of (Q + N)²."""
    crops = np.concatenate([queries, gallery])
    norms = np.square(crops).sum(axis=1)
    distance = norms[:, None] + norms[None] - 2 * (crops @ crops.T)
    np.maximum(distance, 0, out=distance)
    distance /= distance.max(axis=1)[:, None]
    order = np.argsort(distance, axis=1).astype(np.int32)
    encoded = np.zeros_like(distance)
    half = round(k1 / 2)
    for crop in range(len(crops)):
        forward = order[crop, : k1 + 1]
        reciprocal = forward[(order[forward, : k1 + 1] == crop).any(axis=1)]
        expanded = reciprocal
        for candidate in reciprocal:
            near = order[candidate, : half + 1]
            others = near[(order[near, : half + 1] == candidate).any(axis=1)]
            if len(np.intersect1d(others, reciprocal)) > 2 / 3 * len(others):
                expanded = np.append(expanded, others)
        expanded = np.unique(expanded)
        weights = np.exp(-distance[crop, expanded])
        encoded[crop, expanded] = weights / weights.sum()
    if k2 > 1:
        encoded = np.stack([encoded[order[crop, :k2]].mean(axis=0) for crop in range(len(crops))])
    holders = [np.flatnonzero(encoded[:, crop]) for crop in range(len(crops))]
    jaccard = np.empty((len(queries), len(crops)), dtype=np.float32)
    for query in range(len(queries)):
        minima = np.zeros(len(crops), dtype=np.float32)
        for member in np.flatnonzero(encoded[query]):
            who = holders[member]
            minima[who] += np.minimum(encoded[query, member], encoded[who, member])
        jaccard[query] = 1 - minima / (2 - minima)
    final = (1 - share) * jaccard + share * distance[: len(queries)]
    return final[:, len(queries) :]


def line(name: str, cpu: float, wall: float, extra: float, compared: str = "") -> None:
    print(f"  {name:<46} {cpu:8.3f} CPU s {wall:8.3f} s {extra:8.0f} MB   {compared}", flush=True)


def ranking() -> None:
    print("Ranking and metrics, 3,368 queries x 19,732 crops x 512 (Market-1501's test set)")
    queries, asked = people(MARKET[0], *MARKET[2:])
    gallery, held = people(MARKET[1], *MARKET[2:])
    product = measured(lambda: queries @ gallery.T)
    ours = measured(lambda: retrieval_metrics(match_ranks(queries, gallery, asked, held)))
    pairs = measured(lambda: retrieval_metrics(match_ranks(queries, gallery, asked, held, pairs=PairScores())))
    found = retrieval_metrics(match_ranks(queries, gallery, asked, held))
    kept: list[tuple[float, list[float]]] = []
    sorting = measured(lambda: kept.append(by_sorting(queries, gallery, asked, held)), 1)
    expected = (kept[0][0], *kept[0][1])
    assert np.allclose((found.mAP, found.rank1, found.rank5, found.rank10, found.rank20), expected, atol=1e-5)
    line("the matrix product alone", *product)
    line(
        "features to mAP, CMC, mINP, R-precision",
        *ours,
        f"{ours[0] / product[0]:.2f} x the product; {sorting[0] / ours[0]:.1f} times less than sorting",
    )
    line("the same, every pair's score counted (ROC)", *pairs, f"{pairs[0] / product[0]:.2f} x the product")
    line(
        "sorting the whole matrix",
        *sorting,
        f"the same figures: mAP {100 * found.mAP:.1f}, mINP {100 * found.mINP:.1f}",
    )


def reranking() -> None:
    print("Re-ranking, 3,368 + 19,732 crops x 512")
    queries, _ = people(MARKET[0], *MARKET[2:])
    gallery, _ = people(MARKET[1], *MARKET[2:])
    kept: list[np.ndarray] = []
    ours = measured(lambda: kept.append(k_reciprocal_distances(queries, gallery)), 1)

    def some_at_a_time() -> None:
        ranking = KReciprocal(queries, gallery)
        for first in range(0, len(queries), 256):
            ranking.distances(first, min(first + 256, len(queries)))

    blocks = measured(some_at_a_time, 1)
    if psutil.virtual_memory().available < DENSE_BYTES:
        line("k-reciprocal, sparse", *ours, "the dense method needs 14 GB and was left out")
        return
    dense = measured(lambda: kept.append(dense_reranking(queries, gallery)), 1)
    apart = float(np.abs(kept[0] - kept[1]).max())
    both = f"{dense[0] / ours[0]:.1f} times less CPU, {dense[2] / ours[2]:.0f} times less memory than dense"
    line("k-reciprocal, sparse, as one (Q, N) matrix", *ours, f"{both}; {apart:.0e} apart at most")
    line("k-reciprocal, sparse, 256 queries at a time", *blocks, f"{dense[2] / blocks[2]:.0f} times less memory")
    line("k-reciprocal, dense matrices", *dense)


def large() -> None:
    print("Evaluation, 11,659 queries x 82,161 crops x 512 (MSMT17's test set)")
    queries, gallery = (_as_crops(*people(rows, *MSMT17[2:])) for rows in MSMT17[:2])
    labels = labels_of(queries, gallery)
    ranked = measured(lambda: retrieval_metrics(match_ranks(queries.features, gallery.features, *labels)), 1)
    line("features to mAP, CMC, mINP, R-precision", *ranked)
    tested = Tested("", "", "", None, "", "", "", *MSMT17)
    line("the whole report", *measured(lambda: evaluate(queries, gallery, tested, Protocol()), 1))


def _as_crops(vectors: np.ndarray, labels: Labels) -> Crops:
    identity, camera = (np.array([str(code) for code in codes], dtype=object) for codes in vars(labels).values())
    return Crops(np.arange(len(labels)), vectors, identity, camera)


def run() -> None:
    settings = {name: os.environ.get(name, "unset") for name in ("OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE")}
    print(f"Evaluation ({settings}, load {os.getloadavg()[0]:.1f}; memory is what came on top of the features)")
    ranking()
    reranking()
    large()


if __name__ == "__main__":
    run()
