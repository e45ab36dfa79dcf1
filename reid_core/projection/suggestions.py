"""Labels that vectors speak against: crops far nearer to somebody else, and two people who look like one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.projection.neighbours import Neighbours, Vectors

_BEST = 3  # nearest crops of a person that say how alike a crop is to him
_FEWEST = 3  # crops that a person must have before others are compared with him
_MISLABEL = 0.05  # by how much somebody else must be nearer
_MERGE = -0.03  # how much less alike two people may be than each is in himself
_MOST_PAIRS = 400  # crops of a person that a merge is judged by


@dataclass(frozen=True)
class Mislabel:
    """The crop in `row` is far nearer to `other` than to its own label; `witness` is the nearest crop of `other`.

    `own` and `others` are mean cosine similarities to the nearest crops of each.
    """

    row: int
    label: str
    other: str
    own: float
    others: float
    witness: int

    @property
    def score(self) -> float:
        return self.others - self.own


@dataclass(frozen=True)
class Merge:
    """Two people who look like one: about as alike (`across`) as each is in himself (`within`, the lower of the two).

    `pairs` are rows of the most alike crops, one of each.
    """

    one: str
    other: str
    across: float
    within: float
    pairs: tuple[tuple[int, int], ...]

    @property
    def score(self) -> float:
        return self.across - self.within


def suspected_mislabels(vectors: Vectors, labels: NDArray[np.object_], neighbours: Neighbours) -> list[Mislabel]:
    """Crops whose label (None: unknown, never suspected) is in doubt, most doubtful first.

    A crop is suspected where its nearest crops of another person are more alike than its nearest of its own.
    """
    rows_of = _rows_of(labels)
    found = []
    for row, label in enumerate(labels):
        if label is None or len(rows_of[label]) < 2:
            continue
        near: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for other, similarity in zip(neighbours.rows[row], neighbours.similarities[row], strict=True):
            name = labels[other]
            if name is not None and name != label and len(rows_of[name]) >= _FEWEST:
                near[name].append((float(similarity), int(other)))
        if not near:
            continue
        # Somebody of whom one crop alone is near may be himself mislabelled there.
        means = {name: float(np.mean([s for s, _ in seen[:_BEST]])) for name, seen in near.items() if len(seen) > 1}
        if not means:
            continue
        other = max(means, key=lambda name: means[name])
        own_rows = rows_of[label]
        similarities = vectors[own_rows[own_rows != row]] @ vectors[row]
        own = float(np.sort(similarities)[-_BEST:].mean())
        if means[other] - own > _MISLABEL:
            found.append(Mislabel(row, str(label), other, own, means[other], near[other][0][1]))
    return sorted(found, key=lambda one: (-one.score, one.row))


def suggested_merges(vectors: Vectors, labels: NDArray[np.object_], neighbours: Neighbours) -> list[Merge]:
    """Pairs of people who look like one, most alike first.

    Only people who are neighbours are compared: each crop of one with its nearest of the other, and so the other way.
    """
    rows_of = _rows_of(labels)
    candidates: dict[tuple[str, str], int] = defaultdict(int)
    for row, label in enumerate(labels):
        if label is None or len(rows_of[label]) < 2:
            continue
        for name in {labels[other] for other in neighbours.rows[row]} - {None, label}:
            if len(rows_of[name]) >= 2:
                candidates[(label, name) if label < name else (name, label)] += 1
    found = []
    for (one, other), seen in candidates.items():
        a, b = rows_of[one][:_MOST_PAIRS], rows_of[other][:_MOST_PAIRS]
        if seen < min(len(a), len(b)) // 2:
            continue
        across = vectors[a] @ vectors[b].T
        alike = float((across.max(axis=1).mean() + across.max(axis=0).mean()) / 2)
        within = min(_within(vectors[a]), _within(vectors[b]))
        if alike - within > _MERGE:
            best = np.argsort(-across, axis=None)
            found.append(Merge(one, other, alike, within, _apart(best, a, b)))
    return sorted(found, key=lambda merge: (-merge.score, merge.one, merge.other))


def _rows_of(labels: NDArray[np.object_]) -> dict[str, NDArray[np.intp]]:
    gathered: dict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        if label is not None:
            gathered[label].append(row)
    return {label: np.array(rows) for label, rows in gathered.items()}


def _within(vectors: Vectors) -> float:
    """How alike each crop is to its nearest of the same person, in the mean."""
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -np.inf)
    return float(similarities.max(axis=1).mean())


def _apart(best: NDArray[np.intp], a: NDArray[np.intp], b: NDArray[np.intp]) -> tuple[tuple[int, int], ...]:
    """The most alike pairs, each crop shown once."""
    pairs: list[tuple[int, int]] = []
    shown: set[int] = set()
    for place in best:
        one, other = int(a[place // len(b)]), int(b[place % len(b)])
        if not {one, other} & shown:
            pairs.append((one, other))
            shown |= {one, other}
        if len(pairs) == _BEST:
            break
    return tuple(pairs)
