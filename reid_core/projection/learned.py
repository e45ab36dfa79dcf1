"""What a model learnt: how far apart it puts people, and whether it sees cameras where it should see people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.projection.neighbours import Neighbours, Vectors

_PAIRS = 200_000  # of each kind that are looked at
_BINS = 60


@dataclass(frozen=True)
class Similarities:
    """Shares of pairs in each of the bins between `edges`: of one person in two cameras (or in any, where crops name no
    camera), and of two people. `overlap` is the share of the two histograms that lies over each other."""

    edges: list[float]
    same: list[float]
    different: list[float]
    same_mean: float
    different_mean: float
    overlap: float
    pairs: tuple[int, int]


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
    same = _same_pairs(known, code, cameras, rng)
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
        float(np.minimum(*shares).sum()), (len(same), len(different)),
    )  # fmt: skip


def _same_pairs(
    known: NDArray[np.intp], code: NDArray[np.intp], cameras: NDArray[np.object_], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Pairs of rows of one person, of two cameras where any person has such; `_PAIRS` at most."""
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
        return np.empty((0, 2), np.intp)
    pairs = np.concatenate(pieces)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    across = pairs[cameras[pairs[:, 0]] != cameras[pairs[:, 1]]]
    return across if len(across) else pairs


def _of_pairs(vectors: Vectors, pairs: NDArray[np.intp]) -> NDArray[np.float64]:
    found = np.empty(len(pairs))
    for start in range(0, len(pairs), 20_000):
        block = pairs[start : start + 20_000]
        found[start : start + 20_000] = np.einsum("nd,nd->n", vectors[block[:, 0]], vectors[block[:, 1]])
    return found


def camera_grouping(
    neighbours: Neighbours, labels: NDArray[np.object_], cameras: NDArray[np.object_], *, k: int = 10
) -> CameraGrouping | None:
    """Whether crops lie by camera. A person's own crops do not count; crops without a label count as somebody else.

    None where fewer than two cameras are named.
    """
    named = np.array([camera is not None for camera in cameras], np.bool_)
    names, code = np.unique(np.where(named, cameras, "").astype(str), return_inverse=True)
    if len(set(names) - {""}) < 2:
        return None
    who = np.array(["" if label is None else str(label) for label in labels], object)
    rows = neighbours.rows[:, : max(k * 3, k)]
    others = (who[rows] != who[:, None]) | (who[rows] == "")
    others &= named[rows] & named[:, None]
    counted = others & (np.cumsum(others, axis=1) <= k)
    same = counted & (code[rows] == code[:, None])
    # By chance: how often the same camera took a crop of somebody else.
    crops = np.bincount(code, minlength=len(names))
    own = _own_in_camera(who, code)
    total = _own_in_all(who)
    seen = named.sum()
    chance = (crops[code] - own) / np.maximum(seen - total, 1)
    weight = counted.sum(axis=1)
    if not weight.sum():
        return None
    by_camera = {}
    for place, name in enumerate(names):
        here = (code == place) & named & (weight > 0)
        if name and here.any():
            by_camera[str(name)] = (
                float(same[here].sum() / weight[here].sum()),
                float(np.average(chance[here], weights=weight[here])),
            )
    return CameraGrouping(float(same.sum() / weight.sum()), float(np.average(chance, weights=weight)), by_camera)


def _own_in_camera(who: NDArray[np.object_], code: NDArray[np.intp]) -> NDArray[np.int64]:
    """How many crops of each crop's person the same camera took; 1, itself, of nobody."""
    _, pair, counts = np.unique([f"{a}\0{b}" for a, b in zip(who, code, strict=True)], return_inverse=True,
                                return_counts=True)  # fmt: skip
    return np.where(who == "", 1, counts[pair])


def _own_in_all(who: NDArray[np.object_]) -> NDArray[np.int64]:
    _, person, counts = np.unique(who.astype(str), return_inverse=True, return_counts=True)
    return np.where(who == "", 1, counts[person])
