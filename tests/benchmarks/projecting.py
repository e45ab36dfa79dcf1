"""Making a map: 20,000 vectors of 512 numbers laid out by ours and by UMAP as it comes, both once compiled.

Where the real crops are on this machine, the same of them. Both are measured by the neighbours that they keep, so that
neither is faster by being worse. Times are CPU seconds over all threads and wall seconds; `JIT excluded` means that
each side has laid out a smaller set in this process before.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable

import numpy as np

from reid_core.embedder.model import SHIPPED_MODELS, SYNTHETIC
from reid_core.projection.clusters import find_clusters
from reid_core.projection.faithfulness import measure
from reid_core.projection.layout import Layout, Points, principal_components, umap_points
from reid_core.projection.neighbours import Neighbours, find_neighbours
from reid_core.records import SPLITS
from tests.benchmarks.feedback import SPLIT, embedded

ROWS, DIMENSION, CROPS_EACH = 20_000, 512, 20
WARM = 5_000  # enough for UMAP to search its neighbours as it does among many
LAYOUTS = (Layout(seed=None, locality=2), Layout(seed=0, locality=2))


def people(rows: int) -> np.ndarray:
    """Unit vectors in groups of 20, about as far apart as those of a trained embedder."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((rows // CROPS_EACH, DIMENSION), dtype=np.float32)
    vectors = np.repeat(centres, CROPS_EACH, axis=0) + 1.2 * rng.standard_normal((rows, DIMENSION), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def ours(vectors: np.ndarray, layout: Layout) -> Points:
    start = principal_components(vectors, layout.dimensions)
    return umap_points(start, find_neighbours(vectors, layout.neighbours), layout)


def theirs(vectors: np.ndarray) -> Points:
    from umap import UMAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(UMAP(metric="cosine").fit(vectors).embedding_, np.float32)


def timed(action: Callable[[], Points]) -> tuple[Points, float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    points = action()
    return points, time.process_time() - cpu, time.perf_counter() - wall


def run() -> None:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"Map of {ROWS:,} x {DIMENSION} beside umap.UMAP(metric='cosine').fit, JIT excluded on both sides{load}")
    small, vectors = people(WARM), people(ROWS)
    theirs(small)
    for layout in LAYOUTS:
        ours(small, layout)
    near = _compare(vectors)
    began = time.perf_counter()
    principal_components(vectors, 2)
    print(f"    principal components       {time.perf_counter() - began:6.2f} s")
    began = time.perf_counter()
    find_clusters(near)
    print(f"    clusters, of neighbours    {time.perf_counter() - began:6.2f} s")
    if SPLIT.is_file():
        real = np.concatenate([rows for rows, _, _ in embedded(SHIPPED_MODELS / SYNTHETIC, SPLITS).values()])
        print(f"  {len(real):,} x {real.shape[1]:,}, crops of Market-1501 as the shipped {SYNTHETIC} sees them")
        _compare(real)


def _compare(vectors: np.ndarray) -> Neighbours:
    """Print how both lay these out; the vectors' true neighbours."""
    near = find_neighbours(vectors, 30)
    points, other_cpu, other_wall = timed(lambda: theirs(vectors))
    other = measure(vectors, points, near.rows)
    print(f"    {'UMAP as it comes':<26} {other_cpu:6.1f} CPU s  {other_wall:6.1f} s  kNN kept {other.kept:.3f}  "
          f"trustworthiness {other.trustworthiness:.3f}")  # fmt: skip
    for layout in LAYOUTS:
        points, cpu, wall = timed(lambda layout=layout: ours(vectors, layout))  # type: ignore[misc]
        found = measure(vectors, points, near.rows)
        name = "ours, fast" if layout.seed is None else "ours, repeatable"
        print(f"    {name:<26} {cpu:6.1f} CPU s  {wall:6.1f} s  kNN kept {found.kept:.3f}  trustworthiness "
              f"{found.trustworthiness:.3f}   {other_cpu / cpu:.1f}x less CPU, {other_wall / wall:.1f}x sooner",
              flush=True)  # fmt: skip
    return near


if __name__ == "__main__":
    run()
