"""`make bench`: how fast the hot paths are, each as a ratio to what one would otherwise run, in one process run.

Nothing here is asserted: figures depend on the machine. The settings that move them are printed first.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

import numpy as np

from reid_core.evaluation.metrics import retrieval_metrics
from reid_core.evaluation.ranking import Labels, match_ranks
from reid_core.retrieval.rerank import k_reciprocal_distances
from tests.benchmarks import dashboard, embedding, importing, index_at_scale, training

RANDOM = np.random.default_rng(0)


def best_of(action: Callable[[], object], repeats: int = 3) -> float:
    """Shortest CPU time of a few repeats, in seconds, over all threads."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return min(times)


def line(name: str, ours: float, other: float | None = None, what: str = "", unit: str = "CPU s") -> None:
    ratio = f"{other / ours:5.1f}x less than {what} ({other:.3f} {unit})" if other else what
    print(f"  {name:<58} {ours:9.4f} {unit}   {ratio}", flush=True)


def unit_vectors(rows: int, size: int) -> np.ndarray:
    vectors = RANDOM.standard_normal((rows, size), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def people(rows: int, size: int, identities: int) -> tuple[np.ndarray, Labels]:
    """Vectors that cluster by identity, about as well as a trained embedder's."""
    identity = RANDOM.integers(1, identities + 1, rows)
    centres = np.random.default_rng(1).standard_normal((identities + 1, size), dtype=np.float32)
    vectors = centres[identity] + 1.5 * RANDOM.standard_normal((rows, size), dtype=np.float32)
    labels = Labels(identity, RANDOM.integers(0, 6, rows))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels


def by_sorting(queries: np.ndarray, gallery: np.ndarray, asked: Labels, held: Labels) -> float:
    """mAP as the usual evaluation code finds it: the whole matrix, an argsort of each row, masks, cumulative sums."""
    order = np.argsort(-(queries @ gallery.T), axis=1)
    precisions = []
    for query, row in enumerate(order):
        same = held.identity[row] == asked.identity[query]
        kept = ~(same & (held.camera[row] == asked.camera[query]))
        matches = same[kept]
        if matches.any():
            found = np.cumsum(matches)
            precisions.append((found[matches] / (np.flatnonzero(matches) + 1)).mean())
    return float(np.mean(precisions))


def ranking() -> None:
    print("Ranking and metrics, 3,368 queries x 19,732 crops x 512 (the size of Market-1501's test set)")
    queries, asked = people(3368, 512, 750)
    gallery, held = people(19732, 512, 750)
    ours = best_of(lambda: retrieval_metrics(match_ranks(queries, gallery, asked, held)))
    other = best_of(lambda: by_sorting(queries, gallery, asked, held), 1)
    line("features to mAP, CMC, mINP", ours, other, "sorting the whole matrix")
    line("of which the matrix product alone", best_of(lambda: queries @ gallery.T))
    print("Re-ranking, 663 queries x 1,594 crops x 512")
    line("k-reciprocal, sparse", best_of(lambda: k_reciprocal_distances(queries[:663], gallery[:1594])))


def main() -> None:
    settings = {name: os.environ.get(name, "unset") for name in ("OMP_NUM_THREADS", "OPENBLAS_CORETYPE")}
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {settings}, {time.strftime('%Y-%m-%d')}"
    )
    ranking()
    index_at_scale.run()
    embedding.run()
    importing.run()
    training.run()
    dashboard.run()


if __name__ == "__main__":
    main()
