"""People in cameras, as crops, and plain-Python loops over their pairs: what the fast code is checked against."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reid_core.evaluation.crops import Crops


class Pair(NamedTuple):
    query: int
    crop: int
    similarity: float
    same: bool


def scene(
    seed: int = 0,
    people: int = 12,
    cameras: int = 3,
    each: int = 2,
    noise: float = 0.9,
    *,
    distractors: int = 5,
    junk: int = 3,
    size: int = 16,
) -> tuple[Crops, Crops]:
    """One query and `each` gallery crops of everybody in every camera, with distractors and junk in the gallery."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((people, size))
    rows = [(person, camera) for person in range(people) for camera in range(cameras)]

    def crops(labels: list[tuple[str, str | None]], centre: np.ndarray, first: int) -> Crops:
        vectors = centre + noise * random.standard_normal((len(labels), size))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        order = random.permutation(len(labels))
        identity = np.array([label for label, _ in labels], dtype=object)[order]
        camera = np.array([label for _, label in labels], dtype=object)[order]
        return Crops(np.arange(first, first + len(labels)), vectors.astype(np.float32)[order], identity, camera)

    queries = crops([(f"p{p}", f"c{c}") for p, c in rows], centres[[p for p, _ in rows]], 1000)
    shown = [row for row in rows for _ in range(each)]
    labels: list[tuple[str, str | None]] = [(f"p{p}", f"c{c}") for p, c in shown]
    labels += [("distractor", "c0")] * distractors + [("junk", "c1")] * junk
    extra = random.standard_normal((distractors + junk, size))
    return queries, crops(labels, np.concatenate([centres[[p for p, _ in shown]], extra]), 5000)


def pairs_of(queries: Crops, gallery: Crops, *, same_camera: bool = False) -> list[Pair]:
    """Every valid pair, one by one; junk and the query's own person in its own camera are none."""
    found = []
    for query in range(len(queries)):
        for crop in range(len(gallery)):
            who, other = queries.identity[query], gallery.identity[crop]
            if other in (None, "junk"):
                continue
            same = who == other and who != "distractor"
            own_camera = queries.camera[query] is not None and queries.camera[query] == gallery.camera[crop]
            if same and own_camera and not same_camera:
                continue
            similarity = float(queries.features[query].astype(np.float64) @ gallery.features[crop].astype(np.float64))
            found.append(Pair(query, crop, similarity, same))
    return found


def ranked(pairs: list[Pair], query: int) -> list[Pair]:
    """A query's list, the most similar first."""
    return sorted((pair for pair in pairs if pair.query == query), key=lambda pair: -pair.similarity)
