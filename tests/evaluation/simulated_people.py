"""People who can be drawn without end: some look alike, some are seen often, and their pictures differ by camera."""

from __future__ import annotations

import numpy as np

from reid_core.evaluation.ranking.ranking import Labels

SIZE, CAMERAS = 12, 4
_STRENGTH = np.linspace(2.0, 0.4, SIZE)  # a few directions say most: so there are twins
_CAMERA_BIAS = np.random.default_rng(11).normal(size=(CAMERAS, SIZE)) * 0.3


def draw(random: np.random.Generator, people: int, *, most_crops: int = 6) -> tuple[np.ndarray, Labels]:
    """(N, 12) unit vectors and labels of so many people with 2 crops each or more."""
    crops = random.integers(2, most_crops + 1, people)
    identity = np.repeat(np.arange(1, people + 1), crops)
    camera = random.integers(0, CAMERAS, len(identity))
    vectors = (random.normal(size=(people, SIZE)) * _STRENGTH)[identity - 1] + _CAMERA_BIAS[camera]
    vectors += random.normal(size=vectors.shape) * 0.8
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), Labels(identity, camera)


def plain_rates(features: np.ndarray, labels: Labels, similarity: float) -> tuple[float, float]:
    """False match and false non-match rate by the whole matrix of pairs."""
    matrix = features @ features.T
    upper = np.triu(np.ones(matrix.shape, bool), 1) & (labels.camera[:, None] != labels.camera[None])
    one_person = labels.identity[:, None] == labels.identity[None]
    return float((matrix[upper & ~one_person] >= similarity).mean()), float(
        (matrix[upper & one_person] < similarity).mean()
    )
