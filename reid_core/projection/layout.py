"""Where each crop lies on a map: principal components at once, UMAP when there is time, and a place for newcomers.

UMAP is McInnes, Healy and Melville, 2018 (arXiv:1802.03426); densMAP is Narayan, Berger and Cho, Nature Biotechnology
2021. Neighbours come from `find_neighbours`, so UMAP searches nothing itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.projection.neighbours import Neighbours, Stopped, Vectors
from reid_core.signals import StopRequest

FEWEST = 5  # crops of which a map can be made
# From local to global: neighbours that hold each crop in place, and how tightly points may pack.
LOCALITIES = {1: (8, 0.02), 2: (15, 0.05), 3: (30, 0.1), 4: (60, 0.2), 5: (120, 0.4)}
PLACED_BY = 15  # neighbours that a newcomer is placed among
_SAMPLE = 50_000  # vectors from which principal components are found
_EPOCHS = {10_000: 300, 100_000: 150}  # passes of UMAP's optimiser, by crops
_FEWEST_EPOCHS = 80
# Of each point, in a step. UMAP's own is 5: fewer that push harder keep about as many neighbours in less time.
_NEGATIVE_SAMPLES = 3

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    """How a map is made.

    `locality` is a key of `LOCALITIES`. With a `seed` the same vectors give the same map, on one core; with None all
    cores work at once and every map differs a little. `dense` keeps how spread out clusters are (densMAP).
    """

    method: Literal["umap", "pca"] = "umap"
    dimensions: int = 2
    locality: int = 3
    seed: int | None = 0
    dense: bool = False

    def __post_init__(self) -> None:
        if self.method not in ("umap", "pca"):
            raise ReidError(f"There is no layout {self.method!r}; use umap or pca.")
        if self.dimensions not in (2, 3):
            raise ReidError(f"A map has 2 or 3 dimensions, not {self.dimensions}.")
        if self.locality not in LOCALITIES:
            raise ReidError(f"Locality goes from {min(LOCALITIES)} (local) to {max(LOCALITIES)}, not {self.locality}.")

    @property
    def name(self) -> str:
        """Which tells it from every other layout, fit for a file's name."""
        if self.method == "pca":
            return f"pca-{self.dimensions}d"
        seed = "fast" if self.seed is None else f"seed{self.seed}"
        return f"{'densmap' if self.dense else 'umap'}-{self.dimensions}d-{self.locality}-{seed}"

    @property
    def neighbours(self) -> int:
        return LOCALITIES[self.locality][0]


def principal_components(vectors: Vectors, dimensions: int) -> Points:
    """The vectors' (N, D) first principal components (N, dimensions), scaled into -10 to 10.

    Each is turned so that its largest point is positive, or the same vectors could give mirrored maps. Raises ReidError
    where there are fewer than `FEWEST` vectors, or all are the same.
    """
    if len(vectors) < FEWEST:
        raise ReidError(f"A map needs at least {FEWEST} crops; there are {len(vectors)}.")
    sample = vectors
    if len(vectors) > _SAMPLE:
        sample = vectors[np.sort(np.random.default_rng(0).choice(len(vectors), _SAMPLE, replace=False))]
    mean = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = sample - mean
    covariance = centred.T.astype(np.float32) @ centred
    values, axes = np.linalg.eigh(covariance.astype(np.float64) / len(sample))
    if values[-1] < 1e-9:
        raise ReidError(f"The vectors of all {len(vectors):,} crops are the same: there is nothing to map.")
    wanted = min(dimensions, vectors.shape[1])
    top = axes[:, ::-1][:, :wanted].astype(np.float32)
    points = np.zeros((len(vectors), dimensions), np.float32)
    for start in range(0, len(vectors), _SAMPLE):
        points[start : start + _SAMPLE, :wanted] = (vectors[start : start + _SAMPLE] - mean) @ top
    largest = np.argmax(np.abs(points), axis=0)
    points *= np.where(points[largest, np.arange(dimensions)] < 0, -1, 1).astype(np.float32)
    return _scaled(points)


def _scaled(points: Points) -> Points:
    """Into -10 to 10, all axes alike."""
    reach = float(np.abs(points).max())
    return points * np.float32(10 / reach) if reach > 0 else points


def umap_points(
    start: Points,
    neighbours: Neighbours,
    layout: Layout,
    *,
    stop: StopRequest | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Points:
    """UMAP's places (N, dimensions) of crops with these neighbours, begun from `start` (their principal components).

    The first call of a process compiles for up to half a minute. Raises Stopped on a request to stop.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        count = len(start)
        k = min(layout.neighbours, count)
        rows, distances = _with_self(neighbours, k)
        epochs = next((epochs for most, epochs in _EPOCHS.items() if count <= most), _FEWEST_EPOCHS)
        fit = UMAP(
            n_components=layout.dimensions,
            n_neighbors=k,
            min_dist=LOCALITIES[layout.locality][1],
            metric="cosine",
            precomputed_knn=(rows, distances),
            init=_spread(start),
            n_epochs=epochs,
            negative_sample_rate=_NEGATIVE_SAMPLES,
            repulsion_strength=5 / _NEGATIVE_SAMPLES,
            densmap=layout.dense,
            random_state=layout.seed,
            n_jobs=1 if layout.seed is not None else -1,
            # UMAP tells how far it is by a tqdm bar only; this is a bar that is written into a function.
            tqdm_kwds={"disable": False, "file": _Ticks(epochs, on_progress, stop), "mininterval": 0.2,
                       "bar_format": "{n_fmt}"},
        )  # fmt: skip
        # With the neighbours given, UMAP reads of its data how many they are.
        points = np.asarray(fit.fit_transform(start), np.float32)
    # Crops that UMAP found no neighbour for have no place; they go to the middle rather than nowhere.
    points[~np.isfinite(points).all(axis=1)] = 0
    return _scaled(points - np.median(points, axis=0).astype(np.float32))


class _Ticks:
    """A file that a progress bar is written to, and that passes on its number."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None], stop: StopRequest | None) -> None:
        self._total, self._on_progress, self._stop = total, on_progress, stop

    def write(self, text: str) -> None:
        if self._stop is not None and self._stop.requested:
            raise Stopped
        if text.strip().isdecimal():
            self._on_progress(int(text), self._total)

    def flush(self) -> None:
        pass


def _with_self(neighbours: Neighbours, k: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """As UMAP wants them: k of each, itself first, and cosine distances."""
    others = neighbours.nearest(k - 1)
    own = np.arange(len(others.rows), dtype=np.int32)[:, None]
    distances = np.maximum(1 - others.similarities, 0)
    return (
        np.concatenate([own, others.rows], axis=1),
        np.concatenate([np.zeros_like(distances[:, :1]), distances], axis=1).astype(np.float32),
    )


def _spread(points: Points) -> Points:
    """Points that lie on each other would never part; a little noise, always the same, parts them."""
    noise = np.random.default_rng(0).normal(scale=1e-3, size=points.shape)
    return points + noise.astype(np.float32)


def place(points: Points, rows: NDArray[np.integer], similarities: NDArray[np.float32]) -> Points:
    """Places (n, dimensions) of newcomers on a finished map, each amid its k nearest crops there.

    `rows` and `similarities` (n, k), nearest first, are of the mapped crops whose `points` (N, dimensions) these are.
    The mean is weighed as UMAP weighs neighbours: 1 for the nearest, falling with the distance beyond it.
    """
    distances = np.maximum(1 - similarities, 0).astype(np.float64)
    beyond = distances - distances[:, :1]
    scale = np.maximum(beyond.mean(axis=1, keepdims=True), 1e-6)
    weights = np.exp(-beyond / scale)
    weights /= weights.sum(axis=1, keepdims=True)
    placed = np.einsum("nk,nkd->nd", weights, points[rows])
    return placed.astype(np.float32)
