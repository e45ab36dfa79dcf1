"""What a model learnt: how far apart it puts people, and whether it sees cameras where it should see people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.projection.neighbours import Vectors

_PAIRS = 200_000  # of each kind that are looked at
_BINS = 60
_SAMPLE = 2_000  # crops whose neighbours are looked at for their cameras
_BLOCK = 200


@dataclass(frozen=True)
class Similarities:
    """Shares of pairs in each of the bins between `edges`: of one person, and of two people. `overlap` is the share of
    the two histograms that lies over each other. `across` says whether pairs of one person are of two cameras; they are
    of any where nobody was seen by two."""

    edges: list[float]
    same: list[float]
    different: list[float]
    same_mean: float
    different_mean: float
    overlap: float
    pairs: tuple[int, int]
    across: bool = True


@dataclass(frozen=True)
class CameraGrouping:
    """Of the nearest crops of other people, the share that the same camera took, and what chance would give.

    A `ratio` of 1 means that the camera does not matter; at 3 a crop's neighbours are of its camera three times as
    often as they should. `cameras` gives both shares of each.
    """

    same: float
    chance: float
    cameras: dict[str, tuple[float, float]]

    @property
    def ratio(self) -> float:
        return self.same / self.chance if self.chance > 0 else float("nan")


def similarities(
    vectors: Vectors, labels: NDArray[np.object_], cameras: NDArray[np.object_], *, seed: int = 0
) -> Similarities | None:
    """Histograms over drawn pairs of labelled crops; None where no person has two crops, or there is one person."""
    rng = np.random.default_rng(seed)
    known = np.flatnonzero([label is not None for label in labels])
    people, code = np.unique(labels[known].astype(str), return_inverse=True)
    if len(people) < 2:
        return None
    same, across = _same_pairs(known, code, cameras, rng)
    if not len(same):
        return None
    one, two = rng.integers(0, len(known), (2, _PAIRS))
    apart = code[one] != code[two]
    different = np.stack([known[one[apart]], known[two[apart]]], axis=1)
    found = [_of_pairs(vectors, pairs) for pairs in (same, different)]
    low = float(min(values.min() for values in found))
    edges = np.linspace(min(low, 0.0), 1.0, _BINS + 1)
    shares = [np.histogram(np.clip(values, edges[0], 1), edges)[0] / len(values) for values in found]
    return Similarities(
        edges.tolist(), shares[0].tolist(), shares[1].tolist(), float(found[0].mean()), float(found[1].mean()),
        float(np.minimum(*shares).sum()), (len(same), len(different)), across,
    )  # fmt: skip


def _same_pairs(
    known: NDArray[np.intp], code: NDArray[np.intp], cameras: NDArray[np.object_], rng: np.random.Generator
) -> tuple[NDArray[np.intp], bool]:
    """Pairs of rows of one person, `_PAIRS` at most, and whether they are of two cameras, as where any person has such.
    A crop that names no camera is in none of those."""
    order = np.argsort(code, kind="stable")
    groups = np.split(known[order], np.flatnonzero(np.diff(code[order])) + 1)
    each = max(1, _PAIRS // max(1, len(groups)))
    pieces = []
    for rows in groups:
        if len(rows) < 2:
            continue
        pairs = np.stack(np.triu_indices(len(rows), 1), axis=1) if len(rows) < 1_000 else rng.integers(
            0, len(rows), (4 * each, 2)
        )  # fmt: skip
        if len(pairs) > each:
            pairs = pairs[rng.choice(len(pairs), each, replace=False)]
        pieces.append(rows[pairs])
    if not pieces:
        return np.empty((0, 2), np.intp), False
    pairs = np.concatenate(pieces)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    named = np.array([camera is not None for camera in cameras], np.bool_)
    across = pairs[named[pairs].all(axis=1) & (cameras[pairs[:, 0]] != cameras[pairs[:, 1]])]
    return (across, True) if len(across) else (pairs, False)


def _of_pairs(vectors: Vectors, pairs: NDArray[np.intp]) -> NDArray[np.float64]:
    found = np.empty(len(pairs))
    for start in range(0, len(pairs), 20_000):
        block = pairs[start : start + 20_000]
        found[start : start + 20_000] = np.einsum("nd,nd->n", vectors[block[:, 0]], vectors[block[:, 1]])
    return found


def camera_grouping(
    vectors: Vectors, labels: NDArray[np.object_], cameras: NDArray[np.object_], *, k: int = 10, sample: int = _SAMPLE
) -> CameraGrouping | None:
    """Whether unit vectors (N, D) lie by camera: of the k nearest crops of other people, over a sample of crops.

    A person's own crops do not count; a crop without a label counts as somebody else, and one without a camera not at
    all. None where fewer than two cameras are named, or nobody else is there.
    """
    named = np.flatnonzero([camera is not None for camera in cameras])
    if not len(named):
        return None
    names, code = np.unique(cameras[named].astype(str), return_inverse=True)
    if len(names) < 2:
        return None
    # Crops of nobody are each a person of their own.
    who = np.array([f"\0{row}" if labels[row] is None else str(labels[row]) for row in named])
    _, person = np.unique(who, return_inverse=True)
    chosen = np.arange(len(named))
    if len(named) > sample:
        chosen = np.sort(np.random.default_rng(0).choice(len(named), sample, replace=False))
    searched = vectors[named]
    same, counted, chance = (np.zeros(len(chosen)) for _ in range(3))
    for start in range(0, len(chosen), _BLOCK):
        block = slice(start, start + _BLOCK)
        rows = chosen[block]
        others = person[rows][:, None] != person
        alike = code[rows][:, None] == code
        found = np.where(others, searched[rows] @ searched.T, -np.inf)
        nearest = np.argpartition(-found, min(k, len(named) - 1), axis=1)[:, :k]
        real = np.take_along_axis(others, nearest, 1)
        counted[block] = real.sum(axis=1)
        same[block] = (real & np.take_along_axis(alike, nearest, 1)).sum(axis=1)
        # By chance: how often the same camera took a crop of somebody else.
        chance[block] = (others & alike).sum(axis=1) / np.maximum(others.sum(axis=1), 1)
    if not counted.sum():
        return None
    by_camera = {}
    for place, name in enumerate(names):
        here = (code[chosen] == place) & (counted > 0)
        if here.any():
            by_camera[str(name)] = _shares(same[here], counted[here], chance[here])
    return CameraGrouping(*_shares(same, counted, chance), by_camera)


def _shares(
    same: NDArray[np.float64], counted: NDArray[np.float64], chance: NDArray[np.float64]
) -> tuple[float, float]:
    return float(same.sum() / counted.sum()), float(np.average(chance, weights=counted))
